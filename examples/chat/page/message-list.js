// @ts-check
// The messages as elements: who, when and what, grouped by author, with a line between days.

import { avatar, byId, make, setColour } from "./dom.js";
import { day, fullTime, sameDay, timeOfDay } from "./words.js";

/** Messages of one author within this time belong together. */
const together = 5 * 60_000;

/**
 * @typedef {import("./timeline.js").Message} Message
 * @typedef {import("./outbox.js").Post} Post
 */

export class MessageList {
  #list = byId("messages");
  #pending = byId("pending");
  /** @type {Map<string, HTMLElement>} */
  #posts = new Map();
  /** @type {Message | undefined} */
  #first;
  /** @type {Message | undefined} */
  #last;
  /** The name that this window has now, for what is not posted yet. */
  name = "";

  /** @param {{ retry(key: string): void, discard(key: string): void }} choices */
  constructor(choices) {
    this.choices = choices;
  }

  /** @param {Message} message */
  append(message) {
    this.#list.append(...between(this.#last, message), element(message, this.#last));
    this.#last = message;
    this.#first ??= message;
  }

  /** @param {Message[]} messages */
  prepend(messages) {
    const parts = [];
    let before;
    for (const message of messages) {
      parts.push(...between(before, message), element(message, before));
      before = message;
    }
    if (before && this.#first) { // the former first one has got a predecessor
      while (this.#list.firstElementChild?.matches(".day")) {
        this.#list.firstElementChild.remove();
      }
      this.#list.firstElementChild?.remove();
      parts.push(...between(before, this.#first), element(this.#first, before));
    }
    this.#list.prepend(...parts);
    this.#first = messages[0] ?? this.#first;
  }

  clear() {
    this.#list.replaceChildren();
    this.#first = this.#last = undefined;
  }

  /**
   * Shows a post that the room does not have yet, below all messages.
   * @param {Post} post
   */
  showPost(post) {
    const item = make("li", "message own");
    item.dataset.pending = post.fate;
    item.dataset.key = post.key;
    item.dataset.author = this.name;
    item.append(make("p", "text", post.text));
    if (post.fate === "failed") {
      const retry = make("button", "small", "Try again");
      const discard = make("button", "small quiet", "Discard");
      retry.type = discard.type = "button";
      retry.addEventListener("click", () => this.choices.retry(post.key));
      discard.addEventListener("click", () => this.choices.discard(post.key));
      const choice = make("div", "choice");
      choice.append(retry, discard);
      item.append(make("span", "fate", post.problem), choice);
    } else {
      item.append(make("span", "fate", post.fate === "sending" ? "sending…" : "waiting for the connection…"));
    }
    const former = this.#posts.get(post.key);
    this.#posts.set(post.key, item);
    if (former) {
      former.replaceWith(item);
    } else {
      this.#pending.append(item);
    }
  }

  /** @param {string} key */
  removePost(key) {
    this.#posts.get(key)?.remove();
    this.#posts.delete(key);
  }
}

/**
 * What stands between two messages: a line when another day begins.
 * @param {Message | undefined} before
 * @param {Message} message
 * @returns {HTMLElement[]}
 */
function between(before, message) {
  return before && sameDay(before.time, message.time) ? [] : [make("li", "day", day(message.time))];
}

/**
 * @param {Message} message
 * @param {Message | undefined} before
 */
function element(message, before) {
  const item = make("li", "message");
  item.dataset.id = String(message.id);
  item.dataset.author = message.from;
  item.classList.toggle("own", message.own === true);
  item.classList.toggle("follows", before !== undefined && follows(before, message));
  setColour(item, message.from);

  const time = make("time", "", timeOfDay(message.time));
  time.dateTime = message.time.toISOString();
  const head = make("div", "head");
  head.append(make("span", "author", message.own ? "You" : message.from), time);
  const text = make("p", "text", message.text);
  text.title = fullTime(message.time);
  item.append(avatar(message.from), head, text);
  return item;
}

/**
 * @param {Message} before
 * @param {Message} message
 */
function follows(before, message) {
  const apart = message.time.getTime() - before.time.getTime();
  return before.from === message.from && before.own === message.own && sameDay(before.time, message.time) && apart < together;
}
