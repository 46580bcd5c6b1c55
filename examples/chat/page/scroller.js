// @ts-check
// Where the reader is: whoever reads the end stays at the end; whoever reads above stays where he is, and is
// told how many messages came; whoever gets near the top gets older ones.

import { byId } from "./dom.js";

const nearEnd = 60; // pixels
const nearTop = 400;

export class Scroller {
  #box = byId("scroll");
  #button = byId("new-messages");
  #title = document.title;
  #atEnd = true;
  #new = 0; // messages below that were not seen
  #unread = 0; // messages that came while the page was hidden
  #soon = 0; // the frame in which we go to the end

  /** @param {() => Promise<boolean>} older loads older messages, and says whether it did */
  constructor(older) {
    this.older = older;
    this.#box.addEventListener("scroll", () => this.#look(), { passive: true });
    this.#button.addEventListener("click", () => this.toEnd());
    new ResizeObserver(() => this.#stay()).observe(this.#box); // a keyboard came, the composer grew
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) {
        this.#unread = 0;
        document.title = this.#title;
      }
    });
  }

  /**
   * What the window is called; it gets the number of unread messages.
   * @param {string} title
   */
  set title(title) {
    this.#title = title;
    document.title = title;
  }

  /**
   * Runs what adds something at the end.
   * @param {() => void} add
   * @param {{ counts?: boolean, follow?: boolean }} [how] whether it is news to the reader; whether he wants to see it
   */
  below(add, { counts = false, follow = false } = {}) {
    const stays = !this.#atEnd && !follow;
    add();
    if (counts && document.hidden) {
      this.#unread++;
      document.title = `(${this.#unread}) ${this.#title}`;
    }
    if (!stays) {
      this.#atEnd = true;
      this.#soon ||= requestAnimationFrame(() => { // once for many
        this.#soon = 0;
        this.toEnd();
      });
    } else if (counts) {
      this.#new++;
      this.#showNew();
    }
  }

  /**
   * Runs what adds something at the beginning: what is seen stays where it is.
   * @param {() => void} add
   */
  above(add) {
    const fromEnd = this.#box.scrollHeight - this.#box.scrollTop;
    add();
    this.#box.scrollTop = this.#box.scrollHeight - fromEnd;
  }

  toEnd() {
    this.#atEnd = true;
    this.#stay();
    this.#look();
  }

  /** Loads older messages as long as the top is near. */
  async fill() {
    while (this.#box.scrollTop < nearTop && (await this.older())) {
      // what was loaded may fill the window, or not
    }
  }

  #stay() {
    if (this.#atEnd) {
      this.#box.scrollTop = this.#box.scrollHeight;
    }
  }

  #look() {
    this.#atEnd = this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight < nearEnd;
    if (this.#atEnd) {
      this.#new = 0;
      this.#showNew();
    }
    if (this.#box.scrollTop < nearTop) {
      void this.fill();
    }
  }

  #showNew() {
    this.#button.hidden = this.#new === 0;
    this.#button.textContent = this.#new === 1 ? "1 new message ↓" : `${this.#new} new messages ↓`;
  }
}
