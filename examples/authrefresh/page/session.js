// @ts-check

/**
 * The session of this browser: signing in, and access tokens.
 *
 * Only the browser has the key of the session, in a cookie that no script can read. The access token is
 * here, in memory: a page that is reloaded asks for another one.
 */

/** The server said that there is no session: nothing helps but to sign in. */
export class SignedOut extends Error {}

/** Less than this is not worth a handshake. In milliseconds. */
const tooShort = 2_000;

/** What remembers, over reloads, that there should be a session. It is no secret. */
const reminder = "authrefresh.user";

/** What remembers, over reloads, that a session was to be ended and could not. */
const unended = "authrefresh.unended";

export class Session {
  /** Who has signed in; empty for nobody. */
  user = "";
  /** How many tokens there were, how long the last one lasts in all, and until when by the clock of this page. */
  count = 0;
  lifetime = 0;
  expires = 0;
  #token = "";
  /** @type {Promise<void> | undefined} */
  #refreshing;
  #refreshed;

  /** @param {() => void} refreshed is called with each new token */
  constructor(refreshed) {
    this.#refreshed = refreshed;
  }

  /** Whether this browser had a session when its last page was closed. */
  static remembered() {
    return localStorage.getItem(reminder) !== null;
  }

  /** How long the token lasts, in milliseconds. */
  get left() {
    return Math.max(0, this.expires - Date.now());
  }

  /**
   * @param {string} user
   * @param {string} password
   */
  async signIn(user, password) {
    const response = await post("/auth/login", { user, password });
    localStorage.removeItem(unended); // this session is another one
    this.user = user;
    this.#take(response);
  }

  /**
   * A token to connect with, asked for before each attempt. When an attempt failed, the token may be why: a page is
   * not told when a handshake is refused. So the next one gets a new token.
   * @param {{ attempt: number }} about
   */
  async token(about) {
    if (about.attempt > 1 || this.left <= tooShort) await this.refresh();
    return this.#token;
  }

  /**
   * Takes a new token. Whoever asks while one is on its way waits for that.
   * @throws {SignedOut} when there is no session any more
   */
  refresh() {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  /** Windows of one browser share the cookie, and its key can be used once: so they take turns. */
  async #refresh() {
    const response = await inTurn(() => post("/auth/refresh"));
    if (this.user !== "" && response.user !== this.user) {
      throw new SignedOut(`${response.user} signed in with this browser: sign in again`);
    }
    this.user = response.user;
    this.#take(response);
  }

  /** Ends the session on the server alone, which this page is not supposed to know. */
  async revoke() {
    await post("/auth/revoke");
  }

  /** Forgets everything, and ends the session on the server too. When that fails, {@link Session.end} is to be called later. */
  async signOut() {
    this.forget();
    localStorage.setItem(unended, "");
    await Session.end();
  }

  /** Whether a session is still to be ended. */
  static unended() {
    return localStorage.getItem(unended) !== null;
  }

  /** Ends the session of this browser on the server. */
  static async end() {
    await inTurn(() => post("/auth/logout"));
    localStorage.removeItem(unended);
  }

  forget() {
    // Another window may have signed in as somebody else.
    if (["", localStorage.getItem(reminder)].includes(this.user)) localStorage.removeItem(reminder);
    this.user = "";
    this.#token = "";
    this.expires = this.lifetime = this.count = 0;
  }

  /** @param {{ token: string, expiresInMs: number }} response */
  #take({ token, expiresInMs }) {
    this.#token = token;
    // How long, not until when: the clocks of server and page need not agree.
    this.lifetime = expiresInMs;
    this.expires = Date.now() + expiresInMs;
    this.count++;
    localStorage.setItem(reminder, this.user);
    this.#refreshed();
  }
}

/** @param {() => Promise<any>} work */
function inTurn(work) {
  return navigator.locks ? navigator.locks.request("authrefresh", work) : work();
}

/**
 * Sends a request and returns its answer. What goes wrong is an Error with a sentence for people.
 * @param {string} path
 * @param {object} [body]
 */
async function post(path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.timeout(10_000),
    });
  } catch {
    throw new Error("the server cannot be reached");
  }
  if (response.status === 204) return {};
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const why = answer.error ?? `the server answered with ${response.status}`;
  throw response.status === 401 ? new SignedOut(why) : new Error(why);
}
