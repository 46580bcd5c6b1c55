import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { createRpcClient, dispose, reconnectNow, RpcError, withCall, type RpcClientConfig } from "../src/index.ts";
import { clock, FakeTransport, settle } from "./fakes.ts";

const get = (key: string) => ({ type: "get", key });
const apply = (...args: unknown[]) => ({ type: "apply", args });

/** A client of a fake transport, with what it logs. */
function clientOf(config: Partial<RpcClientConfig> = {}, transport = new FakeTransport(config.onDownstream && "me")) {
  const log: string[] = [];
  const logger = { warn: (...what: unknown[]) => log.push(what.map(String).join(" ")), error: (...what: unknown[]) => log.push(what.map(String).join(" ")) };
  const room = createRpcClient({ timeout: 0, logger, ...config, transport });
  return { room, transport, log };
}

function isRpcError(code: string, text = /./, remote = false) {
  return (e: unknown) => {
    assert.ok(e instanceof RpcError, String(e));
    assert.deepEqual([e.code, e.remote, text.test(e.message)], [code, remote, true], `${e.code}: ${e.message}`);
    return true;
  };
}

const operationsOf = (transport: FakeTransport) => transport.messages.map((message) => message.batch.map((item: any) => item.operations));

describe("calls", () => {
  test("of one tick are one message, in order; their answers are told apart by id", async () => {
    const { room, transport } = clientOf();
    const results = [room.add(1, 2), room.env.ROOM.getByName("x").count(), room.name.then((v: unknown) => v)];
    assert.equal(transport.sent.length, 0, "sent before the tick ended");
    await settle();
    assert.deepEqual(operationsOf(transport), [[
      [get("add"), apply(1, 2)],
      [get("env"), get("ROOM"), get("getByName"), apply("x"), get("count"), apply()],
      [get("name")],
    ]]);
    const [message] = transport.messages;
    assert.deepEqual(Object.keys(message), ["type", "batch"]);
    assert.ok(message.batch.every((item: any) => Object.keys(item).join() === "id,operations"));
    transport.receive({ type: "__rpc", batch: message.batch.map((item: any, i: number) => ({ id: item.id, success: true, result: i })).reverse() });
    assert.deepEqual(await Promise.all(results), [0, 1, 2]);
    await settle();
    room.later();
    await settle();
    assert.equal(transport.sent.length, 2);
    assert.equal(new Set(transport.messages.flatMap((m) => m.batch.map((item: any) => item.id))).size, 4, "an id was used twice");
  });

  test("of more than a thousand in one tick are several messages", async () => {
    const { room, transport } = clientOf();
    const results = Array.from({ length: 2001 }, (_, i) => room.echo(i));
    await settle();
    assert.deepEqual(transport.messages.map((m) => m.batch.length), [1000, 1000, 1]);
    for (const message of transport.messages) transport.answer(message, (operations) => operations[1].args[0]);
    assert.deepEqual(await Promise.all(results), Array.from({ length: 2001 }, (_, i) => i));
  });

  test("without a result are undefined; properties are read each time they are awaited", async () => {
    const { room, transport } = clientOf();
    const property = room.count;
    const first = Promise.resolve(property);
    await settle();
    const second = Promise.resolve(property);
    await settle();
    transport.receive({ type: "__rpc", batch: [{ id: transport.messages[0].batch[0].id, success: true }] });
    transport.answer(transport.messages[1], () => 7);
    assert.deepEqual([await first, await second], [undefined, 7]);
  });

  test("end with what a method threw, whatever it is", async () => {
    const { room, transport } = clientOf();
    const calls = Array.from({ length: 4 }, () => Promise.resolve(room.fail()));
    await settle();
    const errors = [
      { $type: "error", name: "TypeError", message: "no", field: "x", cause: "why" },
      "a string",
      { $type: "undefined" },
      { $type: "error", name: "Error", message: "core: too long", millraceCode: "limit" },
    ];
    transport.receive({ type: "__rpc", batch: transport.messages[0].batch.map((item: any, i: number) => ({ id: item.id, success: false, error: errors[i] })) });
    await assert.rejects(calls[0]!, (e: any) => e instanceof TypeError && e.message === "no" && (e as any).field === "x" && e.cause === "why");
    assert.equal(await calls[1]!.catch((e) => e), "a string");
    assert.equal(await calls[2]!.catch((e) => [e]).then((e) => (e as unknown[])[0]), undefined);
    await assert.rejects(calls[3]!, isRpcError("limit", /^core: too long$/, true));
  });

  test("end when their answer lacks them, or is none", async () => {
    const { room, transport } = clientOf();
    const [a, b, c, d] = [room.a(), room.b(), room.c(), room.d()].map((call) => Promise.resolve(call));
    await settle();
    const [one, , three, four] = transport.messages[0].batch;
    const strange = { toString: 1, valueOf: 1 };
    transport.receive({ type: "__rpc", batch: [null, 1, { id: strange }, { id: [one.id] }, { id: "unknown", success: true }, { id: one.id, success: true, result: 1 }, { id: three.id }, { id: four.id, success: false }] });
    assert.equal(await a, 1);
    await assert.rejects(d!, isRpcError("malformed"));
    await assert.rejects(b!, isRpcError("outcome-unknown", /has no item/));
    await assert.rejects(c!, isRpcError("malformed"));
  });

  test("end when the server could not read them, or their answer cannot be read", async () => {
    const { room, transport, log } = clientOf();
    const alone = Promise.resolve(room.a());
    await settle();
    transport.receive({ type: "__rpc", batch: [{ id: "parse-error", success: false, error: { $type: "error", name: "Error", message: "too deep", millraceCode: "limit" } }] });
    await assert.rejects(alone, isRpcError("limit", /too deep/, true));
    const [b, c, d] = [Promise.resolve(room.b()), settle().then(() => room.c()), settle().then(settle).then(() => room.d())];
    await settle(); await settle(); await settle();
    transport.handlers.message(`{"json":{"batch":[{"id":"${transport.messages[1].batch[0].id}",`);
    await assert.rejects(b, isRpcError("malformed", /cannot be read/));
    transport.receive({ type: "__rpc", batch: [{ id: "parse-error", success: false, error: "x" }] });
    await assert.rejects(c, isRpcError("outcome-unknown", /could not read one of the messages/));
    await assert.rejects(d, isRpcError("outcome-unknown"));
    assert.equal(log.length, 1);
  });

  test("whose arguments cannot travel fail alone", async () => {
    const { room, transport } = clientOf();
    const [good, bad, also] = [room.add(1), room.add({ x: Symbol("s") }), room.add(3)].map((call) => Promise.resolve(call));
    await assert.rejects(bad!, isRpcError("unencodable", /symbol/));
    assert.deepEqual(operationsOf(transport), [[[get("add"), apply(1)], [get("add"), apply(3)]]]);
    transport.answer(transport.messages[0], (operations) => operations[1].args[0]);
    assert.deepEqual([await good, await also], [1, 3]);
  });

  test("go into as many messages as the limits ask for", async () => {
    const { room, transport } = clientOf();
    const text = "x".repeat(4096);
    const results = Array.from({ length: 300 }, (_, i) => room.echo(i, text));
    await settle();
    assert.ok(transport.sent.length > 1 && transport.sent.every((data) => data.length <= 1 << 20), `${transport.sent.map((data) => data.length)}`);
    for (const message of transport.messages) transport.answer(message, (operations) => operations[1].args[0]);
    assert.deepEqual(await Promise.all(results), Array.from({ length: 300 }, (_, i) => i));
    const nested = Array.from({ length: 150 }, (_, i) => room.add(room.count(i), 1));
    await settle();
    const sizes = transport.messages.slice(-2).map((message) => message.batch.length);
    assert.deepEqual(sizes, [75, 75]);
    for (const message of transport.messages.slice(-2)) transport.answer(message, () => 1);
    await Promise.all(nested);
  });

  test("that are too large for any message fail before they are sent", async () => {
    const { room, transport } = clientOf();
    const [large, small] = [room.echo("é".repeat(600_000)), room.echo(1)].map((call) => Promise.resolve(call));
    await assert.rejects(large!, (e: unknown) => isRpcError("limit", /at most 1048576/)(e) && (e as RpcError).notRun);
    transport.answer(transport.messages[0], () => 1);
    assert.equal(await small, 1);
  });

  test("that share an argument and do not fit into one message fail, rather than run it twice", async () => {
    const { room, transport } = clientOf();
    const shared = room.increment();
    const calls = Array.from({ length: 1001 }, () => Promise.resolve(room.use(shared)));
    const alone = assert.rejects(Promise.resolve(room.alone()), isRpcError("limit"));
    const results = await Promise.allSettled(calls);
    assert.ok(results.every((r) => r.status === "rejected" && r.reason.code === "limit" && r.reason.notRun));
    await settle();
    assert.equal(transport.sent.length, 0, "what travels with them fails, too");
    await alone;
  });

  test("that end before they are sent take their parts along, and nothing is unhandled", async () => {
    const unhandled: unknown[] = [];
    const hear = (why: unknown) => unhandled.push(why);
    process.on("unhandledRejection", hear);
    const { room, transport } = clientOf();
    const aborted = AbortSignal.abort(new Error("before"));
    await assert.rejects(Promise.resolve(room.save(room.increment(), Symbol())), isRpcError("unencodable"));
    await assert.rejects(Promise.resolve(withCall(room, { signal: aborted }).save(room.increment())), /before/);
    await settle();
    assert.equal(transport.sent.length, 0, "a part is sent alone");
    dispose(room);
    await assert.rejects(Promise.resolve(room.user("x").friends()), isRpcError("closed"));
    await assert.rejects(Promise.resolve(room.add(room.increment(), 1)), isRpcError("closed"));
    await settle();
    process.off("unhandledRejection", hear);
    assert.deepEqual(unhandled, []);
  });

  test("that go on from one of an earlier tick leave it alone", async () => {
    const { room, transport } = clientOf();
    const user = room.user("x");
    const name = Promise.resolve(user);
    await settle();
    void Promise.all([user.friends(), room.greet(user)]);
    await settle();
    for (const message of transport.messages) transport.answer(message, () => "answer");
    assert.equal(await name, "answer");
  });

  test("that were not sent fail as unreachable, all of a message", async () => {
    const { room, transport } = clientOf();
    const calls = [room.a(), room.b()].map((call) => Promise.resolve(call));
    await settle();
    transport.failing[0]!(new RpcError("unreachable", "no way"));
    for (const call of calls) await assert.rejects(call, isRpcError("unreachable", /no way/));
  });

  test("of a lost connection have an unknown outcome; those that wait for the next one do not", async () => {
    const { room, transport } = clientOf();
    const sent = Promise.resolve(room.a());
    await settle();
    transport.open = false;
    const waiting = Promise.resolve(room.b());
    await settle();
    void transport.handlers.close({ code: 1006, reason: "" });
    await assert.rejects(sent, isRpcError("outcome-unknown", /WebSocket connection closed/));
    transport.answer(transport.messages[1], () => "later");
    assert.equal(await waiting, "later");
  });
});

describe("time limits", () => {
  beforeEach(() => clock.start());
  afterEach(() => clock.stop());

  test("travel, and end the call", async () => {
    const { room, transport } = clientOf({ timeout: 30_000 });
    const slow = Promise.resolve(room.slow());
    const ended = assert.rejects(slow, isRpcError("timeout", /RPC batch timed out after 30000ms: the call ran once or not at all/));
    const slower = assert.rejects(Promise.resolve(withCall(room, { timeout: 60_000 }).slow()), isRpcError("timeout"));
    const forever = Promise.resolve(withCall(room, { timeout: 0 }).slow());
    await settle();
    assert.deepEqual(transport.messages[0].batch.map((item: any) => item.timeoutMs), [30_000, 60_000, undefined]);
    assert.deepEqual(Object.keys(transport.messages[0].batch[0]), ["id", "operations", "timeoutMs"]);
    await clock.pass(30_000);
    await ended;
    await settle();
    assert.equal(transport.tested, 1, "nobody found out whether the server is there");
    assert.deepEqual(transport.now.map((data) => JSON.parse(data).json), [{ type: "__cancel", ids: [transport.messages[0].batch[0].id] }]);
    await clock.pass(30_000);
    await slower;
    transport.answer(transport.messages[0], () => "late");
    assert.equal(await forever, "late");
  });

  test("of what was not sent take it back, and nobody is told", async () => {
    const { room, transport } = clientOf({ timeout: 1000 });
    transport.open = false;
    const [a, b] = [
      assert.rejects(Promise.resolve(room.a()), isRpcError("timeout", /it was not sent/)),
      assert.rejects(Promise.resolve(withCall(room, { timeout: 2000 }).b()), isRpcError("timeout")),
    ];
    await settle();
    await clock.pass(1000);
    await a;
    assert.deepEqual(transport.replaced.map((data) => JSON.parse(data!).json.batch.map((item: any) => item.operations[0].key)), [["b"]], "the other one stays");
    await clock.pass(1000);
    await b;
    assert.deepEqual([transport.replaced.length, transport.replaced[1], transport.now, transport.tested], [2, undefined, [], 0]);
  });
});

describe("aborting", () => {
  test("of many calls at once is told in one message", async () => {
    const { room, transport } = clientOf();
    const abort = new AbortController();
    const calls = Array.from({ length: 9 }, () => Promise.resolve(withCall(room, { signal: abort.signal }).slow()));
    await settle();
    abort.abort("enough");
    assert.deepEqual((await Promise.allSettled(calls)).map((r) => (r as PromiseRejectedResult).reason), calls.map(() => "enough"));
    await settle();
    assert.deepEqual(transport.now.map((data) => JSON.parse(data).json.ids.length), [9]);
  });

  test("ends the call with the signal's reason and tells the server", async () => {
    const { room, transport } = clientOf();
    const abort = new AbortController();
    const call = Promise.resolve(withCall(room, { signal: abort.signal }).slow());
    await settle();
    abort.abort(new Error("changed my mind"));
    await assert.rejects(call, /changed my mind/);
    await settle();
    assert.equal(JSON.parse(transport.now[0]!).json.ids[0], transport.messages[0].batch[0].id);
    await assert.rejects(Promise.resolve(withCall(room, { signal: abort.signal }).slow()), /changed my mind/);
    await settle();
    assert.equal(transport.sent.length, 1, "a call that was aborted before it was made is sent");
  });
});

describe("chains", () => {
  test("go on from results that have not arrived, and only the longest is sent", async () => {
    const { room, transport } = clientOf();
    const value = room.setValue("greeting", "hello");
    const result = Promise.resolve(value.uppercaseValue());
    await settle();
    assert.deepEqual(operationsOf(transport), [[[get("setValue"), apply("greeting", "hello"), get("uppercaseValue"), apply()]]]);
    transport.answer(transport.messages[0], () => "HELLO");
    assert.equal(await result, "HELLO");
    await assert.rejects(Promise.resolve(value), isRpcError("config", /part of another one/));
  });

  test("that are arguments run once, wherever they occur", async () => {
    const { room, transport } = clientOf();
    const one = room.increment();
    const two = room.increment(one);
    const results = [room.add(two, [one, { deep: new Map([["k", one]]) }]), room.add(10, one)].map((call) => Promise.resolve(call));
    await settle();
    const marker = (n: number, ...chain: unknown[]) => ({ __isNestedOperation: true, __refId: `proxy-${n}`, ...(chain.length > 0 && { __operationChain: chain }) });
    assert.deepEqual(operationsOf(transport), [[
      [get("add"), apply(
        marker(0, get("increment"), apply(marker(1, get("increment"), apply()))),
        [marker(1), { deep: { $type: "map", entries: [["k", marker(1)]] } }],
      )],
      [get("add"), apply(10, marker(1))],
    ]]);
    transport.answer(transport.messages[0], (_, i) => i);
    assert.deepEqual(await Promise.all(results), [0, 1]);
    await assert.rejects(Promise.resolve(one), isRpcError("config"));
    await assert.rejects(Promise.resolve(two), isRpcError("config"));
  });

  test("that go on inside an argument are no calls of their own either", async () => {
    const { room, transport } = clientOf();
    void room.use(room.getUser("x").address.street);
    await settle();
    assert.equal(transport.messages[0].batch.length, 1);
    transport.answer(transport.messages[0], () => null);
  });

  test("of other clients cannot be arguments", async () => {
    const [{ room }, { room: other }] = [clientOf(), clientOf()];
    await assert.rejects(Promise.resolve(room.add(other.count)), isRpcError("config", /another client/));
  });

  test("of two equal calls are two calls", async () => {
    const { room, transport } = clientOf();
    void Promise.all([room.increment(), room.increment()]);
    await settle();
    assert.equal(transport.messages[0].batch.length, 2);
    transport.answer(transport.messages[0], () => 1);
  });
});

describe("proxies", () => {
  test("answer what the language asks of any value", async () => {
    const { room, transport } = clientOf();
    assert.equal(await room, room, "a client that is awaited is itself");
    assert.equal(room.method[Symbol.iterator], undefined);
    assert.equal(JSON.stringify({ m: room.method, r: room }), "{}");
    assert.equal(room.constructor, undefined);
    assert.equal(typeof room.x.y.z, "function");
    for (const change of [() => (room.x = 1), () => delete room.x, () => Object.defineProperty(room, "x", { value: 1 })]) {
      assert.throws(change, isRpcError("unsupported"));
    }
    assert.throws(() => (room as any)(), TypeError);
    await settle();
    assert.equal(transport.sent.length, 0);
  });

  test("show the whole object", async () => {
    const { room, transport } = clientOf();
    const whole = Promise.resolve(room.__asObject());
    await settle();
    assert.deepEqual(operationsOf(transport), [[[]]]);
    transport.answer(transport.messages[0], () => ({ a: 1 }));
    assert.deepEqual(await whole, { a: 1 });
  });

  test("are promises when they are calls", async () => {
    const { room, transport } = clientOf();
    const done: string[] = [];
    const call = room.x().then((v: number) => v + 1).finally(() => done.push("finally"));
    const caught = room.y().catch((e: unknown) => `caught ${e}`);
    await settle();
    const [x, y] = transport.messages[0].batch;
    transport.receive({ type: "__rpc", batch: [{ id: x.id, success: true, result: 1 }, { id: y.id, success: false, error: "no" }] });
    assert.deepEqual([await call, await caught, done], [2, "caught no", ["finally"]]);
  });
});

describe("remote functions", () => {
  const marker = (...chain: unknown[]) => ({ __isRemoteFunction: true, __operationChain: chain, __functionName: "f" });

  test("are called by going the way to them again, and can be arguments", async () => {
    const { room, transport } = clientOf({ timeout: 5000 });
    const object = Promise.resolve(room.getObject());
    await settle();
    const way = [get("getObject"), apply({ $type: "date", iso: "1970-01-01T00:00:00.000Z" }), get("f")];
    transport.answer(transport.messages[0], () => ({ f: marker(...way) }));
    const { f } = (await object) as { f: (...args: unknown[]) => Promise<unknown> };
    assert.equal(typeof f, "function");
    const results = [f("arg"), room.use(f, f)].map((call) => Promise.resolve(call));
    await settle();
    const nested = { __isNestedOperation: true, __refId: "proxy-0" };
    assert.deepEqual(operationsOf(transport)[1].length, 2);
    const [called, used] = operationsOf(transport)[1];
    assert.deepEqual([called.length, called[3]], [4, apply("arg")]);
    assert.deepEqual(used[1].args.map((arg: any) => Object.keys(arg)), [["__isNestedOperation", "__refId", "__operationChain"], Object.keys(nested)]);
    const { timeoutMs } = transport.messages[1].batch[0];
    assert.ok(timeoutMs > 4000 && timeoutMs <= 5000, `${timeoutMs}: the client's own time limit`);
    transport.answer(transport.messages[1], (_, i) => i);
    assert.deepEqual(await Promise.all(results), [0, 1]);
  });

  test("are not run by whoever awaits what holds them", async () => {
    const { room, transport } = clientOf();
    const result = Promise.resolve(room.get());
    await settle();
    const then = marker(get("increment"), apply());
    const { id } = transport.messages[0].batch[0];
    transport.handlers.message(JSON.stringify({
      json: { type: "__rpc", batch: [{ id, success: true, result: { f: { $ref: 0 }, then, inner: { then: { $ref: 0 } } } }] },
      meta: { aliases: { 0: then } },
    }));
    const got = (await result) as any;
    assert.deepEqual([typeof got.then, typeof got.inner.then, typeof got.f], ["object", "object", "function"]);
    await got.inner;
    await settle();
    assert.equal(transport.sent.length, 1);
  });

  test("do not come from what only looks like one, nor downstream", async () => {
    const heard: unknown[] = [];
    const { room, transport } = clientOf({ onDownstream: (payload) => heard.push(payload) });
    const result = Promise.resolve(room.x());
    await settle();
    const fakes = [marker(), { __isRemoteFunction: true }, marker({ type: "get" }), marker({ type: "apply", args: 1 }), marker({ type: "eval", key: "x" }), marker(1), { ...marker(get("x")), __isRemoteFunction: false }];
    transport.answer(transport.messages[0], () => fakes);
    assert.deepEqual(((await result) as unknown[]).map((v) => typeof v), fakes.map(() => "object"));
    transport.receive({ type: "__downstream", payload: marker(get("x")) });
    await settle();
    assert.equal(typeof heard[0], "object");
  });
});

describe("downstream", () => {
  test("needs a client id, and a transport that can receive", () => {
    assert.throws(() => clientOf({ onDownstream() {} }, new FakeTransport()), isRpcError("config", /^clientId required in transport config when using onDownstream$/));
    const mute = new FakeTransport("me");
    mute.canReceive = false;
    assert.throws(() => clientOf({ onDownstream() {} }, mute), isRpcError("unsupported"));
  });

  test("switches keep-alive on once the client was returned, and nothing else does", async () => {
    const [with_, without, disposed] = [clientOf({ onDownstream() {} }), clientOf({ onClose() {}, onReconnect() {} }), clientOf({ onDownstream() {} })];
    assert.equal(with_.transport.keepAlive, false);
    dispose(disposed.room);
    await settle();
    assert.deepEqual([with_, without, disposed].map(({ transport }) => transport.keepAlive), [true, false, false]);
  });

  test("is handled one by one, in order; what a handler throws is logged", async () => {
    const told: string[] = [];
    const release: (() => void)[] = [];
    const { transport, log } = clientOf({
      onDownstream: async (n) => {
        told.push(`begin ${n}`);
        if (n === 2) throw new Error("two");
        await new Promise<void>((resolve) => release.push(resolve));
        told.push(`end ${n}`);
      },
    });
    for (const payload of [1, 2, 3]) transport.receive({ type: "__downstream", payload });
    await settle();
    assert.deepEqual(told, ["begin 1"]);
    release[0]!();
    await settle();
    assert.deepEqual(told, ["begin 1", "end 1", "begin 2", "begin 3"]);
    assert.match(log.join(), /onDownstream failed: Error: two/);
  });

  test("waits for onReconnect, which may call", async () => {
    const told: unknown[] = [];
    const { room, transport } = clientOf({
      onDownstream: (payload) => told.push(payload),
      onReconnect: async () => told.push(await room.missed()),
    });
    transport.handlers.open(false);
    transport.receive({ type: "__downstream", payload: "first" });
    await settle();
    void transport.handlers.close({ code: 1006, reason: "" });
    transport.handlers.open(true);
    transport.receive({ type: "__downstream", payload: "after" });
    await settle();
    assert.deepEqual(told, ["first"]);
    transport.answer(transport.messages[0], () => "missed");
    await settle();
    assert.deepEqual(told, ["first", "missed", "after"]);
  });

  test("and reconnects that were not told yet are one", async () => {
    const told: string[] = [];
    let release!: () => void;
    const { transport } = clientOf({
      onDownstream: () => new Promise<void>((resolve) => (release = resolve)),
      onReconnect: () => void told.push("reconnect"),
    });
    transport.receive({ type: "__downstream", payload: 1 });
    for (let i = 0; i < 2000; i++) transport.handlers.open(true);
    release();
    await settle();
    assert.deepEqual([told, transport.closed], [["reconnect"], undefined]);
  });

  test("that nobody takes ends the client with 1008", async () => {
    const closes: unknown[] = [];
    const { transport, room } = clientOf({ onDownstream: () => new Promise(() => {}), onClose: (...close) => void closes.push(close) });
    for (let i = 0; i <= 1024; i++) transport.receive({ type: "__downstream", payload: i });
    const open = transport.closed === undefined;
    transport.receive({ type: "__downstream", payload: "one too many" });
    await settle();
    assert.deepEqual([open, transport.closed?.code], [true, 1008]);
    assert.deepEqual(closes, [[1008, "1024 downstream messages wait for onDownstream"]]);
    await assert.rejects(Promise.resolve(room.x()), isRpcError("closed"));
  });

  test("and answers that do not concern it are ignored", async () => {
    const heard: unknown[] = [];
    const { transport } = clientOf({ onDownstream: (payload) => heard.push(payload), onMessage: (data) => data === "mine" });
    for (const json of [null, 1, [], {}, { type: "other" }, { type: "__rpc" }, { type: "__rpc", batch: 1 }, { type: "__rpc", batch: [] }]) transport.receive(json);
    transport.handlers.message("mine");
    await settle();
    assert.deepEqual(heard, []);
  });
});

describe("onClose", () => {
  test("decides whether to go on", async () => {
    for (const [answer, goOn] of [[undefined, true], [true, true], [false, false], [Promise.resolve(false), false], [Promise.reject(new Error("x")), true]] as const) {
      const told: unknown[] = [];
      const { transport } = clientOf({ onClose: (...close) => { told.push(close); return answer as boolean; } });
      assert.equal(await transport.handlers.close({ code: 4401, reason: "expired" }), goOn);
      assert.deepEqual(told, [[4401, "expired"]]);
    }
    assert.equal(await clientOf().transport.handlers.close({ code: 1006, reason: "" }), true);
  });

  test("is called after the calls ended, and calls until it is done fail at once", async () => {
    const told: string[] = [];
    const { room, transport } = clientOf({
      onClose: async () => {
        told.push("onClose");
        await settle();
        await assert.rejects(Promise.resolve(room.catchUp()), isRpcError("unreachable", /onReconnect/));
        told.push("refused");
      },
    });
    room.x().catch(() => told.push("call ended"));
    await settle();
    await transport.handlers.close({ code: 1006, reason: "" });
    assert.deepEqual(told.sort(), ["call ended", "onClose", "refused"]);
    assert.equal(transport.sent.length, 1);
    void room.later();
    await settle();
    assert.equal(transport.sent.length, 2, "calls fail afterwards, too");
    transport.answer(transport.messages[1], () => 1);
  });
});

describe("disposing", () => {
  test("is final", async () => {
    for (const end of [(room: any) => dispose(room), (room: any) => room[Symbol.dispose](), (room: any) => room[Symbol.asyncDispose](), (room: any) => dispose(withCall(room, {}))]) {
      const heard: unknown[] = [];
      const { room, transport } = clientOf({ onDownstream: (payload) => heard.push(payload) });
      const [sent, made] = [Promise.resolve(room.a()), settle().then(() => room.b())];
      await settle();
      const pending = assert.rejects(sent, isRpcError("closed", /WebSocket disconnected/));
      const late = assert.rejects(made, isRpcError("closed"));
      end(room);
      end(room);
      transport.receive({ type: "__downstream", payload: 1 });
      await Promise.all([pending, late, assert.rejects(Promise.resolve(room.c()), isRpcError("closed"))]);
      await settle();
      assert.deepEqual([heard, transport.closed], [[], { code: 1000, reason: "Normal closure" }]);
    }
  });

  test("and the like take only what createRpcClient returned", () => {
    assert.throws(() => dispose({}), isRpcError("config"));
    assert.throws(() => withCall(clientOf().room.member, {}), isRpcError("config"));
    const { room, transport } = clientOf();
    reconnectNow(room);
    assert.equal(transport.connected, 1);
  });
});

test("what handlers throw is logged, at once or later", async () => {
  const { transport, log } = clientOf({ onStateChange: async () => { throw new Error("oops"); }, onMessage: () => { throw new Error("hm"); } });
  transport.handlers.state({ name: "idle" });
  transport.receive(null);
  await settle();
  assert.deepEqual(log, ["millrace: onMessage failed: Error: hm", "millrace: onStateChange failed: Error: oops"].sort((a, b) => log.indexOf(a) - log.indexOf(b)));
});

test("what is called before the client is disposed of in the same tick is still sent", async () => {
  const { room, transport } = clientOf();
  const left = assert.rejects(Promise.resolve(room.leave()), isRpcError("closed"));
  dispose(room);
  await left;
  assert.equal(transport.sent.length, 1);
});

test("time limits are milliseconds", async () => {
  for (const timeout of [NaN, -1, "5" as never]) {
    assert.throws(() => clientOf({ timeout }), isRpcError("config", /timeout is/));
    assert.throws(() => withCall(clientOf().room, { timeout }), isRpcError("config"));
  }
  const { room, transport } = clientOf({ timeout: 1000.2 });
  for (const options of [{}, { timeout: Infinity }, { timeout: 2 ** 40 }]) void withCall(room, options).x().catch(() => {});
  await settle();
  const sent = transport.messages[0].batch.map((item: any) => item.timeoutMs);
  assert.ok(sent[0] > 900 && sent[0] <= 1001 && Number.isInteger(sent[0]), `${sent[0]}`);
  assert.deepEqual([sent[1], sent[2] > 2 ** 30], [undefined, true]);
  dispose(room);
});

test("the test of a connection is a batch of no calls", () => {
  assert.deepEqual(JSON.parse(clientOf().transport.probe), { json: { type: "__rpc", batch: [] }, meta: {} });
});
