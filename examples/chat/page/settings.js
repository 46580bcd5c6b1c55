// @ts-check
// The settings of the room, and the dialog that changes them. They travel as a Map.

import { byId } from "./dom.js";
import { sentence } from "./words.js";

/** @typedef {Map<string, unknown>} Settings */

export class SettingsDialog {
  #dialog = byId("settings", HTMLDialogElement);
  #form = byId("settings-form", HTMLFormElement);
  #problem = byId("settings-error");
  /** @type {Settings} */
  #settings = new Map();

  /** @param {(changes: Settings) => PromiseLike<unknown>} save */
  constructor(save) {
    byId("open-settings").addEventListener("click", () => this.#open());
    byId("settings-cancel").addEventListener("click", () => this.#dialog.close());
    this.#form.addEventListener("submit", async (event) => {
      event.preventDefault();
      this.#problem.textContent = "";
      try {
        await save(this.#changes());
        this.#dialog.close();
      } catch (error) {
        this.#problem.textContent = sentence(error);
      }
    });
  }

  /** @param {Settings} settings */
  show(settings) {
    this.#settings = settings;
    const topic = byId("topic");
    topic.textContent = topic.title = String(settings.get("topic") ?? "");
    byId("welcome-text").textContent = String(settings.get("welcome") ?? "");
  }

  #open() {
    for (const [name, value] of this.#settings) {
      const input = this.#input(name);
      if (input) {
        input.value = String(value);
      }
    }
    this.#problem.textContent = "";
    this.#dialog.showModal();
  }

  /** Only what differs: others may change the rest meanwhile. */
  #changes() {
    const changes = new Map();
    for (const [name, value] of this.#settings) {
      const written = this.#input(name)?.value;
      if (written !== undefined && written !== String(value)) {
        changes.set(name, typeof value === "number" ? Number(written) : written);
      }
    }
    return changes;
  }

  /**
   * @param {string} name
   * @returns {HTMLInputElement | HTMLTextAreaElement | null}
   */
  #input(name) {
    return this.#form.querySelector(`[name="${CSS.escape(name)}"]`);
  }
}
