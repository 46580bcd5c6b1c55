// Makes dist/client.js and dist/client.d.ts. With --check it writes nothing and fails
// when they are not what would be made. Both times it prints the size of the bundle,
// and fails when it is over the limit.
import { gzipSync } from "node:zlib";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { generateDtsBundle } from "dts-bundle-generator";
import { bundleClient } from "./tools.mjs";

const limit = 15_000; // bytes, minified and gzipped
const check = process.argv.includes("--check");

const types = generateDtsBundle([{ filePath: "src/index.ts", output: { noBanner: true, exportReferencedTypes: false } }], {
  preferredConfigPath: "tsconfig.json",
})[0];
const made = new Map([
  ["dist/client.js", await bundleClient()],
  ["dist/client.d.ts", Buffer.from(types)],
]);

let failed = false;
mkdirSync("dist", { recursive: true });
for (const [file, content] of made) {
  if (!check) {
    writeFileSync(file, content);
    continue;
  }
  let committed = Buffer.alloc(0);
  try {
    committed = readFileSync(file);
  } catch {} // told below
  if (!committed.equals(content)) {
    console.error(`web/${file} is not what web/src makes: run make web, and commit the result`);
    failed = true;
  }
}

const bundle = made.get("dist/client.js");
const size = gzipSync(bundle, { level: 9 }).length;
console.log(`web/dist/client.js: ${bundle.length} bytes, ${size} gzipped; at most ${limit}`);
if (size > limit) {
  console.error(`the bundle is ${size - limit} bytes too large`);
  failed = true;
}
process.exit(failed ? 1 : 0);
