import assert from "node:assert/strict";
import test from "node:test";
import vm from "node:vm";
import { lmz } from "../src/lmz.ts";
import { RequestSync, ResponseSync } from "../src/sync.ts";
import { difference } from "./lmz-same.ts";

const json = (value: unknown): string => /^\{"json":(.*),"meta":\{\}\}$/.exec(lmz.encode(value))![1]!;
const nest = (depth: number): unknown => (depth === 0 ? null : [nest(depth - 1)]);

class Mine {}
const broken = {
  get ok(): number {
    return 1;
  },
  get bad(): number {
    throw new TypeError("out of order");
  },
};

/** Each value and what its refusal says, whole. */
const refused: [value: unknown, says: string][] = [
  [{ args: [0, { user: { "full name": Symbol("s") } }] }, 'args[1].user["full name"]: cannot encode a symbol'],
  [[Symbol("s")], "[0]: cannot encode a symbol"],
  [{ $a_1: { "1": { "": { é: Symbol("s") } } } }, '$a_1["1"][""]["é"]: cannot encode a symbol'],
  [{ m: new Map([[1, 2], [{ k: Symbol("s") }, 3]] as [unknown, unknown][]) }, "m<map 1>.k: cannot encode a symbol"],
  [new Set([1, [Symbol("s")]]), "<set 1>[0]: cannot encode a symbol"],
  [Object.assign(new Error("e"), { a: Symbol("s") }), "a: cannot encode a symbol"],
  [new Error("e", { cause: [Promise.resolve()] }), "cause[0]: cannot encode a Promise"],
  [new AggregateError([1, Symbol("s")]), "errors[1]: cannot encode a symbol"],
  [[new ResponseSync({ a: Symbol("s") })], "[0]<body>.a: cannot encode a symbol"],
  [{ a: JSON.parse('{"__proto__":1}') }, "a.__proto__: a key that would set a prototype in readers"],
  [Object.defineProperty(new Error("e"), "__proto__", { value: 1 }), "__proto__: a key that would set a prototype in readers"],
  [Object.defineProperty(new Error("e"), "name", { value: {} }), "an error whose name is no string"],
  [Object.defineProperty(new Error("e"), "message", { value: 5 }), "an error whose message is no string"],
  [Object.defineProperty(new Error("e"), "stack", { value: [] }), "an error whose stack is no string"],
  [[broken], "[0].bad: cannot be encoded: out of order"],
  [new WeakSet(), "cannot encode a WeakSet"],
  [new AbortController(), "cannot encode an AbortController"],
  [new FormData(), "cannot encode a FormData"],
  [(function* () {})(), "cannot encode a Generator"],
  [Object.assign(new ResponseSync(), { status: 101 }), "cannot be encoded: status 101"],
  [Object.assign(new RequestSync("a:b"), { url: "/x" }), "cannot be encoded: Invalid URL"],
  [Object.assign(new RequestSync("a:b"), { headers: { a: "1" } }), "<headers>: not Headers"],
  [nest(257), `${"[0]".repeat(24)}...${"[0]".repeat(8)}: depth of containers: 257 > 256`],
  [{ list: new Array(1e9) }, "list[99998]: values of one message: 100001 > 100000"],
  [{ n: 10n ** 16_384n }, "n: digits of a bigint: 16385 > 16384"],
  [Object(10n ** 16_384n), "digits of a bigint: 16385 > 16384"],
  [new RegExp("é".repeat(2049)), "bytes of a RegExp's source: 4098 > 4096"],
  [{ ["k".repeat(1000)]: Symbol("s") }, `["${"k".repeat(64)}..."]: cannot encode a symbol`],
];

test("what cannot travel is refused, with its path", () => {
  for (const [value, message] of refused) assert.throws(() => lmz.encode(value), { name: "CodecError", message });
});

test("a refusal says what was thrown, and nothing that fails itself", () => {
  assert.throws(
    () => lmz.encode(broken),
    (e: Error) => e.cause instanceof TypeError,
  );
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  assert.throws(() => lmz.encode({ a: proxy }), { name: "CodecError", message: /^a: cannot be encoded: / });
  const thrower = { get a(): never { throw Object.create(null); } };
  assert.throws(() => lmz.encode(thrower), { name: "CodecError", message: "a: cannot be encoded: object" });
});

test("the limits are reached", () => {
  assert.equal(difference(lmz.decode(lmz.encode(nest(256))), nest(256)), undefined);
  const most = Array.from({ length: 99_999 }, () => 1);
  assert.equal(difference(lmz.decode(lmz.encode(most)), most), undefined);
  // Depth is not how many there are beside one another; what stands in a function's place is one value.
  const wide = Array.from({ length: 1000 }, () => ({ m: new Map(), s: [[]] }));
  assert.equal(difference(lmz.decode(lmz.encode(wide)), wide), undefined);
  assert.deepEqual(lmz.decode(lmz.encode(most.map(() => () => {}), { replace: () => 1 })), most);
  const long = 10n ** 16_383n;
  assert.equal(lmz.decode(lmz.encode(long)), long);
  const bytes = new Uint8Array(200_000);
  assert.equal(difference(lmz.decode(lmz.encode(bytes)), bytes), undefined);
});

test("a getter runs once", () => {
  let runs = 0;
  const value = { get a() { return ++runs; } };
  assert.equal(json([value, { value: value.a }]), '[{"a":2},{"value":1}]');
  assert.equal(runs, 2);
});

test("instances travel as their properties, subclasses as what they extend", () => {
  assert.equal(json(Object.assign(new Mine(), { a: 1, [Symbol("s")]: 2 })), '{"a":1}');
  assert.equal(json(new (class extends Map<number, number> {})([[1, 2]])), '{"$type":"map","entries":[[1,2]]}');
  assert.equal(json(new (class extends Date {})(0)), '{"$type":"date","iso":"1970-01-01T00:00:00.000Z"}');
  assert.equal(json(new (class extends Uint8Array {})([1])), '{"$type":"arraybuffer","subtype":"Uint8Array","data":[1]}');
  // Classes are not told by their names.
  assert.equal(json(new (class RequestSync { url = 1; })()), '{"url":1}');
  assert.equal(json(new (class ByteArray { buffer = 1; })()), '{"buffer":1}');
});

test("values of another realm are what they are", () => {
  const value = vm.runInNewContext("({ m: new Map([[1, new Date(0)]]), e: Object.defineProperty(new RangeError('x'), 'stack', { value: '' }), a: [1,,2], u: new Uint8Array([1]), b: new ArrayBuffer(1) })");
  assert.equal(
    json(value),
    '{"m":{"$type":"map","entries":[[1,{"$type":"date","iso":"1970-01-01T00:00:00.000Z"}]]},"e":{"$type":"error","name":"RangeError","message":"x"},' +
      '"a":[1,{"$type":"undefined","hole":true},2],"u":{"$type":"arraybuffer","subtype":"Uint8Array","data":[1]},"b":{"$type":"arraybuffer","subtype":"ArrayBuffer","data":[0]}}',
  );
});

test("errors: the cause comes first, but for indices; a missing name is Error", () => {
  const error = Object.assign(new Error("m"), { code: 1, 7: 2, cause: 3 });
  delete error.stack;
  assert.equal(json(error), '{"$type":"error","name":"Error","message":"m","7":2,"cause":3,"code":1}');
  class Inherited extends Error {
    override get cause(): number {
      return 5;
    }
  }
  const odd = Object.assign(new Inherited(), { name: "" });
  delete odd.stack;
  assert.equal(json(odd), '{"$type":"error","name":"Error","message":"","cause":5}');
  assert.equal(json(Object.create(Error.prototype)), '{"$type":"error","name":"Error","message":""}');
  assert.equal(json(Object.defineProperty(new DOMException("m", "AbortError"), "stack", { value: "" })), '{"$type":"error","name":"AbortError","message":"m"}');
  // As one of another realm looks.
  const foreign = Object.create({ name: "AbortError", message: "m", [Symbol.toStringTag]: "DOMException" });
  assert.equal(json(foreign), '{"$type":"error","name":"AbortError","message":"m"}');
});

const body = (value: unknown): string => /"body":(.*)\}\}$/.exec(json(new ResponseSync(value)))![1]!;

test("bodies: what JSON lacks is written twice", () => {
  assert.equal(body({ a: [1, "x", null, true, { $k: 1 }] }), '{"a":[1,"x",null,true,{"$k":1}]}');
  const leaves: [value: unknown, plain: string][] = [
    [undefined, "null"],
    [NaN, "null"],
    [-0, "0"],
    [5n, '"5"'],
    [new Date(NaN), "null"],
    [new URL("a:b"), '"a:b"'],
    [new String(""), '""'],
    [new Number(1), "1"],
    [new Number(NaN), "null"],
    [new Boolean(false), "false"],
    [Object(5n), '"5"'],
    [/a/, "{}"],
    [new Headers({ a: "1" }), "{}"],
    [new Map([[1, 2]]), "{}"],
    [new Set([1]), "{}"],
    [new Uint8Array([1]), "{}"],
    [new TypeError("x"), "{}"],
    [new RequestSync("a:b"), "{}"],
  ];
  for (const [value, plain] of leaves) {
    assert.ok(body([value]).startsWith(`[${plain}],"$body":[{"$type":`), body([value]));
    const member = value === undefined ? "" : `"a":${plain},`;
    assert.ok(body({ a: value, b: 1 }).startsWith(`{${member}"b":1},"$body":{"a":{"$type":`), body({ a: value, b: 1 }));
  }
  assert.ok(body([1, , 2]).startsWith('[1,null,2],"$body":[1,{"$type":"undefined","hole":true},2]'));
});

test("bodies: what occurs in one and elsewhere stays one", () => {
  const shared = { $x: 1 };
  const inside = new ResponseSync({ a: shared });
  assert.equal(
    lmz.encode([inside, shared]),
    '{"json":[{"$type":"response-sync","data":{"status":200,"statusText":"","headers":{"$type":"headers","entries":[]},' +
      '"body":{"a":{"$x":1}},"$body":{"a":{"$ref":0}}}},{"$ref":0}],"meta":{"aliases":{"0":{"$$x":1}}}}',
  );
  const outside = lmz.encode([shared, new ResponseSync({ a: shared, b: [shared] })]);
  assert.ok(outside.includes('"body":{"a":null,"b":[null]},"$body":{"a":{"$ref":0},"b":[{"$ref":0}]}'), outside);

  const self = new ResponseSync();
  self.body = { self };
  const back = lmz.decode(lmz.encode(self)) as ResponseSync;
  assert.equal((back.body as { self: ResponseSync }).self, back);
});
