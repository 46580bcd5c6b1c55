import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A server program of this repository, as a process. */
export class ServerProcess {
  #child: ChildProcess | undefined;
  /** http://host:port, the same after a restart. */
  url = "";
  /** What it logged. */
  log = "";

  /** `binary` is below the repository's bin folder; `--addr` is added to the arguments. */
  constructor(
    readonly binary: string,
    readonly args: readonly string[],
  ) {}

  /** Starts it, and waits until it listens. */
  async start(): Promise<void> {
    const addr = this.url ? new URL(this.url).host : "127.0.0.1:0";
    const child = spawn(`../bin/${this.binary}`, [...this.args, "--addr", addr], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.stderr.on("data", (text) => (this.log += text));
    const exited = once(child, "exit").then(([code]) => {
      throw new Error(`${this.binary} ended with ${code} before it listened:\n${this.log}`);
    });
    const listening = (async () => {
      for await (const line of createInterface(child.stdout)) {
        const url = /^listening on (http:\S+)$/.exec(line)?.[1];
        if (url) return url;
      }
      return exited;
    })();
    exited.catch(() => {}); // told above, or no news
    this.url = await Promise.race([listening, exited]);
  }

  /** Ends it without a word, as kill -9 does. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  /** Stops it where it is, without closing anything; or lets it go on. */
  freeze(on: boolean): void {
    this.#child?.kill(on ? "SIGSTOP" : "SIGCONT");
  }
}

/** Waits until something holds, which is asked for often; fails after ten seconds. */
export async function eventually(what: string, holds: () => unknown, limit = 10_000): Promise<void> {
  for (const end = Date.now() + limit; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`not within ${limit} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
