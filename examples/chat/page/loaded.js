// @ts-check
// Runs after chat.js, and says so when that could not be loaded whole.

const banner = document.getElementById("banner");
const text = document.getElementById("banner-text");
if (banner && text && document.body.dataset.loaded === undefined) {
  text.textContent = "The page could not be loaded whole. Is the server running? Reload the page to try again.";
  banner.hidden = false;
}
