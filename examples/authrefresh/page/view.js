// @ts-check

/** @typedef {import("/__rpc/client.js").ConnectionState} ConnectionState */

/** What the page shows. Nothing here knows of connections or sessions. */

/** How many ticks and events are shown. */
const shownTicks = 60;
const shownEvents = 100;

/** @param {string} id @returns {any} */
function $(id) {
  return document.getElementById(id);
}

const counts = { live: 0, late: 0, missed: 0 };

/** @param {"starting" | "signin" | "account"} name */
function show(name) {
  document.body.dataset.view = name;
  for (const id of ["starting", "signin", "account"]) $(id).hidden = id !== name;
}

/** Asks to sign in. @param {string} [why] */
export function signIn(why) {
  show("signin");
  connection({ name: "idle" });
  say($("signin-error"), undefined);
  notice(why && sentence(why));
  $("signin-form").reset();
  $("user").focus();
}

/** Shows an account that is about to be opened. @param {string} user */
export function account(user) {
  show("account");
  notice(undefined);
  $("who").textContent = user;
  $("who-server").textContent = "The server has not answered yet.";
  $("avatar").textContent = user.slice(0, 2).toUpperCase();
  $("avatar").style.setProperty("--hue", String(hue(user)));
  $("revoke").disabled = false;
  $("ticks").replaceChildren();
  $("tick-last").textContent = "none";
  counts.live = counts.late = counts.missed = 0;
  count();
}

/** What the server says of who we are. @param {string} text */
export function who(text) {
  $("who-server").textContent = text;
}

/** The session was ended: there is nothing more to end. */
export function revoked() {
  $("revoke").disabled = true;
}

/** A sentence above everything, or none. @param {string | undefined} text */
function notice(text) {
  $("notice").className = "banner warning";
  say($("notice"), text);
}

/** @param {any} element @param {string | undefined} text */
function say(element, text) {
  element.textContent = text ?? "";
  element.hidden = !text;
}

/** How long the token lasts. @param {{ left: number, lifetime: number, count: number }} of */
export function token({ left, lifetime, count }) {
  const ring = $("token");
  const seconds = Math.ceil(left / 1000);
  ring.dataset.seconds = String(seconds);
  ring.dataset.phase = left <= 0 ? "over" : left <= 5000 ? "soon" : "lasts";
  ring.style.setProperty("--left", String(lifetime > 0 ? (100 * left) / lifetime : 0));
  $("token-left").textContent = String(seconds);
  $("token-count").textContent = String(count);
}

/**
 * How each state of a connection looks, and what it is called.
 * @type {Record<ConnectionState["name"], [tone: string, words: string]>}
 */
const connections = {
  idle: ["", "Signed out"],
  connecting: ["wait", "Connecting…"],
  open: ["good", "Connected"],
  lost: ["wait", "Connection lost"],
  waiting: ["wait", "Connecting again"],
  closed: ["bad", "Not connected"],
};

/** @type {ReturnType<typeof setInterval> | undefined} */
let countdown;

/** @param {ConnectionState} state */
export function connection(state) {
  clearInterval(countdown);
  $("cut").disabled = state.name !== "open";
  const [tone, words] = connections[state.name];
  const pill = $("connection");
  pill.dataset.state = state.name;
  pill.className = `pill ${tone}`;
  pill.textContent = words;
  if (state.name !== "waiting") return;
  const tell = () => {
    const seconds = Math.max(0, Math.ceil((state.retryAt - Date.now()) / 1000));
    pill.textContent = seconds > 0 ? `${words} in ${seconds} s` : words;
  };
  tell();
  countdown = setInterval(tell, 1000);
}
/** @param {number} n @param {Date} time @param {boolean} late */
export function tick(n, time, late) {
  cell(n, late ? "late" : "live", `${n}, ${late ? "caught up with" : "heard at once"}`);
  $("tick-last").textContent = `${n} at ${clock(time)}`;
}

/** Ticks that will never come. @param {number} howMany */
export function missed(howMany) {
  counts.missed += howMany - 1;
  cell(NaN, "missed", `${howMany} missed`);
}

/** @param {number} n @param {"live" | "late" | "missed"} kind @param {string} title */
function cell(n, kind, title) {
  const li = document.createElement("li");
  li.dataset.kind = kind;
  if (!Number.isNaN(n)) li.dataset.n = String(n);
  li.title = title;
  const list = $("ticks");
  list.append(li);
  while (list.children.length > shownTicks) list.firstChild.remove();
  counts[kind]++;
  count();
}

function count() {
  $("tick-live").textContent = String(counts.live);
  $("tick-late").textContent = String(counts.late);
  $("tick-missed").textContent = String(counts.missed);
}

/**
 * Adds to what happened.
 * @param {string} name what scripts know it by
 * @param {"good" | "wait" | "bad"} tone
 * @param {string} text
 */
export function event(name, tone, text) {
  const log = $("log");
  const li = document.createElement("li");
  li.dataset.event = name;
  li.dataset.tone = tone;
  const time = document.createElement("time");
  const now = new Date();
  time.dateTime = now.toISOString();
  time.textContent = clock(now);
  const what = document.createElement("span");
  what.textContent = text;
  li.append(time, what);
  const box = log.parentElement;
  const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
  log.append(li);
  while (log.children.length > shownEvents) log.firstChild.remove();
  if (atEnd) box.scrollTop = box.scrollHeight;
}

/**
 * Calls what to do, one at a time, and shows what it throws where it belongs.
 * @param {string} id
 * @param {"click" | "submit"} kind
 * @param {(element: any) => Promise<void>} what
 */
export function on(id, kind, what) {
  const element = $(id);
  const error = kind === "submit" ? $("signin-error") : undefined;
  let busy = false;
  element.addEventListener(kind, async (/** @type {Event} */ e) => {
    e.preventDefault();
    if (busy) return;
    busy = true;
    element.setAttribute("aria-busy", "true");
    say(error ?? $("notice"), undefined);
    try {
      await what(element);
    } catch (thrown) {
      const why = sentence(thrown instanceof Error ? thrown.message : String(thrown));
      if (error) {
        say(error, why);
        $("password").select();
      } else {
        notice(why);
      }
    } finally {
      busy = false;
      element.removeAttribute("aria-busy");
    }
  });
}

/** @param {Date} time */
function clock(time) {
  return time.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
}

/** @param {string} text */
function sentence(text) {
  const trimmed = text.trim();
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1) + (/[.!?]$/.test(trimmed) ? "" : ".");
}

/** A colour for a name. @param {string} name */
function hue(name) {
  let sum = 0;
  for (const c of name) sum = (sum * 31 + (c.codePointAt(0) ?? 0)) % 360;
  return sum;
}
