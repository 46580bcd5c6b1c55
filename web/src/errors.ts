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

/**
 * A failure that Millrace itself reports, on this side or the server's. What a remote
 * method threw is never an RpcError.
 */
export class RpcError extends Error {
  override name = "RpcError";

  constructor(
    readonly code: RpcErrorCode,
    message: string,
    /** Whether the server reported it. */
    readonly remote = false,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** How much of a text of the server's an error shows. */
const maxPeerText = 4096;

/** What an answer's `error` stands for: the server's own report, or what a method threw, unchanged. */
export function thrown(value: unknown): unknown {
  if (!(value instanceof Error) || !Object.hasOwn(value, "millraceCode")) return value;
  const code = (value as unknown as { millraceCode: unknown }).millraceCode;
  const known = typeof code === "string" && codes.has(code) ? (code as RpcErrorCode) : "internal";
  return new RpcError(known, String(value.message).slice(0, maxPeerText), true);
}
