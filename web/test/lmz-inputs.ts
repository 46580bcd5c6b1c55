// The inputs of the vectors, as values.
import { RequestSync, ResponseSync } from "../src/sync.ts";
import file from "../../codecs/lmzcodec/testdata/lmz-0.26.json";

export interface Vector {
  /** A JavaScript expression of the input, or where that is no expression, a hint at it. */
  js: string;
  /** Missing where the npm package throws. */
  wire?: string;
}

export const vectors: Record<string, Vector> = file;

/** An error with the stack that the vectors have. */
export function failed<E extends Error>(error: E, properties: object = {}, stack = `${error.name}: ${error.message}\n    at x.js:1:1`): E {
  Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
  return Object.assign(error, properties);
}

function made<T>(start: T, change: (v: T) => void): T {
  change(start);
  return start;
}

class ValidationError extends Error {
  override name = "ValidationError";
}
class MyErr extends Error {}

const shared = <T>(v: T, use: (v: T) => unknown): unknown => use(v);
const get = (): RequestSync => new RequestSync("https://e.com/");

/** What cannot be made of a vector's js alone. */
const inputs: Record<string, () => unknown> = {
  "object-proto-key": () => JSON.parse('{"__proto__":{"polluted":1},"a":1}'),
  "object-nonenumerable": () => Object.defineProperty({ a: 1, [Symbol("s")]: 2 }, "hidden", { value: 3 }),
  "object-toJSON": () => ({ a: 1, toJSON() {} }),
  "regexp-lastIndex": () => made(/a/g, (r) => (r.lastIndex = 3)),
  "map-cycle": () => made(new Map<unknown, unknown>(), (m) => m.set("self", m)),
  "map-key-backref": () => made(new Map<unknown, unknown>(), (m) => m.set({ t: "k", map: m }, 1)),
  "set-cycle": () => made(new Set<unknown>([1]), (s) => s.add(s)),

  error: () => failed(new Error("boom")),
  "error-empty": () => failed(new Error(), {}, "Error"),
  "error-nostack": () => made(new Error("x"), (e) => delete e.stack),
  "error-TypeError": () => failed(new TypeError("m")),
  "error-RangeError": () => failed(new RangeError("m")),
  "error-ReferenceError": () => failed(new ReferenceError("m")),
  "error-SyntaxError": () => failed(new SyntaxError("m")),
  "error-URIError": () => failed(new URIError("m")),
  "error-EvalError": () => failed(new EvalError("m")),
  "error-custom-name": () => failed(new ValidationError("bad"), { field: "email" }, "ValidationError: bad\n    at x"),
  "error-class-no-name": () => failed(new MyErr("bad"), {}, "Error: bad\n    at x"),
  "error-props": () => failed(new Error("p"), { code: "E1", statusCode: 400, $k: 1, nested: { a: [1] }, u: undefined }),
  "error-message-undefined-cause": () => failed(new Error("c", { cause: undefined })),
  "error-cause": () => failed(new Error("o", { cause: failed(new TypeError("i")) })),
  "error-cause-nonerror": () => failed(new Error("o", { cause: { code: 1 } })),
  "error-cause-cycle": () => made(failed(new Error("1")), (e) => (e.cause = failed(new Error("2", { cause: e })))),
  "aggregate-error": () => failed(new AggregateError([failed(new Error("a")), "b"], "agg"), {}, "AggregateError: agg\n    at x"),
  "error-dom": () =>
    failed(new DOMException("m", "AbortError"), {}, JSON.parse(vectors["error-dom"]!.wire!).json.stack),

  "two-views-one-buffer": () => shared(new Uint8Array([1, 2, 3]).buffer, (b) => ({ a: new Uint8Array(b, 0, 2), b: new Uint8Array(b, 1, 2) })),
  dataview: () => new DataView(new Uint8Array([9, 1, 2, 9]).buffer, 1, 2),

  "headers-dup": () => new Headers([["a", "1"], ["a", "2"]]),
  "headers-set-cookie": () => new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"]]),
  "request-sync-text": () => new RequestSync("https://e.com/x", { method: "POST", headers: { "Content-Type": "text/plain" }, body: "hi" }),
  "request-sync-json": () => new RequestSync("https://e.com/x", { method: "POST", body: { a: 1 } }),
  "request-sync-binary": () => new RequestSync("https://e.com/x", { method: "POST", body: new Uint8Array([1, 2]).buffer }),
  "request-sync-json-rich": () => new RequestSync("https://e.com/x", { method: "POST", body: { d: new Date(0), m: new Map(), $k: 1, n: NaN } }),
  "response-sync-json": () => new ResponseSync({ a: [1] }, { headers: { "content-type": "application/json" } }),
  "response-sync-binary": () => new ResponseSync(new Uint8Array([3]).buffer),

  "cycle-object": () => made<Record<string, unknown>>({ n: 1 }, (o) => (o.self = o)),
  "cycle-array": () => made<unknown[]>([1], (a) => a.push(a)),
  "cycle-mutual": () => made<Record<string, unknown>>({ n: "a" }, (a) => (a.b = { n: "b", a })),
  "alias-object": () => shared({ id: 1 }, (s) => ({ a: s, b: s })),
  "alias-nested": () => shared({ t: 1 }, (t) => shared({ t }, (s) => [s, s, t])),
  "alias-date": () => shared(new Date(0), (d) => [d, d]),
  "alias-arraybuffer": () => shared(new Uint8Array([1]), (u) => [u, u]),
  "alias-boxed": () => shared(new Number(1), (n) => [n, n]),
  "alias-function": () => shared(function f() {}, (f) => [f, f]),
  "alias-error-cause": () =>
    shared(failed(new Error("c")), (cause) => [failed(new Error("1", { cause })), failed(new Error("2", { cause }))]),
  "alias-map-and-key": () => shared({ u: 1 }, (key) => ({ map: new Map([[key, "d"]]), key })),
  "alias-headers": () => shared(new Headers({ a: "1" }), (h) => ({ h1: h, h2: h })),
  "alias-headers-in-request": () => shared(new RequestSync("https://e.com/", { headers: { a: "1" } }), (r) => ({ r, h: r.headers })),
  "alias-request": () => shared(get(), (r) => [r, r]),
};

/** The value of a vector. */
export function input(name: string): unknown {
  const make = inputs[name];
  if (make) return make();
  return new Function("RequestSync", "ResponseSync", `return (${vectors[name]!.js})`)(RequestSync, ResponseSync);
}
