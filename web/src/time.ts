import { RpcError } from "./errors.ts";

/** The longest delay that timers know; longer ones would be none at all. */
const longest = 2 ** 31 - 1;

/**
 * Checks a length of time in milliseconds: a whole number, Infinity for the longest there is.
 * @throws RpcError (`config`) when it is none
 */
export function milliseconds(what: string, given: number): number {
  if (!(typeof given === "number" && given >= 0)) throw new RpcError("config", `${what} is ${given}, and must be milliseconds, 0 or more`);
  return Math.min(Math.ceil(given), longest);
}
