// The client against the host, over real connections: what a call means is decided there.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import WebSocket from "ws";
import { createRpcClient, createWebSocketTransport, dispose, RpcError, withCall, type RpcClientConfig, type WebSocketTransportOptions } from "../src/index.ts";
import { eventually, ServerProcess } from "./processes.ts";

const host = new ServerProcess("millrace-host", ["serve", "--fixture"]);
before(() => host.start());
after(() => host.kill());

let instances = 0;
const clients: object[] = [];
after(() => clients.forEach(dispose));

function connect(binding: string, config: Partial<RpcClientConfig> = {}, options: WebSocketTransportOptions = {}, instance = `web-${++instances}`) {
  const transport = createWebSocketTransport(binding, instance, { baseUrl: host.url, WebSocketClass: WebSocket, jitter: 0, ...options });
  const client = createRpcClient({ ...config, transport });
  clients.push(client);
  return client;
}

describe("calls", () => {
  test("by name, in order within a tick", async () => {
    const example = connect("EXAMPLE_DO");
    assert.equal(await example.add(5, 3), 8);
    const counted = await Promise.all(Array.from({ length: 50 }, () => example.increment()));
    assert.deepEqual(counted, Array.from({ length: 50 }, (_, i) => i + 1));
    assert.deepEqual(await example.getArray(), [1, 2, 3, 4, 5]);
    assert.equal(await connect("SUBCLASS_DO").subclassName, "SubclassDO");
  });

  test("of which one fails", async () => {
    const example = connect("EXAMPLE_DO");
    const results = await Promise.allSettled([example.increment(), example.throwError("boom"), example.throwString("String error"), example.increment(), example.noSuchMethod()]);
    assert.deepEqual(results.map((r) => r.status), ["fulfilled", "rejected", "rejected", "fulfilled", "rejected"]);
    const [, thrown, text, , unknown] = results.map((r) => (r.status === "rejected" ? r.reason : r.value));
    assert.ok(thrown instanceof Error && thrown.message === "boom");
    assert.deepEqual([(thrown as any).code, (thrown as any).statusCode, typeof (thrown as any).metadata.timestamp], ["TEST_ERROR", 400, "number"]);
    assert.equal(text, "String error");
    assert.ok(unknown instanceof RpcError && unknown.remote);
    assert.deepEqual([unknown.code, /has no member "noSuchMethod"/.test(unknown.message)], ["unknown-member", true]);
  });

  test("chained, nested and shared run once, in one round trip", async () => {
    const pipelining = connect("PIPELINING_DO");
    assert.equal(await pipelining.increment(pipelining.increment(pipelining.increment())), 4);
    const data = connect("DATA_SERVICE");
    assert.equal(await data.setValue("greeting", "hello").uppercaseValue(), "HELLO");
    await Promise.all([data.setValue("a", "hello"), data.setValue("b", "world")]);
    assert.equal(await data.combineValues(data.getValue("a"), data.getValue("b")), "hello + world");
    const example = connect("EXAMPLE_DO");
    const one = example.increment();
    assert.deepEqual(await Promise.all([example.add(one, 10), example.add(example.echo(one), one)]), [11, 2]);
    assert.equal(await example.getCounter(), 1);
  });

  test("through other objects", async () => {
    const entry = connect("MANUAL_ROUTING_DO");
    const stub = entry.env.PIPELINING_DO.getByName(`web-hop-${Date.now()}`);
    assert.deepEqual([await stub.increment(5), await stub.increment(3), await stub.increment(2)], [5, 8, 10]);
  });

  test("of functions in results", async () => {
    const example = connect("EXAMPLE_DO");
    const object = await example.getObject();
    assert.deepEqual([object.value, object.nested.value, await object.nested.getValue()], [42, 42, 42]);
    const array = await example.getArrayWithFunctions();
    assert.deepEqual([await array[2](), await array[3].getValue()], ["hello", 42]);
    const instance = await example.getClassInstance();
    assert.deepEqual([instance.name, await instance.getName(), await instance.compute()], ["TestModel", "TestModel", 84]);
    assert.equal(typeof (await example.echo([object.nested.getValue]))[0], "function");
  });

  test("that show a whole object", async () => {
    const whole = await connect("EXAMPLE_DO").__asObject();
    assert.deepEqual(["function", "function", "number"], [typeof whole.increment, typeof whole.ctx.storage.get, typeof whole.ctx.storage.sql.databaseSize]);
  });

  test("that take too long, or are given up", async () => {
    const example = connect("EXAMPLE_DO");
    await example.getCounter();
    await assert.rejects(Promise.resolve(withCall(example, { timeout: 50 }).slowIncrement(400)), (e: unknown) => e instanceof RpcError && e.code === "timeout");
    const abort = new AbortController();
    const call = Promise.resolve(withCall(example, { signal: abort.signal }).slowIncrement(400));
    setTimeout(() => abort.abort(new Error("enough")), 20);
    await assert.rejects(call, /enough/);
    assert.equal(await example.add(1, 1), 2, "the connection is as it was");
  });
});

describe("values", () => {
  test("keep their types, both ways", async () => {
    const example = connect("EXAMPLE_DO");
    const key = { user: 123 };
    const loop: Record<string, unknown> = { n: 1 };
    loop["self"] = loop;
    const sent = {
      date: new Date(1234567890123), never: new Date(NaN), big: 2n ** 100n, re: /a+/gi, map: new Map<unknown, unknown>([[key, "data"], [2, new Set([key])]]), key,
      nan: NaN, minus: -0, inf: -Infinity, nothing: undefined, nil: null, bytes: new Uint8Array([1, 2, 255]), floats: new Float32Array([1.5, NaN]),
      url: new URL("https://e.com/p?q=1"), headers: new Headers({ A: "1" }), loop, error: new RangeError("r", { cause: new TypeError("t") }), "$type": "date", "__x": "\ud800",
    };
    const back = await example.echo(sent);
    assert.deepEqual(Object.keys(back), Object.keys(sent));
    assert.equal(back.date.getTime(), 1234567890123);
    assert.ok(Number.isNaN(back.never.getTime()));
    assert.deepEqual([back.big, back.re.source, back.re.flags, back.nan, back.inf, back.nothing, back.nil], [2n ** 100n, "a+", "gi", NaN, -Infinity, undefined, null]);
    assert.ok(Object.is(back.minus, -0));
    assert.equal(back.map.get(back.key), "data");
    assert.ok(back.map.get(2).has(back.key));
    assert.deepEqual([back.bytes, [...back.floats]], [new Uint8Array([1, 2, 255]), [1.5, NaN]]);
    assert.deepEqual([back.url.href, back.headers.get("a"), back.loop.self === back.loop], ["https://e.com/p?q=1", "1", true]);
    assert.ok(back.error instanceof RangeError && back.error.cause instanceof TypeError);
    assert.deepEqual([back.$type, back.__x], ["date", "\ud800"]);
  });

  test("keep their identity across arguments and results", async () => {
    const mapset = connect("MAPSET_TEST_DO");
    const { map, key } = await mapset.getMapWithKey();
    assert.equal(map.get(key), "user data");
    assert.deepEqual(await mapset.accessMapValue(map, key), { canAccess: true, value: "user data", hasKey: true });
    assert.equal((await mapset.accessMapValue(map, { ...key })).hasKey, false);
  });

  test("that are too large are refused by name of the limit", async () => {
    const example = connect("EXAMPLE_DO");
    await assert.rejects(Promise.resolve(example.echo(Array.from({ length: 100_001 }, () => 0))), (e: unknown) => e instanceof RpcError && e.code === "unencodable" && /100,?000/.test(e.message));
    assert.equal(await example.add(1, 2), 3);
  });
});

describe("downstream", () => {
  test("reaches every tab of an id, in order, and nobody else", async () => {
    const heard: Record<string, unknown[]> = { one: [], two: [], other: [] };
    const open = (tab: string, clientId: string) => connect("BROADCAST_DO", { onDownstream: (payload) => heard[tab]!.push(payload) }, { clientId }, "tabs");
    const one = open("one", "ann");
    open("two", "ann");
    open("other", "bob@example.com"); // escaped on its way
    await eventually("both tabs are there", async () => (await one.getConnectionCount("ann")) === 2 && (await one.getConnectionCount("bob@example.com")) === 1);
    for (let i = 0; i < 20; i++) void one.sendToSpecificClient("ann", { i, at: new Date(i) });
    await one.sendToSpecificClient("ann", "done");
    const want = [...Array.from({ length: 20 }, (_, i) => ({ i, at: new Date(i) })), "done"];
    await eventually("all messages", () => heard["one"]!.length === want.length && heard["two"]!.length === want.length);
    assert.deepEqual(heard, { one: want, two: want, other: [] });
  });

  test("goes on after the server was killed, once onReconnect is done", async () => {
    const states: string[] = [];
    const told: unknown[] = [];
    const updates = connect("BROADCAST_DO", {
      onDownstream: (payload) => told.push(payload),
      onClose: (code) => void told.push(`closed ${code}`),
      onReconnect: async () => told.push(`reconnected ${await updates.getConnectionCount("ann")}`),
      onStateChange: ({ name }) => states.push(name),
    }, { clientId: "ann" }, "restart");
    await updates.broadcastToAll("before");
    await eventually("the first message", () => told.includes("before"));
    const pending = assert.rejects(Promise.resolve(connect("EXAMPLE_DO").slowIncrement(5000)), (e: unknown) => e instanceof RpcError && e.code === "outcome-unknown");
    await connect("EXAMPLE_DO").add(1, 1);
    await host.kill();
    await pending;
    await eventually("the loss is noticed", () => states.at(-1) === "waiting");
    const waiting = Promise.resolve(updates.getConnectionCount("ann"));
    await assert.rejects(waiting, (e: unknown) => e instanceof RpcError && e.code === "unreachable", "the attempt after a second fails");
    await host.start();
    await eventually("the connection is back", () => told.length === 3);
    await updates.broadcastToAll("after");
    await eventually("the second message", () => told.includes("after"));
    assert.deepEqual(told, ["before", "closed 1006", "reconnected 1", "after"]);
    assert.deepEqual(states, ["connecting", "open", "lost", "waiting", "connecting", "waiting", "connecting", "open"]);
  });

  test("finds out that the server is gone though nothing says so", async () => {
    const told: string[] = [];
    const quiet = connect("BROADCAST_DO", { onDownstream() {}, onClose: (code, reason) => void told.push(`${code} ${reason}`), onReconnect: () => void told.push("back") },
      { clientId: "ann", heartbeatInterval: 300, heartbeatWait: 200 }, "frozen");
    await quiet.getConnectionCount("ann");
    await new Promise((resolve) => setTimeout(resolve, 1500)); // several questions, all answered
    assert.deepEqual(told, []);
    host.freeze(true);
    try {
      await eventually("the loss", () => told.length === 1);
    } finally {
      host.freeze(false);
    }
    await eventually("the connection", () => told.length === 2);
    assert.deepEqual(told, ["1006 no answer to a test of the connection", "back"]);
  });

  test("is over when the server closes for good, and comes back after 4401", async () => {
    const told: unknown[] = [];
    const tokens: unknown[] = [];
    const me = connect("NOTIFICATION_DO", { onDownstream: (payload) => told.push(payload), onClose: (...close) => void told.push(close), onReconnect: () => void told.push("back") },
      { clientId: "me", token: (about) => `t${tokens.push(about.lastClose?.code)}` }, "closing");
    const other = connect("NOTIFICATION_DO", {}, {}, "closing");
    await me.ping();
    await other.closeClient("me", 4401, "Token expired");
    await eventually("the connection is back", () => told.includes("back"));
    await other.broadcast(["me"], "hello");
    await eventually("the message", () => told.length === 3);
    await other.closeClient("me", 4403, "for good");
    await eventually("the end", () => told.length === 4);
    await new Promise((resolve) => setTimeout(resolve, 1300));
    assert.equal(await other.getConnectionCount("me"), 0);
    assert.deepEqual(told, [[4401, "Token expired"], "back", { type: "broadcast", message: "hello" }, [4403, "for good"]]);
    assert.deepEqual(tokens, [undefined, 4401]);
  });
});

test("a handshake that the server refuses is a failed attempt", async () => {
  const nobody = connect("NO_SUCH_BINDING");
  await assert.rejects(Promise.resolve(nobody.x()), (e: unknown) => e instanceof RpcError && e.code === "unreachable");
});
