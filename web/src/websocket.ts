import { Backoff, isTerminal } from "./backoff.ts";
import { RpcError } from "./errors.ts";
import { Heartbeat } from "./heartbeat.ts";
import { isToken, socketURL, subprotocols } from "./handshake.ts";
import { milliseconds } from "./time.ts";
import type { CloseInfo, ConnectAttempt, ConnectionState, Sending, Transport, TransportHandlers } from "./types.ts";

export interface WebSocketTransportOptions {
  /**
   * Under which the server sends to this client: 1 to 128 bytes. Whoever may come under an id gets its
   * messages: the server decides. Several tabs may share one; each gets everything.
   */
  clientId?: string;
  /** Where the server is; the page's own origin, or http://localhost:8787 where there is none. */
  baseUrl?: string;
  /** Begins the path; `/__rpc`. */
  prefix?: string;
  /**
   * A token, or a function that is asked for one before each attempt to connect. It travels
   * as the subprotocol `token.<token>`, never in the URL. When the function throws, the attempt fails.
   */
  token?: string | ((about: ConnectAttempt) => string | undefined | Promise<string | undefined>);
  /** More subprotocols, or a function that is asked for them before each attempt. */
  additionalProtocols?: string[] | ((about: ConnectAttempt) => string[] | Promise<string[]>);
  /** Each delay before an attempt is multiplied by a random number from 1-jitter to 1+jitter; 0.2. */
  jitter?: number;
  /** How long an attempt to connect may take, in milliseconds; 15,000. */
  connectTimeout?: number;
  /** After how long a silence a connection that is kept alive is tested, in milliseconds; 25,000. 0 is never. */
  heartbeatInterval?: number;
  /** How long the answer to a test may take, in milliseconds; 10,000. */
  heartbeatWait?: number;
  /** How many bytes may wait to be sent; 1 MiB. */
  maxQueueBytes?: number;
  /** Used in place of the global WebSocket, where there is none. */
  WebSocketClass?: new (url: string, protocols: string[]) => Socket;
}

/** What is used of a WebSocket. */
export interface Socket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: any;
  onmessage: any;
  onclose: any;
  onerror: any;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

/**
 * Reaches the object `instance` of `binding` by WebSocket. Nothing happens before a client uses it.
 * @throws RpcError (`config`) when something in the options cannot be used.
 */
export function createWebSocketTransport(binding: string, instance: string, options: WebSocketTransportOptions = {}): Transport {
  return new WebSocketTransport(binding, instance, options);
}

interface Queued {
  data: string;
  bytes: number;
  sent: boolean;
  failed: (why: RpcError) => void;
}

/** How long a page that just woke up waits for the answer to a test, at most. */
const wakeWait = 5_000;

/** How soon after a page woke up a loss is put down to its sleep, and the schedule is not waited for. */
const justWoken = 2_000;

/** The state of a socket that messages can be given to. */
const OPEN = 1;

/** The most messages that may wait for a connection. */
const maxQueue = 1024;

class WebSocketTransport implements Transport {
  readonly clientId: string | undefined;
  readonly canReceive = true;
  readonly #url: string;
  readonly #options: WebSocketTransportOptions;
  readonly #class: NonNullable<WebSocketTransportOptions["WebSocketClass"]>;
  readonly #connectTimeout: number;
  readonly #maxQueueBytes: number;
  readonly #backoff: Backoff;
  readonly #heartbeat: Heartbeat;
  #handlers!: TransportHandlers;
  #codec = "";
  #probe = "";

  #socket: Socket | undefined; // while it is being opened, and while it stands
  #state: ConnectionState = { name: "idle" };
  #queue: Queued[] = []; // in order; empty while the connection takes messages
  #queued = 0; // bytes in the queue
  #keepAlive = false;
  #stood = false; // there was a connection before
  #received = false; // something arrived on this connection
  #attempts = 0; // since the connection last stood
  #attempt = 0; // distinguishes attempts: what belongs to an earlier one is ignored
  #ended = false; // for good
  #lastClose: CloseInfo | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined; // of the next attempt, or of the one under way
  #demanded = false; // the server asked for the delay that runs
  #woken = -Infinity; // when the page last woke up
  readonly #wake = ({ type }: Event) => {
    if (type === "visibilitychange" && document.visibilityState !== "visible") return;
    if (type !== "offline") this.#woken = Date.now();
    if (type !== "offline" && this.#state.name === "waiting" && !this.#demanded) this.connect();
    else if (this.#stands) this.#heartbeat.test(wakeWait);
  };

  constructor(binding: string, instance: string, options: WebSocketTransportOptions) {
    this.#url = socketURL(binding, instance, options.baseUrl, options.prefix);
    this.#options = options;
    this.#class = options.WebSocketClass ?? globalThis.WebSocket;
    if (!this.#class) throw new RpcError("config", "there is no global WebSocket: give the option WebSocketClass");
    const id = options.clientId;
    if (id !== undefined && id !== "") {
      if (bytesOf(id) > 128) throw new RpcError("config", "the clientId has more than 128 bytes");
      if (/\p{C}|\p{Zl}|\p{Zp}/u.test(id)) throw new RpcError("config", "the clientId has characters that cannot be shown");
      this.clientId = id;
    }
    const jitter = options.jitter ?? 0.2;
    if (!(jitter >= 0 && jitter <= 1)) throw new RpcError("config", `jitter is ${jitter}, and must be from 0 to 1`);
    this.#backoff = new Backoff(jitter);
    this.#connectTimeout = milliseconds("connectTimeout", options.connectTimeout ?? 15_000);
    this.#maxQueueBytes = options.maxQueueBytes ?? 1 << 20;
    if (!(this.#maxQueueBytes > 0)) throw new RpcError("config", `maxQueueBytes is ${options.maxQueueBytes}, and must be positive`);
    const interval = milliseconds("heartbeatInterval", options.heartbeatInterval ?? 25_000);
    const wait = milliseconds("heartbeatWait", options.heartbeatWait ?? 10_000);
    this.#heartbeat = new Heartbeat(interval, wait, {
      probe: () => this.sendNow(this.#probe),
      backlog: () => this.#socket?.bufferedAmount ?? 0,
      dead: () => this.#lost({ code: 1006, reason: "no answer to a test of the connection" }),
    });
  }

  attach(handlers: TransportHandlers, codec: string, probe: string): void {
    if (this.#handlers) throw new RpcError("config", "a transport serves one client, and this one has a client");
    this.#handlers = handlers;
    this.#codec = codec;
    this.#probe = probe;
  }

  setKeepAlive(enabled: boolean): void {
    if (enabled === this.#keepAlive || this.#ended) return;
    this.#keepAlive = enabled;
    this.#watchPage(enabled);
    if (this.#state.name === "open") {
      if (enabled) this.#heartbeat.start();
      else this.#heartbeat.stop();
    } else if (enabled) {
      this.connect();
    } else if (this.#state.name === "waiting" && this.#queue.length === 0) {
      clearTimeout(this.#timer);
      this.#become({ name: "idle" });
    }
  }

  send(data: string, failed: (why: RpcError) => void): Sending {
    const message: Queued = { data, bytes: bytesOf(data), sent: false, failed };
    const waiting = this.#queued + (this.#socket?.bufferedAmount ?? 0);
    let refusal: RpcError | undefined;
    if (this.#ended) refusal = closedError();
    else if (this.#queue.length >= maxQueue) refusal = limitError(`${maxQueue} messages wait to be sent already`);
    else if (waiting > 0 && waiting + message.bytes > this.#maxQueueBytes) {
      refusal = limitError(`${waiting} bytes wait to be sent already, and at most ${this.#maxQueueBytes} may (maxQueueBytes)`);
    }
    if (refusal) {
      const why = refusal;
      queueMicrotask(() => failed(why));
    } else if (this.#stands) {
      message.sent = true;
      this.#socket!.send(data);
    } else {
      this.#queue.push(message);
      this.#queued += message.bytes;
      // A scheduled attempt is waited for; it was scheduled for a reason.
      if (this.#state.name === "idle" || this.#state.name === "closed") this.connect();
    }
    return {
      get sent() {
        return message.sent;
      },
      replace: (data) => {
        const at = this.#queue.indexOf(message);
        if (at < 0) return;
        if (data === undefined) this.#queue.splice(at, 1);
        this.#queued -= message.bytes;
        message.data = data ?? "";
        message.bytes = bytesOf(message.data);
        this.#queued += message.bytes;
      },
    };
  }

  sendNow(data: string): void {
    if (this.#stands) this.#socket!.send(data);
  }

  test(): void {
    if (this.#stands) this.#heartbeat.test();
  }

  /** Whether messages can be given to the connection: one that is closing is not lost yet, and takes none. */
  get #stands(): boolean {
    return this.#state.name === "open" && this.#socket?.readyState === OPEN;
  }

  close(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#keepAlive = false;
    this.#watchPage(false);
    const socket = this.#detach();
    try {
      // Browsers take no other codes than 1000 and 3000 to 4999 from a page.
      socket?.close(code === 1000 || (code >= 3000 && code <= 4999) ? code : 1000, reason);
    } catch {
      socket?.close(); // the reason was too long
    }
    this.#fail(closedError());
    this.#become({ name: "closed", code, reason });
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#handlers.state(state);
  }

  connect(): void {
    if (this.#ended || ["connecting", "open", "lost"].includes(this.#state.name)) return;
    clearTimeout(this.#timer);
    const attempt = ++this.#attempt;
    this.#timer = setTimeout(
      () => this.#failed(attempt, new RpcError("unreachable", `no connection within ${this.#connectTimeout} ms`)),
      this.#connectTimeout,
    );
    this.#become({ name: "connecting", attempt: ++this.#attempts });
    if (this.#ended) return;
    this.#protocols().then(
      (protocols) => {
        if (attempt === this.#attempt) this.#open(attempt, protocols);
      },
      (cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause);
        this.#failed(attempt, new RpcError("unreachable", `no tokens or subprotocols to connect with: ${why}`, { cause }));
      },
    );
  }

  async #protocols(): Promise<string[]> {
    const about: ConnectAttempt = { attempt: this.#attempts, lastClose: this.#lastClose };
    const { token, additionalProtocols: more } = this.#options;
    const [secret, others] = await Promise.all([
      typeof token === "function" ? token(about) : token,
      typeof more === "function" ? more(about) : more,
    ]);
    const extra = [...(secret ? [`token.${secret}`] : []), ...(others ?? [])];
    // The browser would refuse as well, and print the token into its console.
    if (!extra.every(isToken)) throw new Error("a token or subprotocol has characters that cannot travel in a header");
    return subprotocols(this.clientId, extra, this.#codec);
  }

  #open(attempt: number, protocols: string[]): void {
    let socket: Socket;
    try {
      socket = new this.#class(this.#url, protocols);
    } catch (cause) {
      // What the browser says of it may show a token.
      this.#failed(attempt, new RpcError("unreachable", "WebSocket connection failed: the browser refused the attempt", { cause }));
      return;
    }
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }: MessageEvent) => {
      this.#received = true;
      this.#heartbeat.heard();
      if (typeof data === "string") this.#handlers.message(data);
    };
    socket.onclose = ({ code, reason }: CloseEvent) => {
      if (this.#state.name === "open") this.#lost({ code, reason });
      else this.#failed(attempt, new RpcError("unreachable", "WebSocket connection failed"));
    };
    socket.onerror = () => {}; // a close event follows and says as much
  }

  #opened(): void {
    clearTimeout(this.#timer);
    this.#backoff.opened();
    this.#attempts = 0;
    this.#received = false;
    const reopened = this.#stood;
    this.#stood = true;
    this.#become({ name: "open", reopened });
    if (this.#keepAlive) this.#heartbeat.start();
    this.#handlers.open(reopened);
    const queue = this.#takeQueue();
    for (const message of queue) {
      message.sent = true;
      this.#socket?.send(message.data);
    }
  }

  /** An attempt failed: nobody waits any longer than for the attempt that was under way. */
  #failed(attempt: number, why: RpcError): void {
    if (attempt !== this.#attempt || this.#ended) return;
    this.#detach()?.close();
    this.#fail(why);
    this.#again();
  }

  #lost(info: CloseInfo): void {
    this.#detach()?.close();
    this.#lastClose = info;
    this.#backoff.lost(info, this.#received);
    this.#become({ name: "lost", ...info });
    if (this.#ended) return;
    void this.#handlers.close(info).then((goOn) => {
      if (this.#ended) return;
      if (!goOn || isTerminal(info.code)) {
        this.#become({ name: "closed", ...info });
        this.#fail(new RpcError("unreachable", `WebSocket connection closed: ${info.code} ${info.reason}`.trimEnd()));
      } else {
        this.#again();
      }
    });
  }

  /** Schedules an attempt, or begins one, or leaves it, as is wanted. */
  #again(): void {
    if (this.#keepAlive && this.#attempts === 0 && Date.now() - this.#woken < justWoken && !this.#backoff.demanding) {
      this.#become({ name: "idle" });
      this.connect();
    } else if (this.#keepAlive) {
      const { delay, demanded } = this.#backoff.next();
      this.#demanded = demanded;
      this.#timer = setTimeout(() => this.connect(), delay);
      this.#become({ name: "waiting", attempt: this.#attempts + 1, retryAt: Date.now() + delay });
    } else {
      this.#become({ name: "idle" });
      if (this.#queue.length > 0) this.connect();
    }
  }

  /** Lets go of the socket: nothing that it still says is heard. */
  #detach(): Socket | undefined {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#attempt++;
    clearTimeout(this.#timer);
    this.#heartbeat.stop();
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
    return socket;
  }

  #takeQueue(): Queued[] {
    const queue = this.#queue;
    this.#queue = [];
    this.#queued = 0;
    return queue;
  }

  #fail(why: RpcError): void {
    for (const message of this.#takeQueue()) message.failed(why);
  }

  /** A page that is shown, restored or online again does not wait for the schedule; one that goes offline tests its connection. */
  #watchPage(on: boolean): void {
    const change = on ? "addEventListener" : "removeEventListener";
    if (typeof document !== "undefined") document[change]("visibilitychange", this.#wake);
    // Workers have these events, too; Node has none.
    globalThis[change]?.("online", this.#wake);
    globalThis[change]?.("offline", this.#wake);
    globalThis[change]?.("pageshow", this.#wake);
  }
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

function closedError(): RpcError {
  return new RpcError("closed", "WebSocket disconnected: the client was disposed of", { notRun: true });
}

function limitError(message: string): RpcError {
  return new RpcError("limit", message, { notRun: true });
}
