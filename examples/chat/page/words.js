// @ts-check
// What failures and times are called in front of people.

import { RpcError } from "/__rpc/client.js";

/** Codes of failures after which the same call may well succeed, once the connection stands again. */
const passing = new Set(["unreachable", "outcome-unknown", "timeout", "closed", "object-busy", "rate-limited"]);

/**
 * Whether it was the connection that failed, and not the call: the room said nothing about it.
 * @param {unknown} error
 */
export function isPassing(error) {
  return error instanceof RpcError && passing.has(error.code);
}

/**
 * The code that the room gave an error, such as NAME_TAKEN; "" if it is not the room's.
 * @param {unknown} error
 * @returns {string}
 */
export function roomCode(error) {
  const code = error instanceof Error && !(error instanceof RpcError) && /** @type {any} */ (error).code;
  return typeof code === "string" ? code : "";
}

/**
 * An error as a sentence.
 * @param {unknown} error
 */
export function sentence(error) {
  if (isPassing(error)) {
    return "The server cannot be reached just now.";
  }
  const text = error instanceof Error ? error.message : String(error);
  return asSentence(text || "something went wrong");
}

/**
 * A clause with a capital and a full stop.
 * @param {string} text
 */
export function asSentence(text) {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : begun + ".";
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const date = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** @param {Date} at */
export const timeOfDay = (at) => clock.format(at);

/** @param {Date} at */
export const fullTime = (at) => moment.format(at);

/** @param {Date} at */
export function day(at) {
  const today = new Date();
  const yesterday = new Date();
  yesterday.setDate(today.getDate() - 1);
  if (sameDay(at, today)) {
    return "Today";
  }
  return sameDay(at, yesterday) ? "Yesterday" : date.format(at);
}

/**
 * @param {Date} a
 * @param {Date} b
 */
export const sameDay = (a, b) => a.toDateString() === b.toDateString();
