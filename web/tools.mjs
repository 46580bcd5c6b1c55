// What the scripts of this folder share.
import { build } from "esbuild";
import { readdirSync } from "node:fs";
import { spawnSync } from "node:child_process";

/** Bundles the client for browsers: one ES module, minified. Returns its bytes. */
export async function bundleClient() {
  const result = await build({
    entryPoints: ["src/index.ts"],
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    // Not renamed: classes whose names are seen from outside.
    keepNames: false,
    legalComments: "none",
    banner: { js: "// Millrace browser client. MIT licence. Source: web/src. Made by `make web`." },
    write: false,
  });
  return Buffer.from(result.outputFiles[0].contents);
}

/** Bundles the tests of a folder and runs them with Node's test runner; returns the exit code. */
export async function runTests(folder, ...nodeFlags) {
  const files = readdirSync(folder).filter((name) => name.endsWith(".test.ts"));
  if (files.length === 0) throw new Error(`no tests in ${folder}`);
  await build({
    entryPoints: files.map((name) => `${folder}/${name}`),
    outdir: `.build/${folder}`,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node18",
    sourcemap: "inline",
    external: ["ws", "playwright-core", "esbuild"],
    logLevel: "warning",
  });
  const args = ["--enable-source-maps", "--test", ...nodeFlags, ...files.map((name) => `.build/${folder}/${name.replace(/\.ts$/, ".mjs")}`)];
  return spawnSync(process.execPath, args, { stdio: "inherit" }).status ?? 1;
}
