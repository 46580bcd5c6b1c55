import type { RpcError } from "./errors.ts";

/** What a page sees of its connection. */
export type ConnectionState =
  /** Nothing was sent yet, or the connection ended and nobody wants it back. */
  | { name: "idle" }
  /** An attempt to connect is under way; 1 is the first since the connection last stood. */
  | { name: "connecting"; attempt: number }
  /** The connection stands. */
  | { name: "open"; reopened: boolean }
  /** The connection was just lost, and `onClose` decides what comes next. */
  | { name: "lost"; code: number; reason: string }
  /** There is no connection, and the next attempt begins at `retryAt`, in milliseconds since the epoch. */
  | { name: "waiting"; attempt: number; retryAt: number }
  /**
   * Nothing is tried by itself any more: `onClose` said no, or the server closed for good (4403, 4409,
   * 4500 to 4999), and then the next call tries again; or the client was disposed of.
   */
  | { name: "closed"; code: number; reason: string };

/** How a connection ended. */
export interface CloseInfo {
  /** The close code of RFC 6455, or the application's own (4000 to 4999); 1006 when the connection just broke. */
  code: number;
  reason: string;
}

/** What is known when tokens and subprotocols are asked for, before each attempt to connect. */
export interface ConnectAttempt {
  /** 1 for the first attempt since the connection last stood. */
  attempt: number;
  /** How the last connection ended; undefined before the first. */
  lastClose: CloseInfo | undefined;
}

/** What a transport tells its client. */
export interface TransportHandlers {
  /** Every message from the server, in order. */
  message(data: string): void;
  /** The connection stands; messages follow. */
  open(reopened: boolean): void;
  /**
   * The connection, which stood, is lost. A promise of false ends the attempts to connect again; the
   * next one waits for it.
   */
  close(info: CloseInfo): Promise<boolean>;
  /** The state changed. */
  state(state: ConnectionState): void;
}

/** A message on its way. */
export interface Sending {
  /** Whether it was given to a connection. A connection that then breaks may have delivered it, or not. */
  readonly sent: boolean;
  /** Puts another message in its place, or none, if it was not given to a connection yet. */
  replace(data?: string): void;
}

/** Moves texts between a client and one object, and never looks inside them. */
export interface Transport {
  /** Under which the server knows this client; downstream messages need one. */
  readonly clientId: string | undefined;
  /** Whether messages can arrive that nobody asked for. */
  readonly canReceive: boolean;
  /**
   * Called once, by the client: what to tell it, the codec to ask the server for, and a message that every
   * server answers, to find out whether the connection still lives.
   */
  attach(handlers: TransportHandlers, codec: string, probe: string): void;
  /** Whether the connection is opened at once, tested when it is quiet, and opened again whenever it is lost. */
  setKeepAlive(enabled: boolean): void;
  /**
   * Sends a message, connecting when needed. Messages leave in the order of the calls. `failed` is
   * called, later, when it was not sent and never will be.
   */
  send(data: string, failed: (why: RpcError) => void): Sending;
  /** Sends a message if the connection stands, and drops it otherwise. */
  sendNow(data: string): void;
  /** Connects now, unless there is a connection, or an attempt is under way. */
  connect(): void;
  /** Finds out whether a standing connection lives. */
  test(): void;
  /** Ends everything, for good. */
  close(code: number, reason: string): void;
}
