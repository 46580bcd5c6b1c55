import { Calls, emptyBatch, isRemoteFunction } from "./calls.ts";
import type { Codec } from "./codec.ts";
import { RpcError } from "./errors.ts";
import { Inbox, settled, type Logger } from "./inbox.ts";
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
  /** How long a call may take, in milliseconds; 30,000. 0 is for ever. The server is told. */
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
   * waits for it. False, or a promise of it, cancels that attempt. There is no connection while it runs, so calls
   * that it makes fail: `onReconnect` is the place for them.
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
  return inner.proxy({ ...own, ...options }) as C;
}

/** Ends a client for good: its calls fail with `closed`, and nothing is tried any more. `using` does the same. */
export function dispose(client: object): void {
  find(client).client.dispose(1000, "Normal closure");
}

/** Connects now if the next attempt is only scheduled. Does nothing otherwise. */
export function reconnectNow(client: object): void {
  find(client).client.config.transport.wake();
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
  #inOnClose = false; // its synchronous part runs
  #disposed = false;

  constructor(readonly config: RpcClientConfig) {
    const { transport, onDownstream } = config;
    this.options = { timeout: config.timeout ?? 30_000 };
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
          if (reopened && config.onReconnect) this.#inbox.push("onReconnect", config.onReconnect);
        },
        close: (info) => this.#lost(info),
        state: (state) => {
          try {
            config.onStateChange?.(state);
          } catch (error) {
            this.#logger.error("millrace: onStateChange failed:", error);
          }
        },
      },
      this.#codec.name,
      emptyBatch(this.#codec),
    );
    if (onDownstream) transport.setKeepAlive(true);
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
    this.config.transport.close(code, reason);
    this.#calls.end(new RpcError("closed", "WebSocket disconnected: the client was disposed of"));
  }

  /** Why calls that are made now can only fail. */
  #refusal(): RpcError | undefined {
    return this.#inOnClose ? new RpcError("unreachable", "there is no connection while onClose runs: catch up in onReconnect") : undefined;
  }

  #message(data: string): void {
    let message: any;
    try {
      if (this.config.onMessage?.(data)) return;
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
    } else if (message?.type === "__downstream" && this.config.onDownstream) {
      const { payload } = message;
      this.#inbox.push("onDownstream", () => this.config.onDownstream!(payload));
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
    const answer = settled(this.#logger, "onClose", () => {
      this.#inOnClose = true;
      try {
        return onClose(info.code, info.reason);
      } finally {
        this.#inOnClose = false;
      }
    });
    return (await answer) !== false;
  }

  #overflow(): void {
    const reason = `${inboxLimit} downstream messages wait for onDownstream`;
    this.#logger.error(`millrace: closed: ${reason}`);
    this.dispose(1008, reason);
    void this.#lost({ code: 1008, reason });
  }
}
