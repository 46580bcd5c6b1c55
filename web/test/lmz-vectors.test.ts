import assert from "node:assert/strict";
import test from "node:test";
import { lmz } from "../src/lmz.ts";
import { RequestSync, ResponseSync } from "../src/sync.ts";
import { failed, input, vectors } from "./lmz-inputs.ts";
import { difference } from "./lmz-same.ts";

/** What becomes of a vector that is not simply kept: its value written byte for byte, and read back. */
interface Exception {
  /** Why: the clause of docs/spec/values.md. */
  why: string;
  /** The node that is written instead of the npm package's, or what the refusal says. */
  ours?: string | RegExp;
  /** What our own node is read as, if not as the value that it was. */
  back?: () => unknown;
  /** What the npm package's wire is read as. */
  read?: () => unknown;
}

const named = (name: string) => (): unknown => ({ name });
const empty = (): unknown => ({});
const request = (body: unknown): RequestSync => new RequestSync("https://e.com/x", { method: "POST", body });
const message = (head: string, body: string): string =>
  `${head},"headers":{"$type":"headers","entries":[]},"body":${body}}}`;
const post = '{"$type":"request-sync","data":{"url":"https://e.com/x","method":"POST"';

const exceptions: Record<string, Exception> = {
  "negative-zero": { why: "V-15", ours: '{"$type":"number-special","value":"-0"}', read: () => 0 },
  "date-invalid": { why: "V-15", ours: '{"$type":"date","iso":""}' },
  "array-sparse": { why: "V-15", ours: '[1,{"$type":"undefined","hole":true},3]', read: () => [1, null, 3] },
  "array-sparse-tail": {
    why: "V-15",
    ours: '[{"$type":"undefined","hole":true},{"$type":"undefined","hole":true},{"$type":"undefined","hole":true}]',
    read: () => [null, null, null],
  },
  Float32Array: {
    why: "V-15",
    ours: '{"$type":"arraybuffer","subtype":"Float32Array","data":[1.5,0.10000000149011612,"NaN","Infinity","-0"]}',
    read: () => new Float32Array([1.5, 0.1, 0, 0, 0]),
  },
  Float64Array: {
    why: "V-15",
    ours: '{"$type":"arraybuffer","subtype":"Float64Array","data":[0.1,"NaN","-Infinity","-0"]}',
    read: () => new Float64Array([0.1, 0, 0, 0]),
  },
  BigInt64Array: { why: "V-15", ours: '{"$type":"arraybuffer","subtype":"BigInt64Array","data":["-1","2"]}' },
  BigUint64Array: { why: "V-15", ours: '{"$type":"arraybuffer","subtype":"BigUint64Array","data":["0","18446744073709551615"]}' },
  "request-sync-binary": {
    why: "V-15",
    ours: message(post, '{},"$body":{"$type":"arraybuffer","subtype":"ArrayBuffer","data":[1,2]}'),
    read: () => request({}),
  },
  "request-sync-json-rich": {
    why: "V-15",
    ours: message(
      post,
      '{"d":"1970-01-01T00:00:00.000Z","m":{},"$k":1,"n":null},' +
        '"$body":{"d":{"$type":"date","iso":"1970-01-01T00:00:00.000Z"},"m":{"$type":"map","entries":[]},"$$k":1,"n":{"$type":"number-special","value":"NaN"}}',
    ),
    read: () => request({ d: "1970-01-01T00:00:00.000Z", m: {}, $k: 1, n: null }),
  },
  "response-sync-binary": {
    why: "V-15",
    ours: message('{"$type":"response-sync","data":{"status":200,"statusText":""', '{},"$body":{"$type":"arraybuffer","subtype":"ArrayBuffer","data":[3]}'),
    read: () => new ResponseSync({}),
  },
  "error-message-undefined-cause": {
    why: "V-15: the cause is an own property",
    ours: '{"$type":"error","name":"Error","message":"c","stack":"Error: c\\n    at x.js:1:1","cause":{"$type":"undefined"}}',
    read: () => failed(new Error("c")),
  },

  "two-views-one-buffer": { why: "V-16: kept but for the buffer's being shared" },
  "map-nan-key": { why: "V-16: -0 is no key of a Map" },
  "function-named": { why: "V-16: functions are read as their names", read: named("foo") },
  "function-arrow": { why: "V-16: functions are read as their names", read: named("anonymous") },
  "class-function": { why: "V-16: functions are read as their names", read: named("K") },
  "function-in-object": { why: "V-16: functions are read as their names", read: () => ({ f: { name: "f" }, g: { name: "g" } }) },
  "object-toJSON": { why: "V-16: functions are read as their names", read: () => ({ a: 1, toJSON: { name: "toJSON" } }) },
  "alias-function": { why: "V-16: functions are read as their names", read: () => [{ name: "f" }, { name: "f" }] },

  "array-with-props": { why: "V-17: arrays travel by their elements", read: () => [1] },
  "object-proto-key": { why: "V-14: readers would set a prototype", ours: /^__proto__: a key that would set a prototype/, read: () => ({ a: 1 }) },
  "object-null-proto": { why: "V-17: read as an ordinary object", read: () => ({ a: 1 }) },
  "object-nonenumerable": { why: "V-17: objects travel by what Object.keys tells", read: () => ({ a: 1 }) },
  "class-instance": { why: "V-17: read as an ordinary object", read: () => ({ x: 1 }) },
  "error-class-no-name": { why: "V-17: the class is no class of the language", read: () => failed(new Error("bad"), {}, "Error: bad\n    at x") },
  "error-custom-name": {
    why: "V-17: the class is no class of the language",
    read: () => failed(Object.defineProperty(new Error("bad"), "name", { value: "ValidationError" }), { field: "email" }, "ValidationError: bad\n    at x"),
  },
  "error-dom": {
    why: "V-17: the class is no class of the language",
    read: () => failed(Object.defineProperty(new Error("m"), "name", { value: "AbortError" }), {}, (input("error-dom") as Error).stack),
  },
  "node-buffer": {
    why: "V-17: it is a Uint8Array",
    ours: '{"$type":"arraybuffer","subtype":"Uint8Array","data":[104,105]}',
    back: () => new Uint8Array([104, 105]),
    read: () => ({ 0: 104, 1: 105 }),
  },
  sharedarraybuffer: { why: "V-17", ours: /^cannot encode a SharedArrayBuffer$/, read: empty },
  "boxed-symbol": { why: "V-17", ours: /^cannot encode a Symbol$/, read: empty },
  urlsearchparams: { why: "V-17", ours: /^cannot encode an? URLSearchParams$/, read: empty },
  blob: { why: "V-17", ours: /^cannot encode a Blob$/, read: empty },
  promise: { why: "V-17", ours: /^cannot encode a Promise$/, read: empty },
  weakmap: { why: "V-17", ours: /^cannot encode a WeakMap$/, read: empty },
  symbol: { why: "V-17", ours: /^cannot encode a symbol$/ },
  "object-symbol-value": { why: "V-17", ours: /^a: cannot encode a symbol$/ },
  "request-native": { why: "V-17", ours: /^cannot encode a Request, but a RequestSync$/ },
  "response-native": { why: "V-17", ours: /^cannot encode a Response, but a ResponseSync$/ },
};

function reads(wire: string, want: unknown): void {
  assert.equal(difference(lmz.decode(wire), want), undefined, wire);
}

test("every vector is kept, but for those that are named", async (t) => {
  assert.equal(Object.keys(vectors).length, 126);
  for (const name of Object.keys(exceptions)) assert.ok(vectors[name], `there is no vector ${name}`);
  for (const [name, { wire }] of Object.entries(vectors)) {
    await t.test(name, () => {
      const exception = exceptions[name];
      const read = exception?.read ?? (() => input(name));
      if (wire !== undefined) reads(wire, read());
      if (exception?.ours instanceof RegExp) {
        assert.throws(() => lmz.encode(input(name)), { name: "CodecError", message: exception.ours });
      } else if (exception?.ours !== undefined) {
        const ours = `{"json":${exception.ours},"meta":{}}`;
        assert.notEqual(wire, ours, "this vector is no exception");
        assert.equal(lmz.encode(input(name)), ours);
        reads(ours, (exception.back ?? (() => input(name)))());
      } else {
        assert.equal(lmz.encode(input(name)), wire);
      }
    });
  }
});

test("no vector cut short is read", () => {
  for (const { wire = "" } of Object.values(vectors)) {
    for (let i = 0; i < wire.length; i++) assert.throws(() => lmz.decode(wire.slice(0, i)), { name: "CodecError" });
  }
});
