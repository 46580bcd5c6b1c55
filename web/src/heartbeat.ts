/** How late a timer may be before the machine must have slept, or the page been put aside. */
const lateness = 5_000;

/** What a heartbeat does with a connection. */
interface Connection {
  /** Sends a question. */
  probe(): void;
  /** How many bytes wait to be sent. */
  backlog(): number;
  /** No answer came. */
  dead(): void;
}

/** Finds out whether a connection still lives: what hears nothing for a while asks. */
export class Heartbeat {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = 0; // when the timer ends
  #regular = false; // it asks whenever it is quiet
  #heard = 0; // when something last arrived
  #questions = 0; // how many were sent since
  #backlog = 0; // what waited to be sent before the last question, or when the timer was set again

  /** It asks after `interval` of silence, never when that is 0, and gives up after `wait` more; milliseconds. */
  constructor(
    readonly interval: number,
    readonly wait: number,
    readonly connection: Connection,
  ) {}

  start(): void {
    this.#regular = this.interval > 0;
    this.heard();
    if (this.#regular) this.#arm(this.interval);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#regular = false;
    this.#questions = 0;
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
    this.#backlog = this.connection.backlog(); // without the question itself
    this.connection.probe();
    this.#arm(patience);
  }

  #arm(delay: number): void {
    clearTimeout(this.#timer);
    this.#due = Date.now() + delay;
    this.#timer = setTimeout(() => this.#check(), delay);
  }

  #check(): void {
    const now = Date.now();
    if (this.#questions === 0) {
      // A clock that was set back shows no silence.
      const silence = Math.max(now - this.#heard, 0);
      if (!this.#regular) return;
      if (silence < this.interval) this.#arm(this.interval - silence);
      else this.#ask(this.wait);
    } else if (this.connection.backlog() < this.#backlog) {
      // The question waits behind what is being sent, and that gets on: it is slow, not dead.
      this.#backlog = this.connection.backlog();
      this.#arm(this.wait);
    } else if (now - this.#due > lateness && this.#questions === 1) {
      // The answer had no chance to be heard while the timer slept. Ask once more.
      this.#ask(this.wait);
    } else {
      this.connection.dead();
    }
  }
}
