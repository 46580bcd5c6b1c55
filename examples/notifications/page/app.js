// @ts-check
import { createRpcClient, createWebSocketTransport, dispose, withCall } from "/__rpc/client.js";
import * as view from "./view.js";

/**
 * The name in this window, kept over reloads of it and not shared with others.
 *
 * The name is the client id: the server sends what is for "ann" to whoever says that he is. That will do as
 * long as nobody gains by it. Where it matters, the server must know who comes (a token, see examples/authrefresh).
 */
const remembered = "notifications.user";

/** How long a job may take before its call is given up, in milliseconds. The server has a limit of its own. */
const patience = 60_000;

/** The object on the server, while there is a name. @type {any} */
let office;

/** @param {string} user */
function enter(user) {
  sessionStorage.setItem(remembered, user);
  view.office(user);
  office = createRpcClient({
    transport: createWebSocketTransport("JOBS", "office", { clientId: user }),
    onDownstream: hear,
    // Nothing that was sent meanwhile comes any more: notes are lost, and of jobs it is asked how far they are.
    onReconnect: async () => view.onlyRunning(await office.running()),
    onStateChange: view.connection,
  });
  catchUp(office);
}

/** Shows the jobs that other windows started before this one was opened. @param {any} opened */
async function catchUp(opened) {
  try {
    for (const progress of await opened.running()) hear(progress);
  } catch (error) {
    if (opened === office) view.delivery("error", `It is not known which jobs run: ${text(error)}`);
  }
}

function leave() {
  sessionStorage.removeItem(remembered);
  dispose(office);
  office = undefined;
  view.name();
}

/** What the server sends unasked. @param {any} message */
function hear(message) {
  switch (message.type) {
    case "progress":
      // A job of another window is cancelled by its id; one of this window has its own way.
      view.job(message.job, message.kind, () => cancelById(message.job)).progress(message.percent, message.stage);
      break;
    case "ended":
      view.ended(message.job, message.outcome, message.text);
      break;
    case "notification":
      view.note(message);
      break;
  }
}

/**
 * Runs a job. The call lasts as long as the job; what it sends meanwhile is heard like any other message.
 * @param {string} kind
 */
async function start(kind) {
  const job = crypto.randomUUID();
  const giveUp = new AbortController();
  const shown = view.job(job, kind, () => giveUp.abort());
  try {
    const { result } = await withCall(office, { signal: giveUp.signal, timeout: patience }).start(kind, job);
    shown.end("done", result);
  } catch (error) {
    if (giveUp.signal.aborted) shown.end("canceled", "The call was given up, and the job with it.");
    else shown.end(...whatBecame(error));
  }
}

/** @param {string} job */
async function cancelById(job) {
  try {
    const { canceled } = await office.cancel(job);
    if (!canceled) view.ended(job, "unknown", "It was not running any more.");
  } catch (error) {
    view.jobText(job, `Not canceled: ${text(error)}`);
  }
}

/**
 * What became of a job whose call failed, and a sentence about it.
 * @param {any} error
 * @returns {[outcome: string, text: string]}
 */
function whatBecame(error) {
  switch (error.code) {
    case "CANCELED":
      return ["canceled", text(error)];
    case "unreachable":
      return ["failed", "It was not started: the server cannot be reached."];
    case "outcome-unknown":
      return ["unknown", "The connection was lost, and the job ended with it."];
    case "timeout":
      return ["failed", "It took too long, and was given up."];
    case "closed":
      return ["canceled", "You left."];
  }
  return ["failed", text(error)];
}

view.onEnter((name) => {
  const user = name.trim().toLowerCase();
  if (user) enter(user);
});
view.onLeave(leave);
view.onStart(start);

// Who is there is asked for when somebody is about to choose.
view.onChoose(async () => {
  try {
    view.users(await office.users());
  } catch {
    view.users([]); // a name can be typed all the same
  }
});

view.onSend(async (to, note) => {
  const user = to.trim().toLowerCase();
  try {
    const { sent, missing, dropped } = await office.notify(user, note);
    if (missing > 0) view.delivery("warning", `Nobody was there: ${user} has no window open, and will not get it later.`);
    else if (sent === 0) view.delivery("warning", `Lost: ${user} had a window open that could not take it.`);
    else view.delivery("success", `On its way to ${windows(sent)} of ${user}${dropped > 0 ? `; ${windows(dropped)} did not take it` : ""}.`);
    return sent > 0;
  } catch (error) {
    view.delivery("error", whyNotSent(error));
    return false;
  }
});

/** A sentence about a note whose call failed. @param {any} error */
function whyNotSent(error) {
  switch (error.code) {
    case "unreachable":
      return "Not sent: the server cannot be reached.";
    case "outcome-unknown":
    case "timeout":
      return "Nobody knows whether it was sent: the server did not answer.";
  }
  return `Not sent: ${text(error)}`;
}

/** @param {number} n */
function windows(n) {
  return n === 1 ? "one window" : `${n} windows`;
}

/** A sentence. @param {unknown} error */
function text(error) {
  const message = (error instanceof Error ? error.message : String(error)).trim();
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

const name = sessionStorage.getItem(remembered);
if (name) enter(name);
else view.name();
