// @ts-check
// Where one writes: Enter sends, Shift+Enter begins a new line, and near the limit it says how much is left.

import { byId } from "./dom.js";
import { byteLength } from "./identity.js";

const nearLimit = 200; // bytes
const typingEvery = 3000; // ms

export class Composer {
  #form = byId("composer", HTMLFormElement);
  #text = byId("text", HTMLTextAreaElement);
  #send = byId("send", HTMLButtonElement);
  #left = byId("left");
  #limit = Infinity;
  #toldTyping = -Infinity;

  /**
   * @param {(text: string) => void} post
   * @param {() => void} typing called now and then while somebody writes
   */
  constructor(post, typing) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.#text.value.trim();
      if (text && byteLength(text) <= this.#limit) {
        post(text);
        this.#text.value = "";
        this.#toldTyping = -Infinity;
        this.#changed();
      }
      this.#text.focus();
    });
    this.#text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#form.requestSubmit();
      }
    });
    this.#text.addEventListener("input", () => {
      this.#changed();
      if (this.#text.value && performance.now() - this.#toldTyping > typingEvery) {
        this.#toldTyping = performance.now();
        typing();
      }
    });
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  /** @param {number} bytes the longest message */
  set limit(bytes) {
    this.#limit = bytes;
    this.#changed();
  }

  #changed() {
    const left = this.#limit - byteLength(this.#text.value.trim());
    if (left < 0) {
      this.#left.textContent = `This is ${-left} ${left === -1 ? "byte" : "bytes"} too long: ${this.#limit} are allowed.`;
    } else {
      this.#left.textContent = left <= nearLimit && left < this.#limit ? `${left} bytes left` : "";
    }
    this.#left.classList.toggle("over", left < 0);
    this.#send.disabled = left < 0;
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight + this.#text.offsetHeight - this.#text.clientHeight}px`;
  }
}
