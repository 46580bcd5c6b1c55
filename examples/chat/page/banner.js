// @ts-check
// One sentence across the page about what went wrong, and perhaps a button that tries again.

import { byId } from "./dom.js";

export class Banner {
  #banner = byId("banner");
  #text = byId("banner-text");
  #action = byId("banner-action", HTMLButtonElement);

  constructor() {
    byId("banner-close").addEventListener("click", () => this.clear());
  }

  /**
   * @param {string} text
   * @param {() => void} [again] what the button does; without it there is none
   */
  show(text, again) {
    this.#text.textContent = text;
    this.#action.hidden = !again;
    this.#action.onclick = () => {
      this.clear();
      again?.();
    };
    this.#banner.hidden = false;
  }

  /** What could be tried again works now. */
  solved() {
    if (!this.#action.hidden) {
      this.clear();
    }
  }

  clear() {
    this.#banner.hidden = true;
    this.#text.textContent = "";
  }
}
