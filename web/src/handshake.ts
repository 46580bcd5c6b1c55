import { RpcError } from "./errors.ts";

/** Whether a text is a token of RFC 7230, and so can be a subprotocol. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}

/** The address of an object. */
export function socketURL(binding: string, instance: string, base?: string, prefix = "/__rpc"): string {
  for (const [what, name] of [["binding", binding], ["instance", instance]] as const) {
    // A URL parser would take such a segment for a step, escaped or not.
    if (name === "" || name === "." || name === "..") throw new RpcError("config", `${JSON.stringify(name)} cannot be the name of a${what === "instance" ? "n" : ""} ${what}`);
  }
  const page = globalThis.location?.href;
  base ??= page === undefined ? "http://localhost:8787" : "/";
  let url: URL;
  try {
    url = new URL(base, page);
  } catch (cause) {
    throw new RpcError("config", `baseUrl ${JSON.stringify(base)} is not a URL`, { cause });
  }
  url.protocol = url.protocol.replace("http", "ws");
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw new RpcError("config", `the server cannot be at ${url.href}: give a baseUrl with http or https`);
  }
  const segments = [url.pathname, prefix].map((path) => path.replace(/^\/+|\/+$/g, "")).filter((path) => path !== "");
  url.pathname = [...segments, encodeURIComponent(binding), encodeURIComponent(instance), "call"].join("/");
  url.search = url.hash = "";
  return url.href;
}

/** What a client offers, in this order (T-43). */
export function subprotocols(clientId: string | undefined, extra: string[], codec: string): string[] {
  const offered = ["lumenize.rpc"];
  if (clientId !== undefined) {
    offered.push(isToken(clientId) ? `lumenize.rpc.clientId.${clientId}` : `millrace.clientId.${base64url(clientId)}`);
  }
  // Browsers refuse a list in which something is twice.
  return [...new Set([...offered, ...extra, `millrace.codec.${codec}`])];
}

function base64url(text: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
