/** What a page sees of the connection. */
export type ConnectionState =
  /** Nothing was sent yet, or the connection was lost and keep-alive is off. */
  | { name: "idle" }
  /** An attempt to connect is under way. */
  | { name: "connecting"; attempt: number }
  /** The connection stands. */
  | { name: "open"; reopened: boolean }
  /** The connection is lost, and the next attempt begins at `retryAt` (milliseconds since the epoch). */
  | { name: "waiting"; attempt: number; retryAt: number }
  /** Nothing is tried any more: the client was disposed of, `onClose` said no, or the server did. */
  | { name: "closed"; code: number; reason: string };

/** How a connection ended. */
export interface CloseInfo {
  /** Close code of RFC 6455, or of the application (4000 to 4999); 1006 when the connection just broke. */
  code: number;
  reason: string;
}

/** What is known when tokens or subprotocols are asked for, before each attempt to connect. */
export interface ConnectAttempt {
  /** 1 for the first attempt since the connection last stood. */
  attempt: number;
  /** How the last connection ended; undefined before the first. */
  lastClose: CloseInfo | undefined;
}

/** What a transport tells its client. All are called serially. */
export interface TransportHandlers {
  /** Every message from the server, in order. */
  message(data: string): void;
  /** The connection stands. */
  open(reopened: boolean): void;
  /**
   * The connection, which stood, is lost. `unsent` says of a message's number whether that message was not sent, and never will be.
   * A promise of false ends the attempts to connect again; the next one waits for it.
   */
  close(info: CloseInfo, unsent: (message: number) => boolean): Promise<boolean>;
  /** The state changed. */
  state(state: ConnectionState): void;
}

/** Moves texts between a client and one object, and never looks inside. */
export interface Transport {
  /** Under which the server knows this client; downstream messages need it. */
  readonly clientId: string | undefined;
  /** Whether messages that nobody asked for can arrive. */
  readonly canReceive: boolean;
  /** Called once, by the client. */
  setHandlers(handlers: TransportHandlers): void;
  /** The codec to ask the server for. Called once, by the client. */
  setCodec(name: string): void;
  /** Whether the connection is opened at once and again whenever it is lost. */
  setKeepAlive(enabled: boolean): void;
  /**
   * Sends a message, connecting when needed. Messages leave in the order of their
   * numbers, which are returned: 1, 2, 3... The promise is rejected when the message was not
   * sent and never will be, and fulfilled when it was given to the connection.
   */
  send(data: string): { number: number; sent: Promise<void> };
  /** Sends a message if the connection stands, and drops it otherwise. */
  sendNow(data: string): void;
  /** Ends everything, for good. */
  close(code: number, reason: string): void;
}
