// Short tokens in a real page: they expire, are renewed, and one day are not.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { ServerProcess } from "../test/processes.ts";
import { launch, open, type Window } from "./browser.ts";

const server = new ServerProcess("authrefresh", ["--token-lifetime", "4s"]);
let browser: Browser;
before(async () => {
  await server.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server.kill();
});

let window: Window;
afterEach(() => {
  assert.deepEqual([window.faults, window.foreign], [[], []]);
  return window.page.context().close();
});

async function signIn(user: string, password: string): Promise<Page> {
  window = await open(browser, server.url);
  await window.page.waitForSelector("body[data-view=signin]");
  await submit(window.page, user, password);
  return window.page;
}

async function submit(page: Page, user: string, password: string): Promise<void> {
  await page.fill("#user", user);
  await page.fill("#password", password);
  await page.click("#signin-button");
}

/** What happened, the oldest first. */
const events = (page: Page) => page.$$eval("#log [data-event]", (all) => all.map((e) => (e as HTMLElement).dataset["event"]));

const ticks = (page: Page) => page.$$eval("#ticks [data-n]", (all) => all.map((e) => Number((e as HTMLElement).dataset["n"])));

describe("authentication", () => {
  test("that expires is refreshed, and the feed has no gap", async () => {
    const page = await signIn("ann", "ann");
    await page.waitForSelector("#connection[data-state=open]");
    await page.waitForSelector("#log [data-event=reconnected]", { timeout: 20_000 });
    const told = await events(page);
    const from = told.indexOf("closed");
    assert.deepEqual(told.slice(from, from + 3), ["closed", "refreshed", "reconnected"]);
    assert.match(await page.innerText("#log [data-event=closed]"), /4401/);
    await page.waitForFunction(() => document.querySelectorAll("#ticks [data-n]").length >= 8, undefined, { timeout: 20_000 });
    const heard = await ticks(page);
    assert.deepEqual(heard, heard.map((_, i) => heard[0]! + i));
    assert.equal(await page.innerText("#tick-missed"), "0");
  });

  test("that is refused leads to the sign-in, and nothing connects any more", async () => {
    const page = await signIn("bob", "bob");
    await page.waitForSelector("#connection[data-state=open]");
    await page.click("#revoke");
    await page.waitForSelector("body[data-view=signin]", { timeout: 20_000 });
    assert.match(await page.innerText("main"), /session/i);
    let attempts = 0;
    page.on("websocket", () => attempts++);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    assert.equal(attempts, 0);
    await submit(page, "bob", "bob");
    await page.waitForSelector("#connection[data-state=open]");
  });

  test("with a wrong password is refused in a sentence", async () => {
    const page = await signIn("ann", "bob");
    await page.waitForSelector("#signin-error:visible");
    assert.match(await page.innerText("#signin-error"), /\w+ \w+/);
    assert.equal(await page.getAttribute("body", "data-view"), "signin");
  });

  test("outlives a reload and a cut connection", async () => {
    const page = await signIn("ann", "ann");
    await page.waitForSelector("#connection[data-state=open]");
    await page.click("#cut");
    await page.waitForSelector("#log [data-event=reconnected]", { timeout: 20_000 });
    await page.reload();
    await page.waitForSelector("#connection[data-state=open]");
    assert.equal(await page.innerText("#who"), "ann");
    await page.click("#signout");
    await page.waitForSelector("body[data-view=signin]");
    await page.reload();
    await page.waitForSelector("body[data-view=signin]");
  });
});
