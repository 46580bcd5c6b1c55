import { chromium, type Browser, type Page } from "playwright-core";

/** Background traffic of Chromium's own would only fail here, and disturb. */
const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export function launch(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"];
  if (!executablePath) throw new Error("CHROMIUM names no browser: run make test-pages");
  return chromium.launch({ executablePath, args: flags });
}

export interface Look {
  width?: number;
  height?: number;
  colorScheme?: "light" | "dark";
}

/** A window of its own, which shares nothing with others, and what went wrong in it. */
export interface Window {
  page: Page;
  /** The Content-Security-Policy that the page came with. */
  policy: string;
  /** Errors and violations of the Content-Security-Policy that the page reported. */
  faults: string[];
  /** Requests to other origins than the page's. */
  foreign: string[];
}

export async function open(browser: Browser, url: string, look: Look = {}): Promise<Window> {
  const context = await browser.newContext({
    viewport: { width: look.width ?? 900, height: look.height ?? 700 },
    colorScheme: look.colorScheme ?? "light",
  });
  return watch(await context.newPage(), url);
}

/** One more tab of the same browser session as an open window's. */
export async function openTab(beside: Page, url: string): Promise<Window> {
  return watch(await beside.context().newPage(), url);
}

async function watch(page: Page, url: string): Promise<Window> {
  const window: Window = { page, policy: "", faults: [], foreign: [] };
  const own = () => new URL(page.url() === "about:blank" ? url : page.url()).host;
  page.on("pageerror", (error) => window.faults.push(String(error)));
  page.on("console", (message) => {
    // What a browser says of lost connections and refused requests is the test's own doing.
    if (message.type() === "error" && !/WebSocket connection|ERR_CONNECTION|status of (401|403|429)/.test(message.text())) window.faults.push(message.text());
  });
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (host !== own() && !request.isNavigationRequest() && protocol !== "data:" && protocol !== "blob:") window.foreign.push(request.url());
  });
  page.on("websocket", (socket) => {
    if (new URL(socket.url()).host !== own()) window.foreign.push(socket.url());
  });
  window.policy = (await page.goto(url))?.headers()["content-security-policy"] ?? "";
  return window;
}
