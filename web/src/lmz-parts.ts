// The parts of nodes, as they are read: each is what it must be, or a CodecError.
import { boundDigits, fail, specials } from "./lmz-wire.ts";

/** An object of the parsed JSON. */
export type Node = Record<string, unknown>;

export function isNode(x: unknown): x is Node {
  return typeof x === "object" && x !== null && !Array.isArray(x);
}

/** Shows something of a message in an error. */
export function quote(x: unknown): string {
  return typeof x === "object" ? "an object" : JSON.stringify(typeof x === "string" ? x.slice(0, 40) : x);
}

export function expected(what: string, x: unknown): never {
  fail(`${what} expected, not ${quote(x)}`);
}

/** Fails unless a node has the keys of one of the lists, in its order. */
export function shape(node: unknown, ...lists: string[]): asserts node is Node {
  if (!isNode(node)) expected("an object", node);
  const keys = Object.keys(node);
  // A comma within a key would be one between keys.
  if (!lists.includes(keys.join()) || keys.join("").includes(",")) expected(lists[0]!, keys.join());
}

export function text(x: unknown): string {
  return typeof x === "string" ? x : expected("a string", x);
}

export function list(x: unknown, length?: number): unknown[] {
  return Array.isArray(x) && (length ?? x.length) === x.length ? x : expected("an array", x);
}

/** A number of JSON, which 1e400 is not. */
export function number(x: unknown): number {
  return Number.isFinite(x) ? (x as number) : expected("a number", x);
}

/** A number that JSON lacks, by its name. */
export function special(x: unknown): number {
  return specials.get(x) ?? expected("a number's name", x);
}

export function bigint(x: unknown): bigint {
  const digits = boundDigits(text(x));
  return /^-?\d+$/.test(digits) ? BigInt(digits) : expected("decimal digits", x);
}
