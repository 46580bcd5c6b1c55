import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { createWebSocketTransport, RpcError, type CloseInfo, type ConnectionState, type Transport, type WebSocketTransportOptions } from "../src/index.ts";
import { clock, FakeSocket, page, settle } from "./fakes.ts";

const probe = "are you there?";

/** A transport, and everything that it tells. */
function connecting(options: WebSocketTransportOptions = {}, onClose: (info: CloseInfo) => Promise<boolean> = async () => true) {
  const transport = createWebSocketTransport("ROOM", "lobby", { WebSocketClass: FakeSocket, baseUrl: "http://h", jitter: 0, ...options });
  const told: string[] = [];
  const states: ConnectionState[] = [];
  transport.attach(
    {
      message: (data) => told.push(`message ${data}`),
      open: (reopened) => told.push(reopened ? "reopened" : "opened"),
      close: (info) => {
        told.push(`closed ${info.code} ${info.reason}`.trimEnd());
        return onClose(info);
      },
      state: (state) => states.push(state),
    },
    "lmz",
    probe,
  );
  return { transport, told, states, names: () => states.map((state) => state.name) };
}

/** A transport with keep-alive, whose connection stands. */
async function connected(options: WebSocketTransportOptions = {}, onClose?: (info: CloseInfo) => Promise<boolean>) {
  const c = connecting(options, onClose);
  c.transport.setKeepAlive(true);
  await settle();
  FakeSocket.last.open();
  return c;
}

/** After how many milliseconds the next attempt begins. */
async function delayOf(attempt: number): Promise<number> {
  for (let waited = 0; waited <= 3_700_000; waited += 500) {
    if (FakeSocket.all.length >= attempt) return waited;
    await clock.pass(500);
  }
  throw new Error("no attempt within an hour");
}

function sending(transport: Transport, data: string) {
  const failures: RpcError[] = [];
  return { failures, sending: transport.send(data, (why) => failures.push(why)) };
}

beforeEach(() => {
  FakeSocket.all = [];
  clock.start();
  page.start();
});
afterEach(() => {
  clock.stop();
  page.stop();
});

describe("handshake", () => {
  test("address and subprotocols", async () => {
    for (const [options, url, protocols] of [
      [{}, "ws://h/__rpc/ROOM/lobby/call", ["lumenize.rpc", "millrace.codec.lmz"]],
      [{ baseUrl: "https://h:1/base/" , prefix: "/x/" }, "wss://h:1/base/x/ROOM/lobby/call", ["lumenize.rpc", "millrace.codec.lmz"]],
      [{ clientId: "user-1" }, "ws://h/__rpc/ROOM/lobby/call", ["lumenize.rpc", "lumenize.rpc.clientId.user-1", "millrace.codec.lmz"]],
      // RFC 7230 has no @ in a token, nor anything beyond ASCII.
      [{ clientId: "é@b" }, "ws://h/__rpc/ROOM/lobby/call", ["lumenize.rpc", "millrace.clientId.w6lAYg", "millrace.codec.lmz"]],
      [{ token: "abc.def", additionalProtocols: ["x", "y"] }, "ws://h/__rpc/ROOM/lobby/call", ["lumenize.rpc", "token.abc.def", "x", "y", "millrace.codec.lmz"]],
      [{ token: "twice", additionalProtocols: ["token.twice"] }, "ws://h/__rpc/ROOM/lobby/call", ["lumenize.rpc", "token.twice", "millrace.codec.lmz"]],
      [{ token: () => undefined, additionalProtocols: async () => ["z"] }, "ws://h/__rpc/ROOM/lobby/call", ["lumenize.rpc", "z", "millrace.codec.lmz"]],
    ] as [WebSocketTransportOptions, string, string[]][]) {
      await connected(options);
      assert.deepEqual([FakeSocket.last.url, FakeSocket.last.protocols], [url, protocols]);
    }
  });

  test("names are escaped", async () => {
    const transport = createWebSocketTransport("A B", "a/b?c#d", { WebSocketClass: FakeSocket, baseUrl: "http://h" });
    transport.attach({ message() {}, open() {}, close: async () => true, state() {} }, "lmz", probe);
    transport.setKeepAlive(true);
    await settle();
    assert.equal(FakeSocket.last.url, "ws://h/__rpc/A%20B/a%2Fb%3Fc%23d/call");
    transport.close(1000, "");
  });

  test("what cannot be used is refused", () => {
    for (const [binding, instance, options] of [
      ["", "x", {}], ["X", "", {}], ["X", "..", {}], [".", "x", {}],
      ["X", "x", { baseUrl: "nowhere" }], ["X", "x", { baseUrl: "ftp://h" }],
      ["X", "x", { jitter: 2 }], ["X", "x", { jitter: NaN }], ["X", "x", { clientId: "x".repeat(129) }], ["X", "x", { clientId: "a\u202eb" }], ["X", "x", { clientId: "a\nb" }],
      ["X", "x", { WebSocketClass: undefined }], ["X", "x", { heartbeatInterval: NaN }], ["X", "x", { heartbeatWait: -1 }],
      ["X", "x", { connectTimeout: "1" as never }], ["X", "x", { maxQueueBytes: 0 }],
    ] as [string, string, WebSocketTransportOptions][]) {
      const all = { WebSocketClass: FakeSocket, baseUrl: "http://h", ...options };
      const had = globalThis.WebSocket;
      globalThis.WebSocket = undefined as never;
      try {
        assert.throws(() => createWebSocketTransport(binding, instance, all), (e: unknown) => e instanceof RpcError && e.code === "config", JSON.stringify([binding, instance, options]));
      } finally {
        globalThis.WebSocket = had;
      }
    }
  });

  test("a token is asked for before each attempt, and told why", async () => {
    const asked: unknown[] = [];
    const c = await connected({ token: (about) => `t${asked.push(about)}` });
    FakeSocket.last.drop(4401, "expired");
    await settle();
    await clock.pass(1000);
    FakeSocket.last.drop();
    await clock.pass(2000);
    const lastClose = { code: 4401, reason: "expired" };
    assert.deepEqual(asked, [{ attempt: 1, lastClose: undefined }, { attempt: 1, lastClose }, { attempt: 2, lastClose }]);
    assert.deepEqual(FakeSocket.all.map((socket) => socket.protocols[1]), ["token.t1", "token.t2", "token.t3"]);
    c.transport.close(1000, "");
  });

  test("a token that cannot be had, or cannot travel, fails the attempt alone", async () => {
    let fails = true;
    const c = connecting({ token: async () => { if (fails) throw new Error("refused"); return "with space"; } });
    c.transport.setKeepAlive(true);
    const { failures } = sending(c.transport, "a");
    await settle();
    assert.equal(failures[0]?.code, "unreachable");
    assert.match(failures[0]!.message, /no tokens or subprotocols to connect with: refused/);
    fails = false;
    await clock.pass(1000);
    assert.equal(FakeSocket.all.length, 0);
    assert.deepEqual(c.names(), ["connecting", "waiting", "connecting", "waiting"]);
    c.transport.close(1000, "");
  });

  test("a token that does not come fails the attempt after the time for it", async () => {
    const c = connecting({ token: () => new Promise(() => {}), connectTimeout: 3000 });
    c.transport.setKeepAlive(true);
    const { failures } = sending(c.transport, "a");
    await clock.pass(2999);
    assert.equal(failures.length, 0);
    await clock.pass(1);
    assert.match(failures[0]!.message, /no connection within 3000 ms/);
    c.transport.close(1000, "");
  });
});

describe("schedule", () => {
  test("1, 2, 4, 8, 16, 30, 30 seconds, and over again after a connection", async () => {
    const c = await connected();
    FakeSocket.last.drop();
    await settle();
    const delays = [];
    for (let attempt = 2; attempt <= 8; attempt++) {
      delays.push(await delayOf(attempt));
      FakeSocket.last.drop();
      await settle();
    }
    assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    await delayOf(9);
    FakeSocket.last.open();
    FakeSocket.last.drop();
    await settle();
    assert.equal(await delayOf(10), 1000);
    assert.deepEqual(c.told, ["opened", "closed 1006", "reopened", "closed 1006"], "a failed attempt is no loss");
    c.transport.close(1000, "");
  });

  test("jitter spreads the delays around the schedule", async () => {
    const delays = new Set<number>();
    for (let i = 0; i < 50; i++) {
      const c = await connected({ jitter: 0.5 });
      FakeSocket.last.drop();
      await settle();
      const waiting = c.states.at(-1) as { retryAt: number };
      delays.add(waiting.retryAt - Date.now());
      c.transport.close(1000, "");
    }
    assert.ok(Math.min(...delays) >= 500 && Math.max(...delays) <= 1500, [...delays].join(" "));
    assert.ok(delays.size > 25 && Math.max(...delays) - Math.min(...delays) > 300, "the delays are all alike");
  });

  test("what the server asks for is the least", async () => {
    for (const [code, reason, want] of [[4429, "retry-after=7", 7000], [4429, "later", 30000], [4429, "retry-after=99999", 3_600_000], [1008, "", 30000], [4408, "", 1000], [1000, "", 1000], [1001, "", 1000], [4401, "", 1000]] as const) {
      const c = await connected();
      const attempts = FakeSocket.all.length;
      FakeSocket.last.drop(code, reason);
      await settle();
      page.fire("online");
      await settle();
      const woken = FakeSocket.all.length > attempts;
      assert.equal(woken, want === 1000, `${code} ${reason}: a page that wakes ${woken ? "hurries" : "waits"}`);
      if (!woken) assert.equal(await delayOf(attempts + 1), want, `${code} ${reason}`);
      c.transport.close(1000, "");
    }
  });

  test("three accusations in a row without a message are enough", async () => {
    const c = await connected();
    const delays = [];
    for (let attempt = 2; attempt <= 5; attempt++) {
      if (attempt === 5) FakeSocket.last.receive("good");
      FakeSocket.last.drop(1002);
      await settle();
      delays.push(await delayOf(attempt));
      FakeSocket.last.open();
    }
    assert.deepEqual(delays, [1000, 1000, 30000, 1000]);
    c.transport.close(1000, "");
  });

  test("terminal codes and a close handler's false end it, and the next message begins again", async () => {
    for (const [code, answer] of [[4403, true], [4409, true], [4500, true], [4999, true], [1006, false]] as const) {
      const c = await connected({}, async () => answer);
      const before = FakeSocket.all.length;
      FakeSocket.last.drop(code, "why");
      await clock.pass(100_000);
      assert.equal(FakeSocket.all.length, before, `${code}: it came back by itself`);
      assert.deepEqual(c.states.at(-1), { name: "closed", code, reason: "why" });
      page.fire("online");
      c.transport.send("again", () => {});
      await settle();
      assert.equal(FakeSocket.all.length, before + 1, `${code}: it cannot be used again`);
      FakeSocket.last.open();
      assert.deepEqual(FakeSocket.last.sent, ["again"]);
      c.transport.close(1000, "");
    }
  });

  test("the next attempt waits for the close handler", async () => {
    let answer!: (goOn: boolean) => void;
    const c = await connected({}, () => new Promise((resolve) => (answer = resolve)));
    FakeSocket.last.drop(4401);
    const { failures, sending: waiting } = sending(c.transport, "meanwhile");
    await clock.pass(60_000);
    assert.equal(FakeSocket.all.length, 1);
    assert.deepEqual(c.names().at(-1), "lost");
    answer(true);
    await settle();
    await clock.pass(1000);
    FakeSocket.last.open();
    assert.deepEqual([FakeSocket.all.length, FakeSocket.last.sent, failures, waiting.sent], [2, ["meanwhile"], [], true]);
    c.transport.close(1000, "");
  });

  test("switching keep-alive off cancels an attempt that nobody waits for, and leaves a connection", async () => {
    const c = await connected();
    c.transport.setKeepAlive(false);
    assert.equal(c.states.at(-1)!.name, "open");
    FakeSocket.last.drop();
    await clock.pass(60_000);
    assert.equal(FakeSocket.all.length, 1);
    c.transport.setKeepAlive(true);
    await settle();
    assert.equal(FakeSocket.all.length, 2);
    FakeSocket.last.drop();
    await settle();
    c.transport.setKeepAlive(false);
    await clock.pass(60_000);
    assert.deepEqual([FakeSocket.all.length, c.states.at(-1)!.name], [2, "idle"]);
    c.transport.close(1000, "");
  });

  test("waking up connects at once", async () => {
    const c = await connected();
    FakeSocket.last.drop();
    await settle();
    page.fire("online");
    await settle();
    assert.equal(FakeSocket.all.length, 2);
    await clock.pass(5_000);
    assert.equal(FakeSocket.all.length, 2, "the scheduled attempt was made as well");
    c.transport.close(1000, "");
  });
});

describe("sending", () => {
  test("lazily, in order, over one connection", async () => {
    const c = connecting();
    assert.equal(FakeSocket.all.length, 0);
    const all = ["a", "b", "c"].map((data) => sending(c.transport, data));
    await settle();
    assert.equal(all[0]!.sending.sent, false);
    FakeSocket.last.open();
    c.transport.send("d", () => {});
    c.transport.sendNow("e");
    assert.deepEqual([FakeSocket.all.length, FakeSocket.last.sent], [1, ["a", "b", "c", "d", "e"]]);
    assert.ok(all.every(({ sending: { sent }, failures }) => sent && failures.length === 0));
    FakeSocket.last.drop(1000);
    await clock.pass(60_000);
    assert.equal(FakeSocket.all.length, 1, "without keep-alive nobody wants it back");
    c.transport.sendNow("lost");
    c.transport.send("f", () => {});
    await settle();
    FakeSocket.last.open();
    assert.deepEqual(FakeSocket.last.sent, ["f"]);
    c.transport.close(1000, "");
  });

  test("a failed attempt fails those that waited for it", async () => {
    const c = connecting();
    const { failures } = sending(c.transport, "a");
    await settle();
    FakeSocket.last.drop();
    assert.deepEqual([failures[0]?.code, failures[0]?.message], ["unreachable", "WebSocket connection failed"]);
    const later = sending(c.transport, "b");
    await settle();
    FakeSocket.last.open();
    assert.deepEqual([FakeSocket.last.sent, later.failures], [["b"], []]);
    c.transport.close(1000, "");
  });

  test("a scheduled attempt is waited for", async () => {
    const c = await connected();
    FakeSocket.last.drop();
    await settle();
    const { failures } = sending(c.transport, "a");
    await clock.pass(999);
    assert.equal(FakeSocket.all.length, 1);
    await clock.pass(1);
    FakeSocket.last.drop();
    assert.equal(failures[0]?.code, "unreachable");
    c.transport.close(1000, "");
  });

  test("what was replaced is not sent, but what stands in its place", async () => {
    const c = connecting();
    const [a] = [sending(c.transport, "a"), sending(c.transport, "b")];
    a.sending.replace("A");
    await settle();
    FakeSocket.last.open();
    assert.deepEqual(FakeSocket.last.sent, ["A", "b"]);
    c.transport.close(1000, "");
  });

  test("what is said while the connection closes waits for the next one", async () => {
    const c = await connected();
    FakeSocket.last.readyState = 2;
    const { sending: late, failures } = sending(c.transport, "late");
    c.transport.sendNow("lost");
    await settle();
    assert.deepEqual([FakeSocket.all.length, FakeSocket.last.sent, late.sent], [1, [], false]);
    FakeSocket.last.drop(1001);
    await settle();
    await clock.pass(1000);
    FakeSocket.last.open();
    assert.deepEqual([FakeSocket.last.sent, late.sent, failures], [["late"], true, []]);
    c.transport.close(1000, "");
  });

  test("what was taken back is not sent", async () => {
    const c = connecting();
    const [a, b] = [sending(c.transport, "a"), sending(c.transport, "b")];
    a.sending.replace();
    await settle();
    FakeSocket.last.open();
    b.sending.replace("late"); // too late
    assert.deepEqual([FakeSocket.last.sent, a.sending.sent, b.sending.sent], [["b"], false, true]);
    c.transport.close(1000, "");
  });

  test("queues are bounded, and one message always has room", async () => {
    const c = connecting({ maxQueueBytes: 10 });
    const [large, more] = [sending(c.transport, "x".repeat(50)), sending(c.transport, "y")];
    await settle();
    assert.equal(large.failures.length, 0);
    assert.deepEqual([more.failures[0]?.code, /at most 10 may \(maxQueueBytes\)/.test(more.failures[0]!.message)], ["limit", true]);
    FakeSocket.last.open();
    FakeSocket.last.bufferedAmount = 8;
    const behind = sending(c.transport, "zzz");
    await settle();
    assert.equal(behind.failures[0]?.code, "limit");
    c.transport.close(1000, "");
    const d = connecting();
    const all = Array.from({ length: 1025 }, (_, i) => sending(d.transport, `${i}`));
    await settle();
    assert.deepEqual(all.flatMap(({ failures }, i) => failures.map(() => i)), [1024]);
    d.transport.close(1000, "");
  });
});

describe("heartbeat", () => {
  test("asks after 25 s of silence, and gives up 10 s later", async () => {
    const c = await connected();
    await clock.pass(20_000);
    FakeSocket.last.receive("something");
    await clock.pass(24_999);
    assert.deepEqual(FakeSocket.last.sent, []);
    await clock.pass(1);
    assert.deepEqual(FakeSocket.last.sent, [probe]);
    await clock.pass(9_999);
    assert.deepEqual(c.told, ["opened", "message something"]);
    const dead = FakeSocket.last;
    await clock.pass(1);
    assert.match(c.told.at(-1)!, /^closed 1006 no answer/);
    assert.ok(dead.closed);
    await clock.pass(1000);
    FakeSocket.last.open();
    dead.receive("from the dead");
    dead.drop(1000);
    assert.deepEqual(c.told.slice(3), ["reopened"]);
    c.transport.close(1000, "");
  });

  test("any message is an answer", async () => {
    const c = await connected();
    for (let i = 0; i < 5; i++) {
      await clock.pass(25_000);
      assert.equal(FakeSocket.last.sent.length, i + 1);
      FakeSocket.last.receive("anything");
    }
    assert.equal(FakeSocket.all.length, 1);
    c.transport.close(1000, "");
  });

  test("a page that wakes up asks at once, and gives up after 5 s", async () => {
    const c = await connected();
    page.fire("online");
    page.fire("online");
    assert.deepEqual(FakeSocket.last.sent, [probe], "one question at a time");
    await clock.pass(5_000);
    assert.match(c.told.at(-1)!, /^closed 1006 no answer/);
    c.transport.close(1000, "");
  });

  test("without keep-alive nobody asks but who wants to know, once", async () => {
    const c = connecting();
    c.transport.send("a", () => {});
    await settle();
    FakeSocket.last.open();
    await clock.pass(100_000);
    assert.deepEqual(FakeSocket.last.sent, ["a"]);
    c.transport.test();
    FakeSocket.last.receive("yes");
    await clock.pass(100_000);
    assert.deepEqual(FakeSocket.last.sent, ["a", probe]);
    c.transport.test();
    await clock.pass(10_000);
    assert.match(c.told.at(-1)!, /^closed 1006 no answer/);
    c.transport.close(1000, "");
  });

  test("what is still being sent is no silence", async () => {
    const c = await connected();
    FakeSocket.last.bufferedAmount = 1000;
    await clock.pass(25_000);
    await clock.pass(20);
    for (const left of [800, 500, 100]) {
      FakeSocket.last.bufferedAmount = left;
      await clock.pass(10_000);
      assert.equal(c.told.length, 1, `${left} bytes are left`);
    }
    await clock.pass(10_000);
    assert.match(c.told.at(-1)!, /^closed 1006/, "100 bytes stay");
    c.transport.close(1000, "");
  });

  test("a timer that was late is no silence, once", async () => {
    const c = await connected();
    await clock.pass(25_000);
    mock.timers.setTime(Date.now() + 3_600_000); // the machine slept
    await clock.pass(10_000);
    assert.deepEqual([c.told.length, FakeSocket.last.sent.length], [1, 2]);
    await clock.pass(10_000);
    assert.match(c.told.at(-1)!, /^closed 1006/);
    c.transport.close(1000, "");
  });

  test("of 0 never asks", async () => {
    const c = await connected({ heartbeatInterval: 0 });
    await clock.pass(1_000_000);
    assert.deepEqual([FakeSocket.last.sent, c.told], [[], ["opened"]]);
    c.transport.close(1000, "");
  });
});

describe("closing", () => {
  test("is final, in every state", async () => {
    const states: Record<string, () => Promise<ReturnType<typeof connecting>>> = {
      idle: async () => connecting(),
      connecting: async () => {
        const c = connecting();
        c.transport.setKeepAlive(true);
        await settle();
        return c;
      },
      open: () => connected(),
      lost: async () => {
        const c = await connected({}, () => new Promise(() => {}));
        FakeSocket.last.drop();
        return c;
      },
      waiting: async () => {
        const c = await connected();
        FakeSocket.last.drop();
        await settle();
        return c;
      },
    };
    for (const [name, reach] of Object.entries(states)) {
      FakeSocket.all = [];
      const c = await reach();
      const before = c.told.length;
      const { failures } = name === "open" ? { failures: [] } : sending(c.transport, "waiting");
      const sockets = FakeSocket.all.length;
      c.transport.close(4000, "bye");
      c.transport.close(1000, "again");
      c.transport.setKeepAlive(true);
      page.fire("online");
      const after = sending(c.transport, "late");
      FakeSocket.all.at(-1)?.open();
      FakeSocket.all.at(-1)?.receive("late");
      FakeSocket.all.at(-1)?.drop();
      await clock.pass(100_000);
      assert.equal(FakeSocket.all.length, sockets, `${name}: connected again`);
      assert.equal(c.told.length, before, `${name}: ${c.told.slice(before)}`);
      assert.deepEqual(c.states.at(-1), { name: "closed", code: 4000, reason: "bye" }, name);
      assert.deepEqual([...failures, ...after.failures].map((e) => e.code), name === "open" ? ["closed"] : ["closed", "closed"], name);
      if (name === "open") assert.deepEqual(FakeSocket.last.closed, { code: 4000, reason: "bye" });
    }
  });

  test("with a code or a reason that browsers refuse", async () => {
    const c = await connected();
    c.transport.close(1008, "x".repeat(200));
    assert.deepEqual(FakeSocket.last.closed, { code: undefined, reason: undefined });
    const d = await connected();
    d.transport.close(1008, "short");
    assert.deepEqual(FakeSocket.last.closed, { code: 1000, reason: "short" });
  });

  test("from within the open handler", async () => {
    const transport = createWebSocketTransport("ROOM", "lobby", { WebSocketClass: FakeSocket, baseUrl: "http://h" });
    transport.attach({ message() {}, open: () => transport.close(1000, "done"), close: async () => true, state() {} }, "lmz", probe);
    const { failures } = sending(transport, "a");
    await settle();
    FakeSocket.last.open();
    await settle();
    assert.deepEqual([FakeSocket.last.sent, failures.map((e) => e.code)], [[], ["closed"]]);
  });
});

test("binary messages are not for a text codec", async () => {
  const c = await connected();
  FakeSocket.last.receive(new ArrayBuffer(3));
  FakeSocket.last.receive("text");
  assert.deepEqual(c.told, ["opened", "message text"]);
  c.transport.close(1000, "");
});

describe("a page that wakes up", () => {
  test("tests its connection, until the transport is closed", async () => {
    const c = await connected();
    const questions = () => FakeSocket.last.sent.length;
    (document as any).visibilityState = "hidden";
    page.fire("visibilitychange");
    assert.equal(questions(), 0, "a page that was hidden asks");
    page.fire("online");
    assert.equal(questions(), 1);
    (document as any).visibilityState = "visible";
    for (const [i, event] of ["visibilitychange", "pageshow", "offline"].entries()) {
      FakeSocket.last.receive("answer");
      page.fire(event);
      assert.equal(questions(), i + 2, event);
    }
    FakeSocket.last.receive("answer");
    c.transport.close(1000, "");
    page.fire("visibilitychange");
    assert.equal(questions(), 4);
  });

  test("does not wait for the schedule when the loss comes just after", async () => {
    const c = await connected();
    page.fire("pageshow");
    await clock.pass(1000);
    FakeSocket.last.drop();
    await settle();
    await settle();
    assert.equal(FakeSocket.all.length, 2);
    FakeSocket.last.drop();
    await settle();
    assert.equal(FakeSocket.all.length, 2, "a failed attempt is followed by another at once");
    c.transport.close(1000, "");
  });
});

describe("connect", () => {
  test("does not wait for the schedule, nor for what the server asked for, and begins again what is over", async () => {
    for (const [code, goOn] of [[1006, true], [4429, true], [4403, true], [1006, false]] as const) {
      const c = await connected({}, async () => goOn);
      const before = FakeSocket.all.length;
      c.transport.connect();
      FakeSocket.last.drop(code);
      c.transport.connect();
      await settle();
      assert.equal(FakeSocket.all.length, before, "there was a connection, or onClose had not decided");
      c.transport.connect();
      c.transport.connect();
      await settle();
      assert.equal(FakeSocket.all.length, before + 1, `${code}`);
      c.transport.close(1000, "");
      c.transport.connect();
      await clock.pass(60_000);
      assert.equal(FakeSocket.all.length, before + 1);
    }
  });
});
