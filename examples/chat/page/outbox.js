// @ts-check
// What this window posts, until the room has it. Each post has a key of its own: when no answer came, the
// same post goes out again under the same key, and the room knows whether it has it already.

import { keep, recall } from "./identity.js";
import { isPassing, roomCode, sentence } from "./words.js";

/**
 * @typedef {"sending" | "waiting" | "failed"} Fate
 *
 * @typedef {object} Post
 * @property {string} key
 * @property {string} text
 * @property {Fate} fate
 * @property {string} [problem]   why it failed
 *
 * @typedef {import("./timeline.js").Message} Message
 *
 * @typedef {object} Parts
 * @property {(text: string, key: string) => PromiseLike<Message>} send
 * @property {(message: Message) => Promise<unknown>} posted   shows the message
 * @property {(post: Post) => void} show       shows a post as it is now
 * @property {(key: string) => void} remove    shows it no longer
 * @property {() => void} interrupted          the connection failed; resume is to be called when it stands
 */

export class Outbox {
  #parts;
  #storageKey;
  /** @type {Post[]} */
  #posts = [];
  #ready = false; // joined, and caught up
  #pumping = false;

  /**
   * @param {string} room
   * @param {Parts} parts
   */
  constructor(room, parts) {
    this.#parts = parts;
    this.#storageKey = `chat.outbox.${room}`;
    for (const post of restore(recall(this.#storageKey))) {
      this.#posts.push(post);
      this.#parts.show(post);
    }
  }

  /**
   * Posts a text as soon as that is possible, after those before it.
   * @param {string} text
   */
  add(text) {
    const post = { key: crypto.randomUUID(), text, fate: /** @type {Fate} */ (this.#ready ? "sending" : "waiting") };
    this.#posts.push(post);
    this.#change(post);
    void this.#pump();
  }

  /** To be called when we have joined and caught up: what the room has already is settled then. */
  resume() {
    this.#ready = true;
    void this.#pump();
  }

  /** To be called when the connection is lost. */
  pause() {
    this.#ready = false;
  }

  /**
   * The room has the post with that key.
   * @param {string} key
   */
  settle(key) {
    if (this.#posts.some((post) => post.key === key)) {
      this.discard(key);
    }
  }

  /**
   * Tries a failed post again.
   * @param {string} key
   */
  retry(key) {
    const post = this.#posts.find((one) => one.key === key);
    if (post) {
      this.#change(post, "waiting");
      void this.#pump();
    }
  }

  /**
   * Gives a post up.
   * @param {string} key
   */
  discard(key) {
    this.#posts = this.#posts.filter((post) => post.key !== key);
    this.#parts.remove(key);
    this.#save();
  }

  /** Gives all posts up: what nobody has got yet is the secret of who wrote it. */
  discardAll() {
    this.pause();
    for (const { key } of this.#posts) {
      this.discard(key);
    }
  }

  /** Posts one after the other, so that they keep their order. */
  async #pump() {
    if (this.#pumping) {
      return;
    }
    this.#pumping = true;
    try {
      for (let post; this.#ready && (post = this.#posts.find((one) => one.fate !== "failed")); ) {
        await this.#send(post);
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** @param {Post} post */
  async #send(post) {
    this.#change(post, "sending");
    try {
      const message = await this.#parts.send(post.text, post.key);
      await this.#parts.posted(message);
      this.settle(post.key);
    } catch (error) {
      if (!this.#posts.includes(post)) {
        return; // it came downstream, or was given up
      }
      if (isPassing(error) || roomCode(error) === "NOT_JOINED") {
        this.#ready = false;
        this.#change(post, "waiting");
        this.#parts.interrupted();
      } else {
        post.problem = sentence(error);
        this.#change(post, "failed");
      }
    }
  }

  /**
   * @param {Post} post
   * @param {Fate} [fate]
   */
  #change(post, fate = post.fate) {
    post.fate = fate;
    this.#parts.show(post);
    this.#save();
  }

  /** A reload of the page loses nothing. */
  #save() {
    keep(this.#storageKey, JSON.stringify(this.#posts.map(({ key, text }) => ({ key, text }))));
  }
}

/**
 * @param {string} saved
 * @returns {Post[]}
 */
function restore(saved) {
  try {
    return JSON.parse(saved || "[]").map((/** @type {Post} */ { key, text }) => ({ key: String(key), text: String(text), fate: "waiting" }));
  } catch {
    return []; // somebody else wrote it
  }
}
