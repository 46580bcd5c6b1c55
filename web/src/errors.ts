/** The kinds of failure that Millrace itself reports; those of the Go packages. */
export type RpcErrorCode =
  /** An option or an argument does not fit; nothing was sent. */
  | "config"
  | "unsupported"
  | "malformed"
  /** A limit was exceeded; the message names it. */
  | "limit"
  | "unencodable"
  | "mismatch"
  | "unknown-binding"
  | "unknown-member"
  | "not-callable"
  | "bad-arguments"
  | "unauthenticated"
  | "forbidden"
  | "rate-limited"
  /** Not sent: trying again is safe. */
  | "unreachable"
  /** Sent, and no answer came: it ran once or not at all. */
  | "outcome-unknown"
  /** The client was disposed of. */
  | "closed"
  | "canceled"
  | "timeout"
  | "object-busy"
  | "plugin-crashed"
  | "internal";

const codes = new Set<string>([
  "config", "unsupported", "malformed", "limit", "unencodable", "mismatch", "unknown-binding", "unknown-member", "not-callable",
  "bad-arguments", "unauthenticated", "forbidden", "rate-limited", "unreachable", "outcome-unknown", "closed", "canceled",
  "timeout", "object-busy", "plugin-crashed", "internal",
] satisfies RpcErrorCode[]);

/** What more is known of an RpcError. */
export interface RpcErrorDetails extends ErrorOptions {
  /** Whether the server reported it. */
  remote?: boolean;
  /** Whether it is certain that the call did not run: then making it again cannot run it twice. */
  notRun?: boolean;
}

/**
 * A failure that Millrace itself reports, on this side or the server's. What a remote
 * method threw is never an RpcError.
 */
export class RpcError extends Error {
  override name = "RpcError";
  readonly code: RpcErrorCode;
  /** Whether the server reported it. */
  readonly remote: boolean;
  /** Whether it is certain that the call did not run: then making it again cannot run it twice. */
  readonly notRun: boolean;

  constructor(code: RpcErrorCode, message: string, details: RpcErrorDetails = {}) {
    super(message, details);
    this.code = code;
    this.remote = details.remote ?? false;
    this.notRun = details.notRun ?? code === "unreachable";
  }
}

/** How much of a text of the server's an error shows. */
const maxPeerText = 4096;

/** What an answer's `error` stands for: the server's own report, or what a method threw, unchanged. */
export function thrown(value: unknown): unknown {
  if (!(value instanceof Error) || !Object.hasOwn(value, "millraceCode")) return value;
  const code = (value as unknown as { millraceCode: unknown }).millraceCode;
  const known = typeof code === "string" && codes.has(code) ? (code as RpcErrorCode) : "internal";
  return new RpcError(known, String(value.message).slice(0, maxPeerText), { remote: true });
}
