import { Calls, emptyBatch, isRemoteFunction } from "./calls.ts";
import type { Codec } from "./codec.ts";
import { RpcError } from "./errors.ts";
import { Inbox, settled, type Logger } from "./inbox.ts";
import { milliseconds } from "./time.ts";
import { lmz } from "./lmz.ts";
import type { Operation } from "./operations.ts";
import { Proxies } from "./proxy.ts";
import type { CallOptions, Remote } from "./remote.ts";
import type { CloseInfo, ConnectionState, Transport } from "./types.ts";

export interface RpcClientConfig {
  /** Reaches the object, and belongs to this client from now on. */
  transport: Transport;
  /** How values travel; `lmz`, that of the npm package @lumenize/structured-clone. */
  codec?: Codec;
  /** How long a call may take, in milliseconds; 30,000. 0 and Infinity are for ever. The server is told. */
  timeout?: number;
  /**
   * Takes the messages that the server sends unasked: one at a time, in order; a promise is waited for. It
   * switches keep-alive on: the connection is opened at once, watched, and opened again after
   * 1, 2, 4, 8, 16, 30, 30... seconds. Needs a clientId in the transport. Messages sent while there is no connection
   * are lost: catch up in `onReconnect`.
   */
  onDownstream?: (payload: any) => unknown;
  /**
   * Told of each loss of the connection, after the calls that it ended and before the next attempt, which
   * waits for it. False, or a promise of it, cancels that attempt. There is no connection until it is done, so all calls
   * fail meanwhile, as not run: `onReconnect` is the place to catch up.
   */
  onClose?: (code: number, reason: string) => boolean | void | Promise<boolean | void>;
  /**
   * Runs after each connection but the first, when it stands: the place to catch up. Downstream messages of the
   * new connection wait until it is done; calls do not.
   */
  onReconnect?: () => unknown;
  /** Told of every change of the connection's state. */
  onStateChange?: (state: ConnectionState) => void;
  /** Sees every message before the client does; true when it handled it. */
  onMessage?: (data: string) => boolean;
  /** Told of what handlers throw and of what cannot be read; the console. */
  logger?: Logger;
}

/** How many downstream messages may wait for their handler (C-15). */
const inboxLimit = 1024;

/** Each root proxy's client, and each client's settings for calls. */
const clients = new WeakMap<object, { client: Client; options: CallOptions }>();

/**
 * Makes a client of one object on a server. What it returns stands for that object: its methods
 * are called and its fields awaited by their names. Calls of one tick travel as one message; calls can be
 * continued and be arguments of others before they are answered, and then the server goes on from
 * their results, in the same round trip.
 *
 * Every call ends: with its result, with what the method threw, or with an RpcError.
 * @throws RpcError (`config`) when the configuration cannot work
 */
export function createRpcClient<T = any>(config: RpcClientConfig): Remote<T> {
  const client = new Client(config);
  return client.proxy(client.options) as Remote<T>;
}

/**
 * The same client with other settings for the calls that are made through what is returned:
 * `withCall(room, { timeout: 2000 }).postMessage("hi")`.
 */
export function withCall<C extends object>(client: C, options: CallOptions): C {
  const { client: inner, options: own } = find(client);
  return inner.proxy(checked({ timeout: options.timeout ?? own.timeout, signal: options.signal ?? own.signal })) as C;
}

/**
 * Ends a client for good, as `using` does: calls that are not answered fail with `closed`, and nothing is tried any
 * more. What was called in the same tick before is still sent, if there is a connection.
 */
export function dispose(client: object): void {
  find(client).client.dispose(1000, "Normal closure");
}

/** Connects now, unless there is a connection or an attempt is under way: for a button "try again". */
export function reconnectNow(client: object): void {
  find(client).client.config.transport.connect();
}

function checked({ timeout = 0, signal }: { timeout?: number | undefined; signal?: AbortSignal | undefined }): CallOptions {
  return { timeout: timeout === Infinity ? 0 : milliseconds("timeout", timeout), ...(signal && { signal }) };
}

function find(proxy: object): { client: Client; options: CallOptions } {
  const found = clients.get(proxy);
  if (!found) throw new RpcError("config", "this is not what createRpcClient returned");
  return found;
}

class Client {
  /** Of calls that are made without any of their own. */
  readonly options: CallOptions;
  readonly #codec: Codec;
  readonly #logger: Logger;
  readonly #calls: Calls;
  readonly #inbox: Inbox;
  readonly #proxies: Proxies;
  #inOnClose = false; // it runs
  #disposed = false;

  constructor(readonly config: RpcClientConfig) {
    const { transport, onDownstream, onReconnect, onStateChange } = config;
    this.options = checked({ timeout: config.timeout ?? 30_000 });
    this.#codec = config.codec ?? lmz;
    this.#logger = config.logger ?? console;
    if (onDownstream && !transport.canReceive) throw new RpcError("unsupported", "onDownstream needs a transport that can receive");
    if (onDownstream && transport.clientId === undefined) {
      throw new RpcError("config", "clientId required in transport config when using onDownstream");
    }
    this.#proxies = new Proxies(this, {
      call: (chain, options) => this.#calls.make(chain, options, this.#refusal()),
      dispose: () => this.dispose(1000, "Normal closure"),
    });
    this.#calls = new Calls(this.#codec, transport, (value) => this.#proxies.chainOf(value));
    this.#inbox = new Inbox(inboxLimit, this.#logger, () => this.#overflow());
    transport.attach(
      {
        message: (data) => this.#message(data),
        open: (reopened) => {
          if (reopened && onReconnect) this.#inbox.pushOnce("onReconnect", onReconnect);
        },
        close: (info) => this.#lost(info),
        state: (state) => void settled(this.#logger, "onStateChange", () => onStateChange?.(state)),
      },
      this.#codec.name,
      emptyBatch(this.#codec),
    );
    // Once who made it has it: handlers may want to use it.
    if (onDownstream) queueMicrotask(() => this.#disposed || transport.setKeepAlive(true));
  }

  /** What stands for the object, with settings for the calls that are made through it. */
  proxy(options: CallOptions): object {
    const proxy = this.#proxies.root(options);
    clients.set(proxy, { client: this, options });
    return proxy;
  }

  dispose(code: number, reason: string): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#inbox.close();
    this.#calls.end(new RpcError("closed", "WebSocket disconnected: the client was disposed of"));
    this.config.transport.close(code, reason);
  }

  /** Why calls that are made now can only fail. */
  #refusal(): RpcError | undefined {
    return this.#inOnClose ? new RpcError("unreachable", "there is no connection until onClose is done: catch up in onReconnect") : undefined;
  }

  #message(data: string): void {
    let message: any;
    try {
      const { onMessage } = this.config;
      if (onMessage?.(data) === true) return;
    } catch (error) {
      this.#logger.error("millrace: onMessage failed:", error);
    }
    try {
      // Functions come with answers only: nobody's message to others becomes one here.
      let answers = false;
      message = this.#codec.decode(data, {
        begin: (root) => (answers = root.key("type")?.scalar === "__rpc"),
        revive: (marker) => (answers && isRemoteFunction(marker) ? (content) => this.#remoteFunction(content) : undefined),
      });
    } catch (error) {
      this.#logger.warn("millrace: unreadable message:", error);
      this.#calls.unreadable(data, error as Error);
      return;
    }
    if (message?.type === "__rpc" && Array.isArray(message.batch)) {
      this.#calls.answer(message.batch);
    } else if (message?.type === "__downstream") {
      const { onDownstream } = this.config;
      const { payload } = message;
      if (onDownstream) this.#inbox.push("onDownstream", () => onDownstream(payload));
    }
  }

  /** A function that a server sent: calling it goes the way to it again, and calls what is there (C-11). */
  #remoteFunction(content: Record<string, unknown>): unknown {
    return this.#proxies.remoteFunction(() => content["__operationChain"] as Operation[], this.options);
  }

  async #lost(info: CloseInfo): Promise<boolean> {
    this.#calls.lost();
    const { onClose } = this.config;
    if (!onClose) return true;
    this.#inOnClose = true;
    const answer = await settled(this.#logger, "onClose", () => onClose(info.code, info.reason));
    this.#inOnClose = false;
    return answer !== false;
  }

  #overflow(): void {
    const reason = `${inboxLimit} downstream messages wait for onDownstream`;
    this.#logger.error(`millrace: closed: ${reason}`);
    this.dispose(1008, reason);
    void this.#lost({ code: 1008, reason });
  }
}
