import assert from "node:assert/strict";
import test from "node:test";
import type { WireLook } from "../src/codec.ts";
import { lmz } from "../src/lmz.ts";
import { ResponseSync } from "../src/sync.ts";

const json = (wire: string): string => /^\{"json":(.*),"meta":\{.*\}\}$/.exec(wire)![1]!;

test("replace: every function is asked for where it occurs, once and in order", () => {
  const f = (): void => {};
  const g = (): void => {};
  const shared = { f };
  const error = Object.assign(new Error("e"), { f: g });
  delete error.stack;
  const value = { b: g, 1: f, list: [f, g], map: new Map<unknown, unknown>([[f, g]]), set: new Set([f]), error, shared, again: shared };
  const asked: Function[] = [];
  const wire = lmz.encode(value, { replace: (fn) => `${fn.name}${asked.push(fn)}` });
  assert.deepEqual(asked, [f, g, f, g, f, g, f, g, f]);
  assert.equal(
    wire,
    '{"json":{"1":"f1","b":"g2","list":["f3","g4"],"map":{"$type":"map","entries":[["f5","g6"]]},"set":{"$type":"set","values":["f7"]},' +
      '"error":{"$type":"error","name":"Error","message":"e","f":"g8"},"shared":{"$ref":0},"again":{"$ref":0}},' +
      '"meta":{"aliases":{"0":{"f":"f9"}}}}',
  );
});

test("replace: what it returns is encoded, is no alias itself, and what is in it may be one", () => {
  const inner = { at: new Date(0) };
  const marker = { inner };
  const f = (): void => {};
  assert.equal(
    lmz.encode([f, inner, f], { replace: () => marker }),
    '{"json":[{"inner":{"$ref":0}},{"$ref":0},{"inner":{"$ref":0}}],"meta":{"aliases":{"0":{"at":{"$type":"date","iso":"1970-01-01T00:00:00.000Z"}}}}}',
  );
  assert.equal(json(lmz.encode([marker, f, marker], { replace: () => marker })), '[{"$ref":0},{"inner":{"$ref":1}},{"$ref":0}]');

  const loop: Record<string, unknown> = { n: 1 };
  loop.self = loop;
  assert.equal(lmz.encode(f, { replace: () => loop }), '{"json":{"n":1,"self":{"$ref":0}},"meta":{"aliases":{"0":{"n":1,"self":{"$ref":0}}}}}');
});

test("replace: functions in what it returns are asked for, it itself is not", () => {
  const outer = (): void => {};
  const inner = (): void => {};
  assert.equal(json(lmz.encode([outer], { replace: (f) => (f === outer ? { inner } : 7) })), '[{"inner":7}]');
  assert.equal(json(lmz.encode(outer, { replace: () => inner })), '{"$type":"function","name":"inner"}');
  assert.equal(json(lmz.encode(outer, { replace: () => undefined })), '{"$type":"function","name":"outer"}');
  assert.equal(json(lmz.encode([outer, outer], { replace: () => null })), "[null,null]");
});

test("replace: within a body", () => {
  const f = (): void => {};
  const data = (body: unknown, replace?: () => unknown): string =>
    /"body":(.*)\}\}$/.exec(json(lmz.encode(new ResponseSync(body), replace && { replace })))![1]!;
  assert.equal(data({ f, n: 1 }, () => ({ m: 1 })), '{"f":{"m":1},"n":1}');
  assert.equal(data({ f, n: 1 }), '{"n":1},"$body":{"f":{"$type":"function","name":"f"},"n":1}');
  assert.equal(data([f]), '[null],"$body":[{"$type":"function","name":"f"}]');
  assert.equal(data(f), 'null,"$body":{"$type":"function","name":"f"}');
});

test("replace: nothing is read of a function before, or after it is replaced", () => {
  const touched: string[] = [];
  const traps = Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((trap) => [trap, () => touched.push(trap)]));
  const proxy = new Proxy(() => {}, traps);
  assert.equal(json(lmz.encode({ a: proxy, m: new Map([[proxy, [proxy]]]) }, { replace: () => 1 })), '{"a":1,"m":{"$type":"map","entries":[[1,[1]]]}}');
  assert.deepEqual(touched, []);

  const everything: unknown = new Proxy(() => {}, { get: () => everything });
  assert.equal(json(lmz.encode(everything)), '{"$type":"function","name":"anonymous"}');
});

test("replace: what it throws is thrown", () => {
  const failure = { no: "error" };
  const replace = (): never => {
    throw failure;
  };
  assert.throws(() => lmz.encode({ a: [() => {}] }, { replace }), (e) => e === failure);
});

/** Revives every marker as a function that gives its content. */
const revive = (): ((content: Record<string, unknown>) => unknown) => (content) => () => content;
type Revived = () => Record<string, unknown>;

test("revive: a function stands in a marker's place, wherever that is", () => {
  const marker = '{"__isRemoteFunction":true,"n":1}';
  const root = lmz.decode(`{"json":${marker}}`, { revive }) as Revived;
  assert.deepEqual(root(), { __isRemoteFunction: true, n: 1 });

  const there = lmz.decode(
    `{"json":{"a":[${marker}],"m":{"$type":"map","entries":[[${marker},${marker}]]},"s":{"$type":"set","values":[${marker}]},` +
      `"e":{"$type":"error","name":"E","message":"","f":${marker}},` +
      `"r":{"$type":"response-sync","data":{"status":200,"statusText":"","headers":{"$type":"headers","entries":[]},"body":{"f":${marker}}}}}}`,
    { revive },
  ) as { a: Revived[]; m: Map<Revived, Revived>; s: Set<Revived>; e: { f: Revived }; r: ResponseSync };
  const found = [there.a[0], ...[...there.m].flat(), ...there.s, there.e.f, (there.r.body as { f: Revived }).f];
  assert.equal(found.length, 6);
  for (const f of found) assert.equal(f!().n, 1);
});

test("revive: a marker that is an alias is one function, also within itself", () => {
  const value = lmz.decode(
    '{"json":{"a":{"$ref":0},"b":{"$ref":0}},"meta":{"aliases":{"0":{"__isRemoteFunction":true,"self":{"$ref":0},"list":[{"$ref":0}]}}}}',
    { revive },
  ) as { a: Revived; b: Revived };
  assert.equal(typeof value.a, "function");
  assert.equal(value.a, value.b);
  assert.equal(value.a().self, value.a);
  assert.deepEqual(value.a().list, [value.a]);

  const root = lmz.decode('{"json":{"$ref":3},"meta":{"aliases":{"3":{"__isRemoteFunction":true,"self":{"$ref":3}}}}}', { revive }) as Revived;
  assert.equal(root().self, root);
});

test("revive: undefined leaves an object; others are not asked about", () => {
  const asked: unknown[] = [];
  const spy = (look: WireLook): undefined => void asked.push(look.key("n")?.scalar);
  const value = lmz.decode(
    '{"json":[{"__isRemoteFunction":false,"n":1},{"n":2},{"$type":"error","name":"E","message":"","__isRemoteFunction":true,"n":3},' +
      '{"$type":"map","entries":[["__isRemoteFunction",4]]},{"$$__isRemoteFunction":5,"n":5},{"__proto__":{"__isRemoteFunction":6,"n":6}}]}',
    { revive: spy },
  ) as object[];
  assert.deepEqual(asked, [1, 6]);
  assert.deepEqual(value[0], { __isRemoteFunction: false, n: 1 });
});

test("revive: the look shows the wire, references followed, before anything is decoded", () => {
  let seen: WireLook | undefined;
  const wire =
    '{"json":{"__isRemoteFunction":true,"chain":{"$ref":0},"$$d":"x","nan":{"$type":"number-special","value":"NaN"},"date":{"$type":"date","iso":""},' +
    '"no":null,"yes":true,"__proto__":5,"bad":{"$ref":9}},"meta":{"aliases":{"0":[{"$ref":1},"s",2],"1":{"type":"get"}}}}';
  assert.throws(() => lmz.decode(wire, { revive: (look) => void (seen = look) }), /no alias 9/);
  const look = seen!;
  assert.deepEqual(look.key("chain")?.elements()?.map((e) => e.scalar), [undefined, "s", 2]);
  assert.equal(look.key("chain")!.elements()![0]!.key("type")!.scalar, "get");
  assert.equal(look.key("chain")!.key("length"), undefined);
  assert.equal(look.key("$d")?.scalar, "x");
  assert.equal(look.key("$$d"), undefined);
  assert.equal(look.key("nan")?.scalar, NaN);
  assert.equal(look.key("nan")?.key("value"), undefined);
  assert.equal(look.key("date")?.scalar, undefined);
  assert.equal(look.key("no")?.scalar, null);
  assert.equal(look.key("yes")?.scalar, true);
  assert.equal(look.key("__proto__")?.scalar, 5);
  assert.equal(look.key("toString"), undefined);
  assert.equal(look.key("bad")?.scalar, undefined);
  assert.equal(look.scalar, undefined);
  assert.equal(look.elements(), undefined);
});

test("revive: within a body, keys are as they are", () => {
  let seen: WireLook | undefined;
  lmz.decode(
    '{"json":{"$type":"response-sync","data":{"status":200,"statusText":"","headers":{"$type":"headers","entries":[]},' +
      '"body":{"__isRemoteFunction":1,"$d":{"$ref":0},"$type":"date"}}}}',
    { revive: (look) => void (seen = look) },
  );
  assert.equal(seen?.key("$d")?.key("$ref")?.scalar, 0);
  assert.equal(seen?.key("$type")?.scalar, "date");
});

test("revive: what it throws is thrown", () => {
  const failure = new Error("mine");
  const thrower = (): never => {
    throw failure;
  };
  const wire = '{"json":[{"__isRemoteFunction":true}]}';
  assert.throws(() => lmz.decode(wire, { revive: thrower }), (e) => e === failure);
  assert.throws(() => lmz.decode(wire, { revive: () => thrower }), (e) => e === failure);
});

test("begin: a look at the whole, before anything is decoded", () => {
  const order: unknown[] = [];
  const options = {
    begin: (root: WireLook): void => void order.push(root.key("type")?.scalar),
    revive: (marker: WireLook): undefined => void order.push(marker.key("n")?.scalar),
  };
  lmz.decode('{"json":{"$ref":0},"meta":{"aliases":{"0":{"list":[{"__isRemoteFunction":1,"n":2}],"type":"t"}}}}', options);
  assert.deepEqual(order.splice(0), ["t", 2]);
  assert.throws(() => lmz.decode('{"json":{"bad":{"$ref":9},"type":"t"}}', options), { name: "CodecError" });
  assert.throws(() => lmz.decode('{"json":{"$ref":9}}', options), { name: "CodecError" });
  assert.throws(() => lmz.decode('{"meta":{}}', options), { name: "CodecError" });
  assert.deepEqual(order, ["t", undefined]);
});
