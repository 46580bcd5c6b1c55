// @ts-check
// The ways to this room and to others, and the drawer in which they are on a phone.

import { byId } from "./dom.js";

/**
 * @param {string} room
 * @param {(text: string) => void} say
 */
export function setUpLinks(room, say) {
  const address = new URL(location.pathname, location.origin);
  if (room !== "lobby") {
    address.searchParams.set("room", room);
    byId("to-lobby").hidden = false;
  }
  byId("new-room", HTMLAnchorElement).href = `?room=${crypto.randomUUID().slice(0, 8)}`;

  const copy = byId("copy-link", HTMLButtonElement);
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(address.href);
      copy.textContent = "Copied";
      setTimeout(() => (copy.textContent = "Copy link"), 2000);
    } catch {
      say(`The browser does not let the page copy. The link is ${address.href}`);
    }
  });
}

export function setUpDrawer() {
  const side = byId("side");
  const toggle = byId("side-toggle");
  /** @param {boolean} open */
  const set = (open) => {
    side.classList.toggle("open", open);
    toggle.ariaExpanded = String(open);
  };
  toggle.addEventListener("click", () => set(!side.classList.contains("open")));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && side.classList.contains("open")) {
      set(false);
      toggle.focus();
    }
  });
  document.addEventListener("pointerdown", (event) => {
    const target = /** @type {Node} */ (event.target);
    if (!side.contains(target) && !toggle.contains(target)) {
      set(false);
    }
  });
}
