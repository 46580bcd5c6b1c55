// Every page, at the width of a phone and of a desk, light and dark: nothing sticks out, nothing comes from elsewhere,
// nothing is refused by the policy. With SCREENSHOTS=folder it leaves pictures there.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
      const over = await prepare(window, variant);
      await window.page.waitForTimeout(400); // what moves has arrived
      const { page, policy, faults, foreign } = window;
      if (folder) await page.screenshot({ path: `${folder}/${name}-${variant}.png` });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      const cut = await page.$$eval("button, .pill, h1, h2:not(.sr-only)", (all) => all.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent));
      assert.ok(wide <= 0, `${name} ${variant}: ${wide} pixels stick out`);
      assert.deepEqual(cut, [], `${name} ${variant}: texts that do not fit`);
      assert.deepEqual([faults, foreign], [[], []], `${name} ${variant}`);
      assert.match(policy, /^default-src 'none'/, `${name} ${variant}: the policy is ${policy}`);
      assert.doesNotMatch(policy, /unsafe|\*/, `${name} ${variant}`);
      await page.context().close();
      if (typeof over === "function") await over();
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

const chat = served("chat", ["--data", join(mkdtempSync(join(tmpdir(), "looks-")), "chat.db")]);

test("looks of the chat's page", async () => {
  await looks("chat-enter", chat.url, async ({ page }) => page.waitForSelector("#name-form input[name=name]"));
  await looks("chat", "about:blank", async (window, variant) => {
    const { page } = window;
    const room = `${chat.url}/?room=tea-${variant}`;
    const other = await open(browser, room);
    window.policy = (await page.goto(room))!.headers()["content-security-policy"]!;
    for (const [who, name] of [[other.page, "Bob"], [page, "Ann"]] as const) {
      await who.fill("#name-form input[name=name]", name);
      await who.press("#name-form input[name=name]", "Enter");
      await who.waitForSelector("body[data-state=open] #composer textarea:visible");
    }
    for (const [i, [who, text]] of ([
      [other.page, "Hello! Is anybody here?"],
      [page, "I am. The kettle is on."],
      [page, "Milk or lemon?"],
      [other.page, "Lemon, please. And tell me about the outage: did you lose anything?"],
      [page, "Nothing at all. The window said that it had lost the connection, and ten seconds later everything was there, in order, as if nothing had happened. I had even written something meanwhile; it was posted once."],
      [other.page, "Then another cup."],
    ] as const).entries()) {
      await who.fill("#composer textarea", text);
      await who.press("#composer textarea", "Enter");
      await page.waitForSelector(`#messages [data-id='${i + 1}']`);
    }
    return () => other.page.context().close();
  });
});

test("looks of the chat's page without its server", async () => {
  const server = new ServerProcess("chat", ["--data", join(mkdtempSync(join(tmpdir(), "looks-")), "chat.db")]);
  try {
    await server.start();
    await looks("chat-away", server.url, async ({ page }) => {
      await page.fill("#name-form input[name=name]", "Ann");
      await page.press("#name-form input[name=name]", "Enter");
      await page.waitForSelector("body[data-state=open] #composer textarea:visible");
      await server.kill();
      await page.waitForSelector("body[data-state=waiting]");
      await page.fill("#composer textarea", "Written while the server was away");
      await page.press("#composer textarea", "Enter");
      await page.getByText("Written while the server was away").first().waitFor();
      await server.start();
    });
  } finally {
    await server.kill();
  }
});

const authrefresh = served("authrefresh", []);

test("looks of the login", async () => {
  await looks("authrefresh-signin", authrefresh.url, async ({ page }) => page.waitForSelector("body[data-view=signin]"));
  await looks("authrefresh", authrefresh.url, async ({ page }) => {
    await page.fill("#user", "ann");
    await page.fill("#password", "ann");
    await page.click("#signin-button");
    await page.waitForSelector("#ticks [data-n] >> nth=2");
  });
});

const notifications = served("notifications", []);

test("looks of the notifications", async () => {
  await looks("notifications-enter", notifications.url, async ({ page }) => page.waitForSelector("#name"));
  await looks("notifications", notifications.url, async ({ page }, variant) => {
    await page.fill("#name", `ann-${variant}`);
    await page.press("#name", "Enter");
    await page.waitForSelector("#connection[data-state=open]");
    await page.click("[data-kind=report]");
    await page.click("[data-kind=import]");
    await page.fill("#to", `ann-${variant}`);
    await page.fill("#text", "A note to myself: tea at four.");
    await page.click("#send");
    await page.waitForSelector("#notes [data-from]");
    await page.waitForSelector("#delivery[data-tone=success]");
  });
});
