// @ts-check
// What is the matter with the connection, in words.

import { byId } from "./dom.js";
import { asSentence } from "./words.js";

/** @typedef {import("/__rpc/client.js").ConnectionState} ConnectionState */

export class Status {
  #pill = byId("status");
  #text = byId("status-text");
  #countdown = byId("countdown");
  #button = byId("try-now", HTMLButtonElement);
  #stood = false; // there was a connection once
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @param {() => void} tryNow */
  constructor(tryNow) {
    this.#button.addEventListener("click", tryNow);
  }

  /** @param {ConnectionState} state */
  show(state) {
    clearInterval(this.#timer);
    this.#stood ||= state.name === "open";
    this.#countdown.textContent = "";
    const gone = this.#stood ? "Connection lost" : "No connection";
    switch (state.name) {
      case "open":
        this.#say("Connected", "good");
        break;
      case "connecting":
        this.#say(state.attempt > 1 ? `${gone}, connecting…` : "Connecting…", "wait");
        break;
      case "waiting": {
        this.#say(`${gone}, next attempt`, "wait");
        const count = () => {
          const seconds = Math.max(1, Math.ceil((state.retryAt - Date.now()) / 1000));
          this.#countdown.textContent = ` in ${seconds} s`;
        };
        count();
        this.#timer = setInterval(count, 250);
        break;
      }
      case "closed":
        this.#say(state.reason ? asSentence(`disconnected: ${state.reason}`) : "Disconnected", "bad");
        break;
      case "idle":
        this.#say("Not connected", "");
        break;
      default:
        this.#say(gone, "wait");
    }
    this.#button.hidden = state.name !== "waiting" && state.name !== "closed";
    this.#button.textContent = state.name === "closed" ? "Connect again" : "Try now";
  }

  /**
   * @param {string} text
   * @param {string} kind
   */
  #say(text, kind) {
    this.#text.textContent = text;
    this.#pill.className = `pill ${kind}`;
  }
}
