// Jobs and notes in real windows.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { ServerProcess } from "../test/processes.ts";
import { launch, open, openTab, type Window } from "./browser.ts";

const server = new ServerProcess("notifications", []);
let browser: Browser;
before(async () => {
  await server.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server.kill();
  assert.deepEqual(windows.map(({ faults, foreign }) => [faults, foreign]), windows.map(() => [[], []]));
});

const windows: Window[] = [];

async function enter(name: string, beside?: Page): Promise<Page> {
  const window = await (beside ? openTab(beside, server.url) : open(browser, server.url));
  windows.push(window);
  await window.page.fill("#name", name);
  await window.page.press("#name", "Enter");
  await window.page.waitForSelector("#connection[data-state=open]");
  return window.page;
}

async function send(page: Page, to: string, text: string): Promise<void> {
  await page.fill("#to", to);
  await page.fill("#text", text);
  await page.click("#send");
}

describe("notifications", () => {
  test("of a job arrive in every tab of its owner, in order, and it ends", async () => {
    const first = await enter("ann");
    const second = await enter("ann", first);
    const seen = await second.evaluateHandle(() => {
      const percents: number[] = [];
      new MutationObserver(() => {
        const now = Number(document.querySelector<HTMLElement>("#jobs [data-job]")?.dataset["percent"] ?? 0);
        if (percents.at(-1) !== now) percents.push(now);
      }).observe(document.querySelector("#jobs")!, { subtree: true, childList: true, attributes: true });
      return percents;
    });
    await first.click("[data-kind=report]");
    for (const page of [first, second]) await page.waitForSelector("#jobs [data-outcome=done]", { timeout: 20_000 });
    const percents = await seen.jsonValue();
    assert.ok(percents.length > 3, `${percents}`);
    assert.deepEqual(percents, [...percents].sort((a, b) => a - b));
    assert.equal(percents.at(-1), 100);
  });

  test("of jobs that fail or are canceled say so", async () => {
    const page = await enter("carol");
    await page.click("[data-kind=import]");
    await page.waitForSelector("#jobs [data-kind=import][data-outcome=failed]", { timeout: 20_000 });
    await page.click("[data-kind=backup]");
    await page.click("#jobs [data-kind=backup] button");
    await page.waitForSelector("#jobs [data-kind=backup][data-outcome=canceled]");
  });

  test("reach who is there, and their sender hears of it when nobody is", async () => {
    const [ann, bob] = [await enter("dora"), await enter("emil")];
    await send(ann, "emil", "Coffee?");
    await bob.waitForSelector("#notes [data-from=dora]");
    assert.match(await bob.innerText("#notes [data-from=dora]"), /Coffee\?/);
    await ann.waitForSelector("#delivery[data-tone=success]");
    await send(ann, "nobody", "Hello?");
    await ann.waitForSelector("#delivery[data-tone=warning]");
    assert.match(await ann.innerText("#delivery"), /Nobody was there/);
  });
});
