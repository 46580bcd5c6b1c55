import type { CloseInfo } from "./types.ts";

const firstDelay = 1_000;
const lastDelay = 30_000;
/** The most that a server can ask for. */
const longestRetryAfter = 3_600_000;
/** How many connections in a row may end with an accusation before the last delay is taken at once. */
const badLosses = 3;

/** The schedule of attempts: 1, 2, 4, 8, 16, 30, 30... seconds, in milliseconds. */
export class Backoff {
  #tries = 0;
  #bad = 0;
  #floor = 0;

  /** Each delay is multiplied by a random number from 1-jitter to 1+jitter. */
  constructor(readonly jitter: number) {}

  /** The delay before the next attempt, and whether the server asked for no less. */
  next(): { delay: number; demanded: boolean } {
    const planned = Math.min(firstDelay * 2 ** Math.min(this.#tries, 5), lastDelay);
    const delay = planned * (1 + this.jitter * (2 * Math.random() - 1));
    // Spread as well, but never to less than what was asked for.
    const floor = this.#floor * (1 + this.jitter * Math.random());
    this.#tries++;
    this.#floor = 0;
    return { delay: Math.max(delay, floor), demanded: floor > 0 };
  }

  /** Whether the server asked for the next delay. */
  get demanding(): boolean {
    return this.#floor > 0;
  }

  opened(): void {
    this.#tries = 0;
    this.#floor = 0;
  }

  /** Takes into account how a connection ended, and whether anything had arrived on it. */
  lost({ code, reason }: CloseInfo, received: boolean): void {
    if (received) this.#bad = 0;
    if (code === 4429) {
      const seconds = /^retry-after=(\d{1,5})$/.exec(reason);
      this.#floor = seconds ? Math.min(Number(seconds[1]) * 1000, longestRetryAfter) : lastDelay;
    } else if (code === 1008) {
      this.#floor = lastDelay;
    } else if (code === 1002 || code === 1003 || code === 1007 || code === 1009) {
      if (++this.#bad >= badLosses) this.#floor = lastDelay;
    } else {
      this.#bad = 0;
    }
  }
}

/** Whether a connection that ended with this code must not be opened again by itself. */
export function isTerminal(code: number): boolean {
  return code === 4403 || code === 4409 || (code >= 4500 && code <= 4999);
}
