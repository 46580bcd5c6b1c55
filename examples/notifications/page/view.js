// @ts-check

/** @typedef {import("/__rpc/client.js").ConnectionState} ConnectionState */

/** What the page shows. Nothing here knows of connections or calls. */

/** How many jobs and notes are shown, and how long a toast, in milliseconds. */
const shownJobs = 20;
const shownNotes = 20;
const toastTime = 8_000;

/** @param {string} id @returns {any} */
function $(id) {
  return document.getElementById(id);
}

/**
 * An element with a class and a text.
 * @param {string} tag @param {string} className @param {string} [text]
 * @returns {any}
 */
function make(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Asks for a name. */
export function name() {
  document.body.dataset.view = "name";
  $("office").hidden = true;
  $("enter").hidden = false;
  $("enter-form").reset();
  $("name").focus();
  connection({ name: "idle" });
}

/** Shows the office, empty. @param {string} user */
export function office(user) {
  document.body.dataset.view = "office";
  $("enter").hidden = true;
  $("office").hidden = false;
  $("me").textContent = user;
  paint($("avatar"), user);
  for (const id of ["jobs", "notes", "toasts", "users"]) $(id).replaceChildren();
  jobs.clear();
  $("note-form").reset();
  $("delivery").hidden = true;
}

/**
 * How each state of a connection looks, and what it is called.
 * @type {Record<ConnectionState["name"], [tone: string, words: string]>}
 */
const connections = {
  idle: ["", "Not connected"],
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

// Jobs -----------------------------------------------------------------------------------

/** @typedef {{ kind: string, row: any, progress: (percent: number, stage: string) => void, end: (outcome: string, text: string) => void }} Job */

/** Those that are shown, by their ids. @type {Map<string, Job>} */
const jobs = new Map();

/**
 * The job with that id, which is shown if it was not.
 * @param {string} id
 * @param {string} kind
 * @param {() => void} cancel
 * @returns {Job}
 */
export function job(id, kind, cancel) {
  const known = jobs.get(id);
  if (known) return known;
  const row = make("li", "job");
  row.dataset.job = id;
  row.dataset.kind = kind;
  row.dataset.outcome = "running";
  const title = kind.charAt(0).toUpperCase() + kind.slice(1);
  const head = make("p", "job-name", title);
  const number = make("span", "job-percent", "0 %");
  head.append(number);
  const bar = make("div", "bar");
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-label", title);
  bar.setAttribute("aria-valuenow", "0");
  bar.append(make("div", "bar-done"));
  const text = make("p", "job-text", "Starting");
  const button = make("button", "small", "Cancel");
  button.setAttribute("aria-label", `Cancel ${title}`);
  button.addEventListener("click", cancel);
  row.append(head, bar, text, button);
  $("jobs").prepend(row);

  /** @type {Job} */
  const made = {
    kind,
    row,
    progress(percent, stage) {
      if (row.dataset.outcome !== "running") return; // it came after the end
      row.dataset.percent = String(percent);
      row.style.setProperty("--percent", String(percent));
      bar.setAttribute("aria-valuenow", String(percent));
      number.textContent = `${percent} %`;
      text.textContent = stage;
    },
    end(outcome, why) {
      if (row.dataset.outcome !== "running") return; // message and answer say the same
      row.dataset.outcome = outcome;
      text.textContent = why;
      text.setAttribute("role", "status");
      button.remove();
    },
  };
  jobs.set(id, made);
  for (const [old, { row }] of jobs) {
    if (jobs.size <= shownJobs) break;
    if (row.dataset.outcome === "running") continue;
    row.remove();
    jobs.delete(old);
  }
  return made;
}

/** @param {string} id @param {string} outcome @param {string} text */
export function ended(id, outcome, text) {
  jobs.get(id)?.end(outcome, text);
}

/** @param {string} id @param {string} text */
export function jobText(id, text) {
  const row = jobs.get(id)?.row;
  if (row) row.querySelector(".job-text").textContent = text;
}

/** These run, and the others do not any more. @param {{ job: string, percent: number, stage: string }[]} running */
export function onlyRunning(running) {
  for (const [id, shown] of jobs) {
    const now = running.find((r) => r.job === id);
    if (now) shown.progress(now.percent, now.stage);
    else shown.end("unknown", "It ended while this window was away.");
  }
}

// Notes ----------------------------------------------------------------------------------

/** A note that arrived. @param {{ from: string, text: string, time: Date }} note */
export function note({ from, text, time }) {
  $("notes").prepend(describe("li", from, text, time));
  while ($("notes").children.length > shownNotes) $("notes").lastChild.remove();

  const toast = describe("div", from, text, time);
  toast.classList.add("toast");
  const close = make("button", "quiet small", "×");
  close.setAttribute("aria-label", `Close the note from ${from}`);
  toast.append(close);
  let timer = setTimeout(() => toast.remove(), toastTime);
  close.addEventListener("click", () => {
    clearTimeout(timer);
    toast.remove();
  });
  // Whoever reads it has time.
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => (timer = setTimeout(() => toast.remove(), toastTime)));
  $("toasts").append(toast);
  while ($("toasts").children.length > 3) $("toasts").firstChild.remove();
}

/** @param {string} tag @param {string} from @param {string} text @param {Date} time */
function describe(tag, from, text, time) {
  const element = make(tag, "note");
  element.dataset.from = from;
  const avatar = make("span", "avatar");
  avatar.setAttribute("aria-hidden", "true");
  paint(avatar, from);
  const head = make("p", "note-from");
  const when = make("time", "muted small", time.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }));
  when.dateTime = time.toISOString();
  head.append(make("b", "", from), when);
  element.append(avatar, head, make("p", "note-text", text));
  return element;
}

/** What became of the last note. @param {"success" | "warning" | "error"} tone @param {string} text */
export function delivery(tone, text) {
  const banner = $("delivery");
  banner.hidden = false;
  banner.className = `banner ${tone}`;
  banner.dataset.tone = tone;
  banner.textContent = text;
}

/** Whom one could write to. @param {string[]} names */
export function users(names) {
  $("users").replaceChildren(
    ...names.map((name) => {
      const option = document.createElement("option");
      option.value = name;
      return option;
    }),
  );
}

// What people do -------------------------------------------------------------------------

/** @param {(name: string) => void} what */
export function onEnter(what) {
  $("enter-form").addEventListener("submit", (/** @type {Event} */ e) => {
    e.preventDefault();
    what($("name").value);
  });
}

/** @param {() => void} what */
export function onLeave(what) {
  $("leave").addEventListener("click", what);
}

/** @param {(kind: string) => void} what */
export function onStart(what) {
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".kinds button"))) {
    button.addEventListener("click", () => what(String(button.dataset.kind)));
  }
}

/** @param {() => void} what */
export function onChoose(what) {
  $("to").addEventListener("focus", what);
}

/** @param {(to: string, text: string) => Promise<boolean>} what says whether the text is done with */
export function onSend(what) {
  let busy = false;
  $("note-form").addEventListener("submit", async (/** @type {Event} */ e) => {
    e.preventDefault();
    if (busy) return;
    busy = true;
    try {
      if (await what($("to").value, $("text").value)) $("text").value = "";
    } finally {
      busy = false;
    }
  });
  // Enter sends, as in other places where people write to each other; Shift+Enter begins a line.
  $("text").addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => {
    if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
    e.preventDefault();
    $("note-form").requestSubmit();
  });
}

/** The mark of somebody. @param {any} avatar @param {string} name */
function paint(avatar, name) {
  avatar.textContent = [...name].slice(0, 2).join("").toUpperCase();
  let hue = 0;
  for (const c of name) hue = (hue * 31 + (c.codePointAt(0) ?? 0)) % 360;
  avatar.style.setProperty("--hue", String(hue));
}
