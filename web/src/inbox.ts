/** Where what handlers throw is told; the console. */
export interface Logger {
  warn(...what: unknown[]): void;
  error(...what: unknown[]): void;
}

/** Runs one handler after the other, in order. What they throw is logged and harms nothing else. */
export class Inbox {
  #jobs: { what: string; run: () => unknown }[] = [];
  #running = false;
  #closed = false;

  /**
   * @param limit how many handlers may wait
   * @param overflow is called when one more would
   */
  constructor(
    readonly limit: number,
    readonly logger: Logger,
    readonly overflow: () => void,
  ) {}

  /** Runs a handler after those that wait. */
  push(what: string, run: () => unknown): void {
    if (this.#closed) return;
    if (this.#jobs.length >= this.limit) return this.overflow();
    this.#add(what, run);
  }

  /** The same for what need run but once however often it is due before it runs; the limit is not for it. */
  pushOnce(what: string, run: () => unknown): void {
    if (!this.#closed && this.#jobs.at(-1)?.what !== what) this.#add(what, run);
  }

  #add(what: string, run: () => unknown): void {
    this.#jobs.push({ what, run });
    if (!this.#running) void this.#work();
  }

  /** No handler starts afterwards. */
  close(): void {
    this.#closed = true;
    this.#jobs = [];
  }

  async #work(): Promise<void> {
    this.#running = true;
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) await settled(this.logger, job.what, job.run);
    this.#running = false;
  }
}

/** Runs a handler of the application and waits for it; undefined when it throws, which is logged. */
export async function settled(logger: Logger, what: string, run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    logger.error(`millrace: ${what} failed:`, error);
    return undefined;
  }
}
