// @ts-check
// Elements by id and by kind.

/**
 * The element of the page with that id, which must be of that kind.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [kind]
 * @returns {T}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof (kind ?? HTMLElement))) {
    throw new Error(`the page has no ${kind?.name ?? "element"} #${id}`);
  }
  return /** @type {T} */ (element);
}

/**
 * A new element with a class and a text. Texts of others come in this way, and no other: never as HTML.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) {
    element.className = className;
  }
  if (text !== undefined) {
    element.textContent = text;
  }
  return element;
}

/**
 * A round mark with somebody's initials, in his colour.
 * @param {string} name
 */
export function avatar(name) {
  const mark = make("span", "avatar", initials(name));
  mark.ariaHidden = "true";
  setColour(mark, name);
  return mark;
}

/**
 * Gives an element the colour of somebody, which is always the same.
 * @param {HTMLElement} element
 * @param {string} name
 */
export function setColour(element, name) {
  let hash = 0;
  for (const c of name.toLowerCase()) {
    hash = (Math.imul(hash, 31) + (c.codePointAt(0) ?? 0)) >>> 0;
  }
  element.style.setProperty("--hue", String((Math.imul(hash, 2654435761) >>> 0) % 360));
}

/** @param {string} name */
function initials(name) {
  const words = name.split(/\s+/);
  const last = words.length > 1 ? firstOf(words.at(-1)) : "";
  return (firstOf(words[0]) + last).toUpperCase();
}

/** @param {string | undefined} word */
const firstOf = (word) => [...(word ?? "")][0] ?? "";
