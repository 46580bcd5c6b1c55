// @ts-check
// Who this window is. The session storage is a window's own and outlives a reload: two windows
// are two people, and a reload stays the same one.

/** Kept here when the browser does not let the page store anything. */
const fallback = new Map();

/**
 * What was kept under a key; "" if nothing was.
 * @param {string} key
 * @returns {string}
 */
export function recall(key) {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return fallback.get(key) ?? "";
  }
}

/**
 * Keeps a text until the window is closed.
 * @param {string} key
 * @param {string} value
 */
export function keep(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    fallback.set(key, value);
  }
}

/** The id under which the server knows this window. Whoever knows it gets its messages: it is shown to nobody. */
export function clientId() {
  let id = recall("chat.client");
  if (!id) {
    id = crypto.randomUUID();
    keep("chat.client", id);
  }
  return id;
}

/** The room that the address asks for. */
export function roomName() {
  const name = new URLSearchParams(location.search).get("room")?.trim();
  return name?.slice(0, 200) || "lobby"; // the server says what is too long
}

/**
 * How long a text is for the server.
 * @param {string} text
 */
export const byteLength = (text) => new TextEncoder().encode(text).length;
