// @ts-check
// Who is here, and who is writing.

import { avatar, byId, make } from "./dom.js";

const typingLasts = 5000; // ms after the last sign of it

export class People {
  #list = byId("people");
  #count = byId("people-count");
  #typing = byId("typing");
  /** @type {Map<string, number>} */
  #writers = new Map(); // names, and the timers that end them

  /**
   * @param {{ name: string }[]} participants
   * @param {string} own
   */
  show(participants, own) {
    this.#count.textContent = String(participants.length);
    this.#list.replaceChildren(
      ...participants.map(({ name }) => {
        const item = make("li");
        const label = make("span", "name", name === own ? `${name} (you)` : name);
        label.title = name;
        item.append(avatar(name), label);
        return item;
      }),
    );
    for (const name of this.#writers.keys()) {
      if (!participants.some((one) => one.name === name)) {
        this.stopsTyping(name);
      }
    }
  }

  /** @param {string} name */
  types(name) {
    clearTimeout(this.#writers.get(name));
    this.#writers.set(name, setTimeout(() => this.stopsTyping(name), typingLasts));
    this.#showTyping();
  }

  /** @param {string} name */
  stopsTyping(name) {
    clearTimeout(this.#writers.get(name));
    this.#writers.delete(name);
    this.#showTyping();
  }

  #showTyping() {
    const names = [...this.#writers.keys()];
    if (names.length === 0) {
      this.#typing.textContent = "";
    } else if (names.length <= 2) {
      this.#typing.textContent = `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} writing…`;
    } else {
      this.#typing.textContent = `${names.length} people are writing…`;
    }
  }
}
