import { CodecError, type Codec, type WireLook } from "./codec.ts";
import { RpcError, thrown } from "./errors.ts";
import { type Chain, Nesting } from "./operations.ts";
import type { CallOptions } from "./remote.ts";
import type { Sending, Transport } from "./types.ts";

const typeRPC = "__rpc";

/** What one message may hold; servers of ours take no more. */
const limits = { items: 1000, bytes: 1 << 20, nestedChains: 100 };

/** A call, from being made to being settled. */
export interface Call {
  readonly result: Promise<unknown>;
  /** Whether it went into a message. */
  readonly isSent: boolean;
  /** Ends it, unless it has ended. */
  settle(error: unknown, value?: unknown): void;
}

interface Item extends Call {
  readonly chain: Chain;
  readonly id: string;
  readonly deadline: number; // milliseconds since the epoch; 0: none
  message: Message | undefined; // that it went into
  settled: boolean;
}

interface Message {
  sending: Sending | undefined;
  items: Item[];
}

/** Calls on their way into one message. */
interface Packed {
  items: Item[];
  data: string;
  nesting: Nesting;
}

/** Collects the calls of one tick into messages, and gives each call its answer. */
export class Calls {
  #made: Item[] = []; // in this tick
  readonly #waiting = new Map<string, Item>(); // for their answers, by id; those that nobody waits for any more too
  readonly #messages = new Set<Message>(); // that are not answered
  #cancels: string[] = []; // ids of calls that were given up in this tick
  readonly #idPrefix = randomId();
  #lastId = 0;
  #ended: RpcError | undefined;

  /** chainOf is the chain that a function among the arguments stands for. */
  constructor(
    readonly codec: Codec,
    readonly transport: Transport,
    readonly chainOf: (value: Function) => Chain | undefined,
  ) {}

  /** Makes a call; it is sent at the end of the tick, together with the others. A call that is refused only fails. */
  make(chain: Chain, { timeout = 0, signal }: CallOptions, refusal?: RpcError): Call {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let aborted: (() => void) | undefined;
    let settle!: Item["settle"];
    const result = new Promise<unknown>((resolve, reject) => {
      settle = (error, value) => {
        if (item.settled) return;
        item.settled = true;
        clearTimeout(timer);
        if (aborted) signal?.removeEventListener("abort", aborted);
        if (error === undefined) resolve(value);
        else reject(error instanceof Failure ? error.value : error);
      };
    });
    const item: Item = {
      chain, result, settle,
      id: `${this.#idPrefix}-${++this.#lastId}`,
      deadline: timeout > 0 ? Date.now() + timeout : 0,
      message: undefined, settled: false,
      get isSent() {
        return item.message !== undefined;
      },
    };
    const giveUp = (why: unknown) => {
      item.settle(new Failure(why));
      this.#abandon(item);
    };
    const refused = this.#ended ?? refusal;
    if (refused || signal?.aborted) {
      item.settle(refused ?? new Failure(signal!.reason));
      this.#absorbParts(item); // they are for nothing
      return item;
    }
    if (timeout > 0) {
      timer = setTimeout(() => {
        const sent = item.message?.sending?.sent ?? false;
        giveUp(new RpcError("timeout", `RPC batch timed out after ${timeout}ms: ${sent ? "the call ran once or not at all" : "it was not sent"}`, { notRun: !sent }));
        if (sent) this.transport.test(); // is anybody there?
      }, timeout);
    }
    if (signal) {
      aborted = () => giveUp(signal.reason);
      signal.addEventListener("abort", aborted);
    }
    if (this.#made.push(item) === 1) queueMicrotask(() => this.#flush());
    return item;
  }

  /** Takes the answers of a message: each call gets its own, by id (C-6). */
  answer(batch: readonly unknown[]): void {
    const answered = new Set<Message>();
    for (const answer of batch) {
      if (typeof answer !== "object" || answer === null) continue;
      const { id, success, result, error } = answer as { id?: unknown; success?: unknown; result?: unknown; error?: unknown };
      if (typeof id !== "string") continue;
      const item = this.#waiting.get(id);
      if (item) {
        answered.add(item.message!);
        if (success === true) item.settle(undefined, result);
        else if (success === false && "error" in answer) item.settle(new Failure(thrown(error)));
        else item.settle(new RpcError("malformed", "the answer says neither success nor failure"));
      } else if (id === "parse-error") {
        this.#refused(thrown(error));
      }
    }
    for (const message of answered) this.#finish(message, () => new RpcError("outcome-unknown", "the answer to the message has no item for this call"));
  }

  /** A message could not be read: the calls whose ids occur in it have no other answer (C-7). */
  unreadable(data: string, why: Error): void {
    for (const [id] of data.matchAll(new RegExp(`${this.#idPrefix}-\\d+`, "g"))) {
      const message = this.#waiting.get(id)?.message;
      if (message) this.#finish(message, () => new RpcError("malformed", `the answer cannot be read: ${why.message}`, { cause: why }));
    }
  }

  /** The connection is lost, and with it the answers to what was sent (C-9). */
  lost(): void {
    for (const message of [...this.#messages]) {
      if (message.sending?.sent) this.#finish(message, () => new RpcError("outcome-unknown", "WebSocket connection closed before the answer came"));
    }
  }

  /** Sends what was made in this tick, ends all calls, and all that are made from now on. */
  end(why: RpcError): void {
    this.#flush();
    this.#ended ??= why;
    for (const message of [...this.#messages]) this.#finish(message, () => why);
  }

  #flush(): void {
    const made = this.#made;
    this.#made = [];
    if (made.length > 1) made.forEach((item) => this.#absorbParts(item));
    const items = made.filter((item) => !item.settled);
    const packed: Packed[] = [];
    for (let i = 0; i < items.length; i += limits.items) packed.push(...this.#pack(items.slice(i, i + limits.items)));
    this.#send(packed);
  }

  /** Marks the calls that are a part of another one: those that it goes on from, and those that are its arguments. */
  #absorbParts({ chain }: Item): void {
    const absorb = (part: Chain | undefined) => {
      for (const { call } of part?.links() ?? []) {
        if (!call) continue;
        call.result.catch(() => {}); // who asks for it hears of it; nobody else need
        if (call.isSent) continue;
        call.settle(new RpcError("config", "this call became a part of another one that was made in the same tick, and has no result of its own: await it first", { notRun: true }));
      }
    };
    absorb(chain.parent);
    const args = chain.steps.flatMap((step) => (step.type === "apply" ? step.args : []));
    if (args.every((arg) => typeof arg !== "function" && (typeof arg !== "object" || arg === null))) return;
    const nesting = new Nesting();
    try {
      this.#encode(args, nesting);
    } catch {} // told when it is encoded to be sent; what was found until then is a part all the same
    for (const part of nesting.chains) absorb(part);
  }

  /** Encodes calls into as few messages as the limits allow. Those that no message can hold fail. */
  #pack(items: Item[]): Packed[] {
    if (items.length === 0) return [];
    const nesting = new Nesting();
    let data: string;
    try {
      data = this.#encode(this.#envelope(items), nesting);
    } catch (cause) {
      if (items.length === 1) {
        items[0]!.settle(unsendable(cause));
        return [];
      }
      // Those that are to blame fail alone. When none is, together they are too much.
      const sound = items.filter((item) => this.#fits(item));
      if (sound.length === items.length) return this.#halves(items);
      for (const item of items) if (!sound.includes(item)) this.#pack([item]);
      return this.#pack(sound);
    }
    const bytes = data.length > limits.bytes / 3 ? new TextEncoder().encode(data).length : 0;
    if (bytes <= limits.bytes && nesting.size <= limits.nestedChains) return [{ items, data, nesting }];
    if (items.length > 1) return this.#halves(items);
    if (bytes <= limits.bytes) return [{ items, data, nesting }]; // the server says it best
    items[0]!.settle(new RpcError("limit", `the call is a message of ${bytes} bytes, and at most ${limits.bytes} are allowed`, { notRun: true }));
    return [];
  }

  #halves(items: Item[]): Packed[] {
    const half = items.length >> 1;
    return [...this.#pack(items.slice(0, half)), ...this.#pack(items.slice(half))];
  }

  #send(packed: Packed[]): void {
    const seen = new Set<Chain>();
    const shared = new Set<Chain>();
    for (const { nesting } of packed) for (const chain of nesting.chains) (seen.has(chain) ? shared : seen).add(chain);
    for (const { items, data, nesting } of packed) {
      if ([...nesting.chains].some((chain) => shared.has(chain))) {
        // In several messages it would run several times.
        for (const item of items) item.settle(new RpcError("limit", "calls that share an argument do not fit into one message", { notRun: true }));
        continue;
      }
      const message: Message = { sending: undefined, items };
      this.#messages.add(message);
      for (const item of items) {
        item.message = message;
        this.#waiting.set(item.id, item);
      }
      message.sending = this.transport.send(data, (why) => this.#finish(message, () => why));
    }
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
    for (const item of message.items) {
      this.#waiting.delete(item.id);
      item.settle(why());
    }
  }

  /** The server could read no id in a message of ours: the only one in flight, or one of several (C-7). */
  #refused(error: unknown): void {
    const inFlight = [...this.#messages].filter((message) => message.sending?.sent);
    for (const message of inFlight) {
      if (inFlight.length === 1) message.items.forEach((item) => item.settle(new Failure(error)));
      this.#finish(message, () => new RpcError("outcome-unknown", "the server could not read one of the messages in flight", { cause: error }));
    }
  }

  /** Nobody waits for a call any more: it is taken back, or the server is told that it need not go on (C-8). */
  #abandon({ id, message }: Item): void {
    if (!message) return;
    if (message.sending?.sent) {
      if (this.#cancels.push(id) === 1) {
        queueMicrotask(() => this.transport.sendNow(this.codec.encode({ type: "__cancel", ids: this.#cancels.splice(0) })));
      }
      return;
    }
    const left = message.items.filter((item) => !item.settled);
    if (left.length > 0) {
      message.sending?.replace(this.#encode(this.#envelope(left), new Nesting()));
    } else {
      this.#finish(message, () => new RpcError("canceled", "nobody waits for it"));
      message.sending?.replace();
    }
  }
}

function unsendable(cause: unknown): RpcError {
  if (cause instanceof RpcError) return cause;
  return new RpcError(cause instanceof CodecError ? "unencodable" : "internal", (cause as Error).message, { cause, notRun: true });
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
