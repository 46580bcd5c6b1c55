// The chat in real windows: people hear each other, lose the server, get it back, and have every message once.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import WebSocket from "ws";
import { createRpcClient, createWebSocketTransport, dispose } from "../src/index.ts";
import { eventually, ServerProcess } from "../test/processes.ts";
import { launch, open, openTab, type Window } from "./browser.ts";

const folder = mkdtempSync(join(tmpdir(), "chat-"));
const server = new ServerProcess("chat", ["--data", join(folder, "chat.db")]);
let browser: Browser;
before(async () => {
  await server.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server.kill();
  rmSync(folder, { recursive: true, force: true });
});

const windows: Window[] = [];

/** Nothing that the pages did was refused by their policy, went elsewhere, or failed unseen. */
function assertClean(): void {
  assert.deepEqual(windows.map(({ faults, foreign }) => [faults, foreign]), windows.map(() => [[], []]));
}

async function enter(room: string, name: string): Promise<Page> {
  const window = await open(browser, `${server.url}/?room=${room}`);
  windows.push(window);
  await join_(window.page, name);
  return window.page;
}

async function join_(page: Page, name: string): Promise<void> {
  await page.fill("#name-form input[name=name]", name);
  await page.press("#name-form input[name=name]", "Enter");
  await page.waitForSelector("body[data-state=open] #composer textarea:visible");
}

async function say(page: Page, text: string): Promise<void> {
  await page.fill("#composer textarea", text);
  await page.press("#composer textarea", "Enter");
}

const stateOf = (page: Page) => page.evaluate(() => document.body.dataset["state"]);

/** The numbers of the messages that a page shows, from top to bottom. */
const idsIn = (page: Page) => page.evaluate(() => [...document.querySelectorAll<HTMLElement>("#messages [data-id]")].map((element) => Number(element.dataset["id"])));

/** Somebody who is no page: posts again and again, each text until it is answered. */
class Writer {
  readonly posted: number[] = [];
  #stopped = false;
  #done: Promise<void>;

  constructor(readonly room: string) {
    this.#done = this.#write();
  }

  async #write(): Promise<void> {
    for (let n = 1; !this.#stopped; n++) {
      for (let answered = false; !answered && !this.#stopped; ) {
        const transport = createWebSocketTransport("CHAT_ROOM", this.room, { baseUrl: server.url, clientId: "writer-secret", WebSocketClass: WebSocket });
        const room = createRpcClient({ transport, timeout: 2000 });
        try {
          await room.join("Writer");
          for (; !this.#stopped; n++) {
            const { id } = await room.postMessage(`message ${n}`, `key-${n}`);
            this.posted.push(id);
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 100)); // the server is away: the same text again, with the same key
        } finally {
          dispose(room);
        }
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }
}

async function history(room: string): Promise<{ id: number; text: string }[]> {
  const client = createRpcClient({ transport: createWebSocketTransport("CHAT_ROOM", room, { baseUrl: server.url, clientId: `reader-${room}`, WebSocketClass: WebSocket }) });
  const all: { id: number; text: string }[] = [];
  try {
    for (let more = true; more; ) {
      const page = await client.getMessagesSince(all.at(-1)?.id ?? 0);
      all.push(...page.messages);
      more = page.more;
    }
  } finally {
    dispose(client);
  }
  return all;
}

describe("chat", () => {
  test("two windows hear each other, and see who is there", async () => {
    const [ann, bob] = [await enter("two", "Ann"), await enter("two", "Bob")];
    await say(ann, "Hello, Bob");
    await bob.waitForSelector("#messages [data-id='1']");
    await say(bob, "Hello, <b>Ann</b>");
    await ann.waitForSelector("#messages [data-id='2']");
    assert.deepEqual([await idsIn(ann), await idsIn(bob)], [[1, 2], [1, 2]]);
    assert.match(await ann.innerText("#messages [data-id='2']"), /Hello, <b>Ann<\/b>/);
    assert.deepEqual(await Promise.all([ann, bob].map((page) => page.getAttribute("#messages [data-id='2']", "data-author"))), ["Bob", "Bob"]);
    assertClean();
  });

  test("a server that was killed for twenty seconds: both windows show it, return by themselves, and have each message once, in order", async () => {
    const pages = [await enter("outage", "Ann"), await enter("outage", "Bob")];
    const writer = new Writer("outage");
    await eventually("some messages", async () => (await idsIn(pages[1]!)).length >= 5);
    await server.kill();
    for (const page of pages) {
      await page.waitForSelector("body[data-state=waiting]", { timeout: 5000 });
      assert.ok(await page.isVisible("#status"));
    }
    const before = writer.posted.length;
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    assert.deepEqual(await Promise.all(pages.map(async (page) => (await stateOf(page)) === "open")), [false, false]);
    assert.equal(writer.posted.length, before);
    await server.start();
    // The writer is back at once, the windows when their next attempt is due: what is posted in between is missed.
    await eventually("the writer goes on", () => writer.posted.length > before + 5);
    const missed = await Promise.all(pages.map(async (page) => writer.posted.length - (await idsIn(page)).length));
    for (const page of pages) await page.waitForSelector("body[data-state=open]", { timeout: 40_000 });
    await eventually("messages after the return", () => writer.posted.length > before + 20);
    await writer.stop();
    const all = (await history("outage")).map(({ id }) => id);
    assert.deepEqual(all, all.map((_, i) => i + 1), "the numbers have gaps");
    assert.ok(missed.every((n) => n > 0), `nothing was missed: ${missed}`);
    for (const page of pages) {
      await eventually("the last message", async () => (await idsIn(page)).at(-1) === all.length);
      assert.deepEqual(await idsIn(page), all);
    }
    const texts = (await history("outage")).map(({ text }) => text);
    assert.equal(new Set(texts).size, texts.length, "a message that was posted again is there twice");
    assertClean();
  });

  test("what is sent while the server is away is posted once, when it is back", async () => {
    const ann = await enter("away", "Ann");
    await say(ann, "before");
    await ann.waitForSelector("#messages [data-id='1']");
    await server.kill();
    await ann.waitForSelector("body[data-state=waiting]");
    await say(ann, "meanwhile");
    await say(ann, "and more");
    await server.start();
    await ann.waitForSelector("#messages [data-id='3']", { timeout: 40_000 });
    assert.deepEqual((await history("away")).map(({ text }) => text), ["before", "meanwhile", "and more"]);
    assert.deepEqual(await idsIn(ann), [1, 2, 3]);
    assertClean();
  });

  test("who leaves while the server is away leaves nothing to the next one in the window", async () => {
    const ann = await enter("leave", "Ann");
    await say(ann, "before");
    await ann.waitForSelector("#messages [data-id='1']");
    await server.kill();
    await ann.waitForSelector("body[data-state=waiting]");
    await say(ann, "the secret of Ann");
    await ann.click("#leave");
    await ann.waitForSelector("body[data-view=welcome]");
    await server.start();
    await join_(ann, "Zoe");
    await ann.waitForSelector("#messages [data-id='1']");
    await say(ann, "I am Zoe");
    await ann.waitForSelector("#messages [data-id='2']");
    assert.deepEqual((await history("leave")).map(({ text }) => text), ["before", "I am Zoe"]);
    assertClean();
  });

  test("two tabs of one person show the same, and are one participant", async () => {
    const first = await enter("tabs", "Ann");
    const bob = await enter("tabs", "Bob");
    // A tab that was duplicated has the same session storage.
    const session = await first.evaluate(() => JSON.stringify(sessionStorage));
    const second = await openTab(first, `${server.url}/tabs-blank`); // no page of the room yet
    await second.page.evaluate((stored) => Object.assign(sessionStorage, JSON.parse(stored)), session);
    await second.page.goto(`${server.url}/?room=tabs`);
    await second.page.waitForSelector("body[data-state=open] #composer textarea:visible");
    await say(bob, "hello to both");
    await say(first, "from the first");
    await say(second.page, "from the second");
    for (const page of [first, second.page, bob]) {
      await page.waitForSelector("#messages [data-id='3']");
      assert.deepEqual(await idsIn(page), [1, 2, 3]);
    }
    assert.deepEqual(await Promise.all([2, 3].map((id) => bob.getAttribute(`#messages [data-id='${id}']`, "data-author"))), ["Ann", "Ann"]);
    await second.page.close();
    await say(bob, "one is left");
    await first.waitForSelector("#messages [data-id='4']");
    assertClean();
  });

  test("the history outlives the server and the page, and a reload is the same person", async () => {
    const ann = await enter("history", "Ann");
    await say(ann, "for later");
    await ann.waitForSelector("#messages [data-id='1']");
    await server.kill();
    await server.start();
    await ann.reload();
    await ann.waitForSelector("#messages [data-id='1']");
    const bob = await enter("history", "Bob");
    await bob.waitForSelector("#messages [data-id='1']");
    assert.equal(await bob.getAttribute("#messages [data-id='1']", "data-author"), "Ann");
    assertClean();
  });

  test("a history that cannot be had is a sentence in the page, and the room goes on when it can", async () => {
    const blocked = join(folder, "blocked.db");
    mkdirSync(blocked); // a folder where the database should be
    const other = new ServerProcess("chat", ["--data", blocked]);
    await other.start();
    try {
      const window = await open(browser, other.url);
      windows.push(window);
      const { page } = window;
      await join_(page, "Ann");
      await say(page, "into the void");
      await page.getByText(/history/i).first().waitFor();
      assert.deepEqual(await idsIn(page), []);
      assert.match(other.log, /blocked\.db/);
      rmSync(blocked, { recursive: true });
      await page.click("#banner-action");
      await page.getByRole("button", { name: /again/i }).last().click();
      await page.waitForSelector("#messages [data-id='1']");
      assert.match(await page.innerText("#messages [data-id='1']"), /into the void/);
    } finally {
      await other.kill();
    }
    assertClean();
  });

  test("a name that is taken, and a message that is too long, are a sentence in the page", async () => {
    const ann = await enter("refused", "Ann");
    const window = await open(browser, `${server.url}/?room=refused`);
    await window.page.fill("#name-form input[name=name]", "ann");
    await window.page.press("#name-form input[name=name]", "Enter");
    await window.page.getByText(/taken/i).first().waitFor();
    await join_(window.page, "Bob");
    await say(ann, "x".repeat(4001));
    await ann.getByText(/4,?000/).first().waitFor();
    await ann.fill("#composer textarea", "");
    await say(ann, "short");
    await window.page.waitForSelector("#messages [data-id='1']");
    assert.deepEqual((await history("refused")).map(({ text }) => text), ["short"]);
    assertClean();
  });
});
