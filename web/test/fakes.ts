import { mock } from "node:test";
import type { Sending, Transport, TransportHandlers } from "../src/index.ts";

/** Lets everything run that waits for nothing but its turn. */
export function settle(): Promise<void> {
  return new Promise((resolve) => realImmediate(resolve));
}
const realImmediate = setImmediate;

/** Time stands still until it is moved. */
export const clock = {
  start(): void {
    mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  },
  stop(): void {
    mock.timers.reset();
  },
  /** Moves on, and lets what is due then run to its end. */
  async pass(ms: number): Promise<void> {
    mock.timers.tick(ms);
    await settle();
  },
};

/** The page, as far as its events go. */
export const page = {
  start(): void {
    const target = new EventTarget();
    const add = (type: string, listener: EventListener) => target.addEventListener(type, listener);
    const remove = (type: string, listener: EventListener) => target.removeEventListener(type, listener);
    Object.assign(globalThis, {
      addEventListener: add, removeEventListener: remove,
      document: { addEventListener: add, removeEventListener: remove, visibilityState: "visible" },
    });
    page.fire = (type) => void target.dispatchEvent(new Event(type));
  },
  stop(): void {
    for (const name of ["addEventListener", "removeEventListener", "document"]) delete (globalThis as any)[name];
  },
  fire(_type: string): void {},
};

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    const last = FakeSocket.all.at(-1);
    if (!last) throw new Error("nobody connected");
    return last;
  }

  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  closed: { code: number | undefined; reason: string | undefined } | undefined;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    FakeSocket.all.push(this);
  }

  send(data: string): void {
    this.sent.push(data);
    // Browsers count what was given to them until they have passed it on.
    this.bufferedAmount += data.length;
    setTimeout(() => (this.bufferedAmount -= data.length), 20);
  }

  close(code?: number, reason?: string): void {
    if (reason !== undefined && new TextEncoder().encode(reason).length > 123) throw new SyntaxError("the reason is too long");
    this.closed ??= { code, reason };
  }

  open(): void {
    this.onopen?.();
  }

  receive(data: unknown): void {
    this.onmessage?.({ data });
  }

  drop(code = 1006, reason = ""): void {
    this.onclose?.({ code, reason });
  }
}


/** A transport whose other end is the test. */
export class FakeTransport implements Transport {
  canReceive = true;
  handlers!: TransportHandlers;
  codec = "";
  probe = "";
  keepAlive = false;
  open = true;
  connected = 0;
  tested = 0;
  closed: { code: number; reason: string } | undefined;
  readonly sent: string[] = [];
  readonly now: string[] = [];
  readonly replaced: (string | undefined)[] = [];
  readonly failing: ((why: import("../src/index.ts").RpcError) => void)[] = [];

  constructor(readonly clientId: string | undefined = undefined) {}

  attach(handlers: TransportHandlers, codec: string, probe: string): void {
    this.handlers = handlers;
    this.codec = codec;
    this.probe = probe;
  }

  setKeepAlive(enabled: boolean): void {
    this.keepAlive = enabled;
  }

  send(data: string, failed: (why: import("../src/index.ts").RpcError) => void): Sending {
    this.sent.push(data);
    this.failing.push(failed);
    const sent = this.open;
    return { sent, replace: (other) => void this.replaced.push(other) };
  }

  sendNow(data: string): void {
    this.now.push(data);
  }

  connect(): void {
    this.connected++;
  }

  test(): void {
    this.tested++;
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }

  /** The messages that were sent, as JSON. */
  get messages(): any[] {
    return this.sent.map((data) => JSON.parse(data).json);
  }

  /** Answers a message: each item of it by what `each` makes of its operations. */
  answer(message: any, each: (operations: any[], index: number) => unknown): void {
    const batch = message.batch.map((item: any, index: number) => ({ id: item.id, success: true, result: each(item.operations, index) }));
    this.receive({ type: "__rpc", batch });
  }

  receive(json: unknown): void {
    this.handlers.message(JSON.stringify({ json, meta: {} }));
  }
}
