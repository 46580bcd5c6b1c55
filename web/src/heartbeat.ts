/** How late a timer may be before the machine must have slept, or the page been put aside. */
const lateness = 5_000;

/** Finds out whether a connection still lives: what hears nothing for a while asks. */
export class Heartbeat {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = 0; // when the timer ends
  #heard = 0; // when something last arrived
  #questions = 0; // how many were sent since

  constructor(
    readonly interval: number,
    readonly wait: number,
    readonly actions: { probe(): void; dead(): void },
  ) {}

  start(): void {
    this.heard();
    this.#arm(this.interval);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Something arrived. */
  heard(): void {
    this.#heard = Date.now();
    this.#questions = 0;
  }

  /** Asks now, unless an answer is waited for. */
  test(patience = this.wait): void {
    if (this.#questions === 0) this.#ask(Math.min(patience, this.wait));
  }

  #ask(patience: number): void {
    this.#questions++;
    this.actions.probe();
    this.#arm(patience);
  }

  #arm(delay: number): void {
    clearTimeout(this.#timer);
    this.#due = Date.now() + delay;
    this.#timer = setTimeout(() => this.#check(), delay);
  }

  #check(): void {
    const now = Date.now();
    const silence = now - this.#heard;
    if (this.#questions === 0) {
      if (silence < this.interval) this.#arm(this.interval - silence);
      else this.#ask(this.wait);
    } else if (now - this.#due > lateness && this.#questions === 1) {
      // The answer had no chance to be heard while the timer slept. Ask once more.
      this.#ask(this.wait);
    } else {
      this.actions.dead();
    }
  }
}
