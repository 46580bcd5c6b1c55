// What both directions know of the wire. The clauses (V-...) are those of docs/spec/values.md.
import { CodecError } from "./codec.ts";

export function fail(text: string, cause?: unknown): never {
  throw new CodecError(text, { cause });
}

/** Fails when a limit is exceeded. The limits are those of both directions, and what servers have by default (V-6). */
export function bound(what: string, got: number, limit: number): void {
  if (got > limit) fail(`${what}: ${got} > ${limit}`);
}

/** Containers within containers. */
export function boundDepth(depth: number): void {
  bound("depth of containers", depth, 256);
}

/** The values of one message; the elements of typed arrays are bytes, not values. */
export function boundNodes(count: number): void {
  bound("values of one message", count, 100_000);
}

/** Decimal digits of a bigint. */
export function boundDigits(digits: string): string {
  bound("digits of a bigint", digits.replace("-", "").length, 16_384);
  return digits;
}

/** UTF-8 bytes of a RegExp's source. */
export function boundSource(source: string): string {
  bound("bytes of a RegExp's source", new TextEncoder().encode(source).length, 4096);
  return source;
}

/** The name of a number that JSON lacks; undefined for all others. */
export function specialName(n: number): string | undefined {
  return Object.is(n, -0) ? "-0" : Number.isFinite(n) ? undefined : String(n);
}

/** The numbers that JSON lacks by their names. */
export const specials = new Map<unknown, number>([NaN, Infinity, -Infinity, -0].map((n) => [specialName(n), n]));

/** Constructors by their names. */
export function byName<T extends Function>(...constructors: T[]): Map<string, T> {
  return new Map(constructors.map((c) => [c.name, c]));
}

/** The closed list of typed arrays: no other constructor exists for this codec. */
export const typedArrays = byName<TypedArray>(
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array,
);

// `any`: elements are numbers or bigints.
type TypedArray = Function & (new (length: number) => { [index: number]: any; buffer: ArrayBuffer });
