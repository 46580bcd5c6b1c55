import { CodecError, type Codec, type WireLook } from "./codec.ts";
import { RpcError, thrown } from "./errors.ts";
import { type Chain, Nesting } from "./operations.ts";
import type { CallOptions } from "./remote.ts";
import type { Sending, Transport } from "./types.ts";

const typeRPC = "__rpc";

/** The most calls that go into one message; servers of ours take no more. */
const maxItems = 1000;

/** A call, from being made to being settled. */
export interface Call {
  readonly chain: Chain;
  readonly deadline: number; // milliseconds since the epoch; 0: none
  readonly result: Promise<unknown>;
  /** Its result will never be known: it became a part of another call. */
  absorbed: boolean;
}

interface Item extends Call {
  id: string;
  message: Message | undefined; // that it went into
  settled: boolean;
  settle(error: unknown, value?: unknown): void;
}

interface Message {
  sending: Sending | undefined;
  items: Item[];
}

/** Collects the calls of one tick into messages, and gives each call its answer. */
export class Calls {
  #made: Item[] = []; // in this tick
  readonly #waiting = new Map<string, Item>(); // for their answers, by id
  readonly #messages = new Set<Message>(); // with calls that wait
  readonly #idPrefix = randomId();
  #lastId = 0;
  #ended: RpcError | undefined;

  /**
   * @param chainOf the chain that a function among the arguments stands for
   */
  constructor(
    readonly codec: Codec,
    readonly transport: Transport,
    readonly chainOf: (value: Function) => Chain | undefined,
  ) {}

  /** Makes a call; it is sent at the end of the tick, together with the others. */
  make(chain: Chain, options: CallOptions, refusal?: RpcError): Call {
    const { timeout = 0, signal } = options;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let aborted: (() => void) | undefined;
    let settle!: Item["settle"];
    const result = new Promise<unknown>((resolve, reject) => {
      settle = (error, value) => {
        if (item.settled) return;
        item.settled = true;
        clearTimeout(timer);
        if (aborted) signal?.removeEventListener("abort", aborted);
        this.#waiting.delete(item.id);
        if (error === undefined) resolve(value);
        else reject(error instanceof Failure ? error.value : error);
      };
    });
    const item: Item = {
      chain, result, settle,
      id: `${this.#idPrefix}-${++this.#lastId}`,
      deadline: timeout > 0 ? Date.now() + timeout : 0,
      absorbed: false, message: undefined, settled: false,
    };
    const giveUp = (why: unknown) => {
      item.settle(new Failure(why));
      this.#abandon(item);
    };
    if (this.#ended ?? refusal) {
      item.settle(this.#ended ?? refusal);
    } else if (signal?.aborted) {
      item.settle(new Failure(signal.reason));
    } else {
      if (timeout > 0) {
        timer = setTimeout(() => {
          const outcome = item.message?.sending?.sent ? "the call ran once or not at all" : "it was not sent";
          giveUp(new RpcError("timeout", `RPC batch timed out after ${timeout}ms: ${outcome}`));
        }, timeout);
      }
      if (signal) {
        aborted = () => giveUp(signal.reason);
        signal.addEventListener("abort", aborted);
      }
      if (this.#made.push(item) === 1) queueMicrotask(() => this.#flush());
    }
    return item;
  }

  /** Takes the answers of a message: each call gets its own, by id (C-6). */
  answer(batch: readonly unknown[]): void {
    const answered = new Set<Message>();
    for (const answer of batch) {
      if (typeof answer !== "object" || answer === null) continue;
      const { id, success, result, error } = answer as { id?: unknown; success?: unknown; result?: unknown; error?: unknown };
      const item = this.#waiting.get(String(id));
      if (item) {
        answered.add(item.message!);
        if (success === true) item.settle(undefined, result);
        else if (success === false) item.settle(new Failure(thrown(error)));
        else item.settle(new RpcError("malformed", "the answer says neither success nor failure"));
      } else if (id === "parse-error") {
        this.#refused(thrown(error));
      }
    }
    for (const message of answered) this.#finish(message, () => new RpcError("outcome-unknown", "the answer to the message has no item for this call"));
  }

  /** A message could not be read: the calls whose ids occur in it have no other answer (C-7). */
  unreadable(data: string, why: Error): void {
    const found = data.matchAll(new RegExp(`${this.#idPrefix}-\\d+`, "g"));
    for (const [id] of found) {
      const message = this.#waiting.get(id)?.message;
      if (message) this.#finish(message, () => new RpcError("outcome-unknown", `the answer cannot be read: ${why.message}`, false, { cause: why }));
    }
  }

  /** The connection is lost, and with it the answers to what was sent (C-9). */
  lost(): void {
    for (const message of [...this.#messages]) {
      if (message.sending?.sent) this.#finish(message, () => new RpcError("outcome-unknown", "WebSocket connection closed before the answer came"));
    }
  }

  /** Ends all calls, and all that are made from now on. */
  end(why: RpcError): void {
    this.#ended = why;
    for (const item of this.#made) item.settle(why);
    for (const message of [...this.#messages]) this.#finish(message, () => why);
  }

  #flush(): void {
    const made = this.#made;
    this.#made = [];
    if (this.#ended) return; // they are settled
    this.#absorb(made);
    const items = made.filter((item) => !item.absorbed && !item.settled);
    for (let i = 0; i < items.length; i += maxItems) this.#sendTogether(items.slice(i, i + maxItems));
  }

  /** Marks the calls that are a part of others: those that others go on from, and those that are arguments. */
  #absorb(made: Item[]): void {
    if (made.length < 2) return;
    const absorb = (chain: Chain | undefined) => {
      for (const link of chain?.links() ?? []) {
        if (link.call) link.call.absorbed = true;
      }
    };
    for (const { chain } of made) {
      absorb(chain.parent);
      const args = chain.steps.flatMap((step) => (step.type === "apply" ? step.args : []));
      if (args.every((arg) => typeof arg !== "function" && (typeof arg !== "object" || arg === null))) continue;
      const nesting = new Nesting();
      try {
        this.#encode(args, nesting);
      } catch {
        continue; // told when it is encoded to be sent
      }
      for (const inner of nesting.chains) absorb(inner);
    }
    for (const item of made) {
      if (!item.absorbed) continue;
      item.result.catch(() => {}); // who asks for it hears of it; nobody else need
      item.settle(new RpcError("config", "this call became a part of another one that was made in the same tick, and has no result of its own: await it first"));
    }
  }

  #sendTogether(items: Item[]): void {
    if (items.length === 0) return;
    let data: string;
    try {
      data = this.#encode(this.#envelope(items), new Nesting());
    } catch (cause) {
      if (items.length === 1) return items[0]!.settle(unsendable(cause));
      // Those that are to blame fail alone. When none is, together they are too much.
      const sound = items.filter((item) => this.#fits(item));
      for (const item of items) if (sound.length === items.length || !sound.includes(item)) this.#sendTogether([item]);
      if (sound.length < items.length) this.#sendTogether(sound);
      return;
    }
    const message: Message = { sending: undefined, items };
    this.#messages.add(message);
    for (const item of items) {
      item.message = message;
      this.#waiting.set(item.id, item);
    }
    message.sending = this.transport.send(data, (why) => this.#finish(message, () => why));
  }

  #fits(item: Item): boolean {
    try {
      this.#encode(this.#envelope([item]), new Nesting());
      return true;
    } catch {
      return false;
    }
  }

  #envelope(items: Item[]): unknown {
    const now = Date.now();
    const batch = items.map(({ id, chain, deadline }) => ({
      id,
      operations: chain.operations(),
      ...(deadline > 0 && { timeoutMs: Math.max(1, deadline - now) }),
    }));
    return { type: typeRPC, batch };
  }

  #encode(value: unknown, nesting: Nesting): string {
    return this.codec.encode(value, {
      replace: (fn) => {
        const chain = this.chainOf(fn);
        return chain && nesting.marker(chain);
      },
    });
  }

  /** Ends those calls of a message that were not answered. */
  #finish(message: Message, why: () => RpcError): void {
    this.#messages.delete(message);
    for (const item of message.items) item.settle(why());
  }

  /** The server could read no id in a message of ours: the only one in flight, or one of several (C-7). */
  #refused(error: unknown): void {
    const inFlight = [...this.#messages].filter((message) => message.sending?.sent);
    for (const message of inFlight) {
      this.#messages.delete(message);
      for (const item of message.items) {
        item.settle(inFlight.length === 1 ? new Failure(error) : new RpcError("outcome-unknown", "the server could not read one of the messages in flight", false, { cause: error }));
      }
    }
  }

  /** Nobody waits for a call any more: the server need not go on (C-8). */
  #abandon({ id, message }: Item): void {
    if (!message) return;
    if (message.sending?.sent) this.transport.sendNow(this.codec.encode({ type: "__cancel", ids: [id] }));
    if (message.items.every((item) => item.settled)) {
      this.#messages.delete(message);
      message.sending?.drop();
    }
  }
}

function unsendable(cause: unknown): RpcError {
  if (cause instanceof RpcError) return cause;
  return new RpcError(cause instanceof CodecError ? "unencodable" : "internal", (cause as Error).message, false, { cause });
}

/** Carries what may be any value, undefined included, as a reason. */
class Failure {
  constructor(readonly value: unknown) {}
}

/** A message that servers answer at once: a batch of no calls. */
export function emptyBatch(codec: Codec): string {
  return codec.encode({ type: typeRPC, batch: [] });
}

/** Unguessable for other clients, so that an id in a damaged message tells whose it is (C-3). */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether an object stands for a function of the server's, and says how to reach it (C-11). */
export function isRemoteFunction(marker: WireLook): boolean {
  const steps = marker.key("__operationChain")?.elements();
  if (marker.key("__isRemoteFunction")?.scalar !== true || !steps?.length) return false;
  return steps.every((step) => {
    const type = step.key("type")?.scalar;
    const key = typeof step.key("key")?.scalar;
    return type === "get" ? key === "string" || key === "number" : type === "apply" && step.key("args")?.elements() !== undefined;
  });
}
