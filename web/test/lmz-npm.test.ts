// Against the package itself. What the two do not do alike is in docs/spec/values.md, and
// does not grow here.
import assert from "node:assert/strict";
import test from "node:test";
import * as npm from "@lumenize/structured-clone";
import { lmz } from "../src/lmz.ts";
import * as ours from "../src/sync.ts";
import { grow, type Growth } from "./lmz-grow.ts";
import { difference } from "./lmz-same.ts";

// The package knows its classes by name, and the bundler renames them.
Object.defineProperty(npm.RequestSync, "name", { value: "RequestSync" });
Object.defineProperty(npm.ResponseSync, "name", { value: "ResponseSync" });

const count = 1500;
const theirs = { RequestSync: npm.RequestSync, ResponseSync: npm.ResponseSync } as unknown as Growth["classes"];

test("the same bytes as the npm package", () => {
  for (let seed = 0; seed < count; seed++) {
    const wire = lmz.encode(grow(seed, { classes: ours, unread: true }));
    assert.equal(wire, npm.stringify(grow(seed, { classes: theirs, unread: true })), `seed ${seed}`);
  }
});

test("what the npm package writes is read", () => {
  for (let seed = 0; seed < count; seed++) {
    const wire = npm.stringify(grow(seed, { classes: theirs, unread: true }));
    assert.equal(difference(lmz.decode(wire), grow(seed, { classes: ours, unread: true, read: true })), undefined, `seed ${seed}: ${wire}`);
  }
});

test("the npm package reads what is written", () => {
  for (let seed = 0; seed < count; seed++) {
    const wire = lmz.encode(grow(seed, { classes: ours }));
    assert.equal(difference(npm.parse(wire), grow(seed, { classes: theirs, read: true })), undefined, `seed ${seed}: ${wire}`);
  }
});

test("the npm package reads what it cannot write itself", () => {
  const floats = [NaN, Infinity, -Infinity, -0];
  const values = [
    -0,
    new Date(NaN),
    new Float32Array(floats),
    new Float64Array(floats),
    new BigInt64Array([-1n, 2n ** 63n - 1n]),
    new BigUint64Array([0n, 2n ** 64n - 1n]),
    new Number(-0),
    new Error("e", { cause: undefined }),
  ];
  for (const value of values) assert.equal(difference(npm.parse(lmz.encode(value)), value), undefined);
  assert.equal(difference(npm.parse(lmz.encode([1, , 2])), [1, undefined, 2]), undefined);
  const { body } = npm.parse(lmz.encode(new ours.RequestSync("https://e.com/", { method: "POST", body: { at: new Date(0), more: new Map() } })));
  assert.deepEqual(body, { at: "1970-01-01T00:00:00.000Z", more: {} });
});
