import assert from "node:assert/strict";
import test from "node:test";
import { lmz } from "../src/lmz.ts";
import * as classes from "../src/sync.ts";
import { grow } from "./lmz-grow.ts";
import { difference } from "./lmz-same.ts";

test("any value comes back as it was", () => {
  for (let seed = 0; seed < 3000; seed++) {
    const wire = lmz.encode(grow(seed, { classes, rich: true, unread: true }));
    const back = lmz.decode(wire);
    assert.equal(difference(back, grow(seed, { classes, rich: true, unread: true, read: true })), undefined, `seed ${seed}: ${wire}`);
  }
});
