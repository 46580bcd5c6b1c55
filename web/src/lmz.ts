import type { Codec } from "./codec.ts";
import { decode } from "./lmz-decode.ts";
import { encode } from "./lmz-encode.ts";

/**
 * The wire format of the npm package @lumenize/structured-clone 0.26: a JSON document
 * `{"json": ..., "meta": {...}}` in which tagged objects carry what JSON lacks.
 *
 * It writes byte for byte what the package writes, except where the package loses a value or
 * throws: there it writes something that the package still reads and that this codec reads back
 * whole. docs/spec/values.md has the table of both.
 *
 * Objects travel by their own enumerable properties under string keys, arrays by their elements,
 * functions by their names (they are read as `{ name }`). What cannot travel is refused: symbols, and
 * all that the platform says to be something else (Promise, Blob, WeakMap, Request...).
 */
export const lmz: Codec = { name: "lmz", encode, decode };
