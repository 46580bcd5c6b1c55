import assert from "node:assert/strict";
import test from "node:test";
import { RequestSync, ResponseSync } from "../src/sync.ts";

test("a request is as fetch would have it", () => {
  const headers = new Headers({ A: "1" });
  const request = new RequestSync("https://e.com", { method: "post", headers, body: { a: 1 } });
  assert.equal(request.url, "https://e.com/");
  assert.equal(request.method, "POST");
  assert.deepEqual([...request.headers], [["a", "1"]]);
  assert.notEqual(request.headers, headers);
  const plain = new RequestSync(new URL("a:b"));
  assert.deepEqual([plain.url, plain.method, plain.body, [...plain.headers]], ["a:b", "GET", null, []]);
  assert.equal(new RequestSync("a:b", { method: "patch" }).method, "patch");
  assert.equal(new RequestSync("a:b", { method: "A1!#$%&'*+.^_`|~-" }).method, "A1!#$%&'*+.^_`|~-");
  for (const method of ["", "a b", "é", "a\n", "CONNECT", "trace", "Track"]) assert.throws(() => new RequestSync("a:b", { method }), TypeError);
  assert.throws(() => new RequestSync("/x"), TypeError);
});

test("a relative URL is resolved against that of the page", () => {
  Object.assign(globalThis, { location: { href: "https://e.com/dir/page" } });
  try {
    assert.equal(new RequestSync("../x").url, "https://e.com/x");
  } finally {
    delete (globalThis as { location?: unknown }).location;
  }
});

test("a response is as fetch would have it", () => {
  const response = new ResponseSync("x", { status: 404, statusText: "Not Found", headers: { a: "1" } });
  assert.deepEqual([response.status, response.statusText, response.ok, [...response.headers]], [404, "Not Found", false, [["a", "1"]]]);
  const plain = new ResponseSync();
  assert.deepEqual([plain.status, plain.statusText, plain.ok, plain.body], [200, "", true, null]);
  assert.deepEqual([200, 299, 300, 599].map((status) => new ResponseSync(null, { status }).ok), [true, true, false, false]);
  for (const status of [199, 600, 200.5, NaN]) assert.throws(() => new ResponseSync(null, { status }), RangeError);
});

test("bodies are read as text, JSON and bytes", () => {
  const bytes = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer;
  const bodies: [body: unknown, text: string, json: unknown][] = [
    ['{"a":"é"}', '{"a":"é"}', { a: "é" }],
    [{ a: 1 }, '{"a":1}', { a: 1 }],
    [[1], "[1]", [1]],
    [5, "5", 5],
    [false, "false", false],
    [bytes("[2]"), "[2]", [2]],
    [null, "", null],
    [undefined, "", null],
  ];
  for (const [body, text, json] of bodies) {
    const response = new ResponseSync(body);
    assert.equal(response.text(), text);
    assert.deepEqual(response.json(), json);
    assert.deepEqual(new Uint8Array(response.arrayBuffer()), new Uint8Array(bytes(text)));
  }
  const body = bytes("x");
  assert.equal(new RequestSync("a:b", { body }).arrayBuffer(), body);
  assert.throws(() => new ResponseSync("x").json(), SyntaxError);
});
