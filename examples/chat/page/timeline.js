// @ts-check
// The order of messages: each is shown once, after the one before it, whichever way it comes.

/**
 * @typedef {object} Message
 * @property {number} id        counted by the room: from 1, without gaps
 * @property {string} from
 * @property {string} text
 * @property {Date} time
 * @property {boolean} [own]    this window posted it
 * @property {string} [key]     under this key
 *
 * @typedef {{ messages: Message[], more: boolean }} Page
 *
 * @typedef {object} History    the methods of a room that read its history
 * @property {(lastId: number) => PromiseLike<Page>} getMessagesSince
 * @property {(id: number) => PromiseLike<Page>} getMessagesBefore
 *
 * @typedef {object} View
 * @property {(message: Message) => void} append       shows a message as the last one
 * @property {(messages: Message[]) => void} prepend   shows messages as the first ones
 * @property {() => void} clear
 * @property {(all: boolean) => void} begins           whether the first message of all is among what is shown
 */

export class Timeline {
  #history;
  #view;
  #last = -1; // id of the last message shown; -1: the history was not read yet
  #first = 0; // id of the first one shown; 0: none is
  #loading = false;
  /** @type {Promise<unknown>} */
  #queue = Promise.resolve(); // what reads from the room and shows it goes one after the other

  /**
   * @param {History} history
   * @param {View} view
   */
  constructor(history, view) {
    this.#history = history;
    this.#view = view;
  }

  /**
   * Takes a message, wherever it comes from: every message passes here. One that was shown already is dropped; when
   * one before it is missing, that is fetched first. Fails when that fails, and then the
   * message is not shown: it is still to come.
   * @param {Message} message
   */
  accept(message) {
    return this.#inTurn(async () => {
      if (this.#last < 0 || message.id > this.#last + 1) {
        await this.#fetch();
      }
      this.#show(message);
    });
  }

  /**
   * Shows what was posted after the last message shown, at first the latest page.
   * @param {number} lastId the last message that the room has, -1 if it does not know
   */
  catchUp(lastId) {
    return this.#inTurn(async () => {
      if (lastId >= 0 && lastId < this.#last) {
        this.forget(); // the history began anew while we were away
      }
      await this.#fetch();
    });
  }

  /** Begins anew, since the room's history did. */
  restart() {
    return this.#inTurn(async () => {
      this.forget();
      await this.#fetch();
    });
  }

  /** Shows the page before the first message shown, if there is one, and returns whether it did. */
  async older() {
    if (this.#loading || this.#first <= 1) {
      return false;
    }
    this.#loading = true;
    try {
      const before = this.#first;
      const page = await this.#history.getMessagesBefore(before);
      if (before !== this.#first) {
        return false; // begun anew meanwhile
      }
      this.#first = page.messages[0]?.id ?? 1;
      this.#view.prepend(page.messages);
      this.#view.begins(this.#first <= 1 || !page.more);
      return page.messages.length > 0;
    } finally {
      this.#loading = false;
    }
  }

  async #fetch() {
    for (let more = true; more; ) {
      const page = await this.#history.getMessagesSince(this.#last);
      for (const message of page.messages) {
        this.#show(message);
      }
      more = page.more;
      if (this.#last < 0) {
        this.#last = 0; // an empty room
        this.#view.begins(true);
      }
    }
  }

  /** @param {Message} message */
  #show(message) {
    if (message.id <= this.#last) {
      return;
    }
    this.#last = message.id;
    if (this.#first === 0) {
      this.#first = message.id;
      this.#view.begins(message.id === 1);
    }
    this.#view.append(message);
  }

  /** Forgets what was shown. */
  forget() {
    this.#last = -1;
    this.#first = 0;
    this.#view.clear();
  }

  /**
   * @template T
   * @param {() => Promise<T>} task
   * @returns {Promise<T>}
   */
  #inTurn(task) {
    const done = this.#queue.then(task);
    this.#queue = done.catch(() => {}); // whoever waits for done is told
    return done;
  }
}
