// Every page, at the width of a phone and of a desk, light and dark: nothing sticks out, nothing comes from elsewhere,
// nothing is refused by the policy. With SCREENSHOTS=folder it leaves pictures there.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { ServerProcess } from "../test/processes.ts";
import { launch, open, type Window } from "./browser.ts";

const folder = process.env["SCREENSHOTS"];
let browser: Browser;
before(async () => {
  if (folder) mkdirSync(folder, { recursive: true });
  browser = await launch();
});
after(() => browser?.close());

/** Looks at a page in all four ways, after `prepare` brought it where it is worth looking at. */
async function looks(name: string, url: string, prepare: (window: Window, variant: string) => Promise<unknown>): Promise<void> {
  for (const width of [390, 1280]) {
    for (const colorScheme of ["light", "dark"] as const) {
      const variant = `${width}-${colorScheme}`;
      const window = await open(browser, url, { width, height: width === 390 ? 844 : 800, colorScheme });
      await prepare(window, variant);
      const { page, policy, faults, foreign } = window;
      if (folder) await page.screenshot({ path: `${folder}/${name}-${variant}.png` });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${name} ${variant}: ${wide} pixels stick out`);
      assert.deepEqual([faults, foreign], [[], []], `${name} ${variant}`);
      assert.match(policy, /^default-src 'none'/, `${name} ${variant}: the policy is ${policy}`);
      assert.doesNotMatch(policy, /unsafe|\*/, `${name} ${variant}`);
      await page.context().close();
    }
  }
}

function served(binary: string, args: string[]): ServerProcess {
  const server = new ServerProcess(binary, args);
  before(() => server.start());
  after(() => server.kill());
  return server;
}

const host = served("millrace-host", ["serve", "--fixture"]);
test("looks of the host's page", () => looks("host", host.url, async ({ page }) => page.waitForSelector("h1")));
