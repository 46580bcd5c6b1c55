// Runs the tests of one folder: node test.mjs [test|e2e] [flags of node --test].
import { runTests } from "./tools.mjs";

const [folder = "test", ...flags] = process.argv.slice(2);
process.exit(await runTests(folder, ...flags));
