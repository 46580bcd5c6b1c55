// @ts-check
import { createRpcClient, createWebSocketTransport, dispose } from "/__rpc/client.js";
import { Session, SignedOut } from "./session.js";
import * as view from "./view.js";

/** What the server closes a connection with whose token has expired. */
const authExpired = 4401;

const session = new Session(() => view.token(session));

/** The account on the server, while somebody is signed in. @type {any} */
let account;
/** How many accounts were opened and left: what belongs to an earlier one is not shown. */
let changes = 0;
/** The number of the last tick. */
let last = 0;

/** Opens the account of whoever has signed in. */
function open() {
  const mine = ++changes;
  last = 0;
  view.account(session.user);
  account = createRpcClient({
    transport: createWebSocketTransport("ACCOUNT", session.user, { clientId: session.user, token }),
    onDownstream: (tick) => hear(tick, false),
    onClose,
    onReconnect: catchUp,
    onStateChange,
  });

  /** Asked before each attempt to connect. @param {{ attempt: number }} about */
  async function token(about) {
    try {
      return await session.token(about);
    } catch (error) {
      view.event("refused", "bad", `No token to connect with: ${text(error)}.`);
      if (error instanceof SignedOut) leave(text(error));
      throw error; // this attempt has failed; the next one asks again
    }
  }

  /** A connection was lost: true connects again. @param {number} code @param {string} reason */
  async function onClose(code, reason) {
    view.event("closed", "bad", `The connection was closed with ${code}${reason ? `: ${reason}` : ""}.`);
    if (code !== authExpired) return true;
    try {
      await session.refresh();
      view.event("refreshed", "good", `The server gave token number ${session.count}.`);
    } catch (error) {
      view.event("refused", "bad", `The refresh failed: ${text(error)}.`);
      if (!(error instanceof SignedOut)) return true; // token will try again
      leave(text(error));
      return false;
    }
    return true;
  }

  /** @param {import("/__rpc/client.js").ConnectionState} state */
  function onStateChange(state) {
    if (mine !== changes) return;
    view.connection(state);
    if (state.name !== "open") return;
    view.event(state.reopened ? "reconnected" : "connected", "good", state.reopened ? "Connected again." : "Connected.");
    void introduce();
  }
}

/** Asks who the server thinks that we are. */
async function introduce() {
  try {
    const { user, connections } = await account.whoAmI();
    view.who(`The server knows you as ${user}, with ${connections === 1 ? "one connection" : `${connections} connections`}.`);
  } catch (error) {
    if (account) view.who(`The server did not say who you are: ${text(error)}.`);
  }
}

/** The connection stands again: what was sent meanwhile is asked for, before anything new is heard. */
async function catchUp() {
  if (last === 0) return; // nothing was heard yet, so nothing was missed
  const missed = await account.since(last);
  view.event("caught-up", "good", `${missed.length === 1 ? "One tick" : `${missed.length} ticks`} caught up with.`);
  for (const tick of missed) hear(tick, true);
}

/**
 * @param {{ n: number, time: Date }} tick
 * @param {boolean} late
 */
function hear({ n, time }, late) {
  if (n <= last) return; // it was caught up with
  if (last !== 0 && n > last + 1) view.missed(n - last - 1);
  last = n;
  view.tick(n, time, late);
}

/** Closes the account. */
function close() {
  changes++;
  if (account) dispose(account);
  account = undefined;
}

/** Closes the account of a session that has ended, and asks to sign in. @param {string} why */
function leave(why) {
  close();
  session.forget();
  view.signIn(why);
}

view.on("signin-form", "submit", async (form) => {
  const { user, password } = Object.fromEntries(new FormData(form));
  await session.signIn(String(user), String(password));
  view.event("signed-in", "good", `${session.user} signed in.`);
  open();
});

view.on("signout", "click", async () => {
  close();
  view.event("signed-out", "wait", `${session.user} signed out.`);
  view.signIn();
  await session.signOut().catch(notEnded);
});

/** @param {unknown} error */
function notEnded(error) {
  view.signIn(`Your session on the server could not be ended: ${text(error)}. It is tried again when this page is loaded.`);
}

view.on("revoke", "click", async () => {
  await session.revoke();
  view.event("revoked", "wait", "The session was ended on the server. The token does not know it yet.");
  view.revoked();
});

view.on("cut", "click", async () => {
  // The answer is lost together with the connection, of course.
  await account.cut().catch((/** @type {any} */ error) => {
    if (error.code !== "outcome-unknown") throw error;
  });
});

setInterval(() => view.token(session), 250);

// A page that was reloaded has no token, but the browser may have a session.
if (Session.unended()) {
  Session.end().then(() => view.signIn(), notEnded);
} else if (Session.remembered()) {
  session.refresh().then(open, (error) => {
    if (error instanceof SignedOut) leave(text(error));
    else view.signIn(text(error));
  });
} else {
  view.signIn();
}

/** @param {unknown} error */
function text(error) {
  return error instanceof Error ? error.message : String(error);
}
