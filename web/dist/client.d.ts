/** Turns structured-clone values into text and back. */
export interface Codec {
	/** What the peer knows it by: `lmz`. */
	readonly name: string;
	/**
	 * Encodes a value. Aliases and cycles are kept.
	 * @throws CodecError when something in it cannot travel; its message begins with the path.
	 */
	encode(value: unknown, options?: EncodeOptions): string;
	/**
	 * Decodes a text that may come from an enemy: nothing of it is executed, and nothing is
	 * looked up by a name that it holds.
	 * @throws CodecError when the text is not what `encode` makes.
	 */
	decode(text: string, options?: DecodeOptions): unknown;
}
export interface EncodeOptions {
	/**
	 * Called once for each occurrence of a function, in the order of the document and in it alone: what it returns stands in the function's
	 * place, and is itself encoded; undefined leaves the function as it is. What is returned is not
	 * tracked for aliases, but what it contains is.
	 */
	replace?: (value: Function) => unknown;
}
export interface DecodeOptions {
	/** Gets a look at the whole before anything is decoded. */
	begin?: (root: WireLook) => void;
	/**
	 * Called for each plain object with the own key `__isRemoteFunction`. It gets a look
	 * at the object, and returns what makes the function that stands in its place from the
	 * decoded object (which is complete only after `decode` returned); undefined leaves it an object. It is not called
	 * below a key `then`: what has a function there runs it when it is awaited.
	 */
	revive?: (marker: WireLook) => ((content: Record<string, unknown>) => unknown) | undefined;
}
/** A look at a value on the wire, before it is decoded; references are followed. */
export interface WireLook {
	/** The value under a key of an object; undefined where there is none. */
	key(name: string): WireLook | undefined;
	/** The elements of an array; undefined if it is none. */
	elements(): WireLook[] | undefined;
	/** The value itself if it is a string, a number, a boolean or null. */
	readonly scalar: string | number | boolean | null | undefined;
}
/** Says why a value or a text cannot be encoded or decoded. */
export declare class CodecError extends Error {
	name: string;
}
/** Where what handlers throw is told; the console. */
export interface Logger {
	warn(...what: unknown[]): void;
	error(...what: unknown[]): void;
}
declare const result: unique symbol;
interface Resulting<T> {
	/** For the compiler only: what the result is there. */
	readonly [result]: T;
}
/** What an argument of a remote method may be: the value, or a call or a field whose result takes its place on the server. */
export type Argument<T> = T | Resulting<T>;
type Arguments<A extends unknown[]> = {
	[K in keyof A]: Argument<A[K]>;
};
type Plain = string | number | boolean | bigint | null | undefined | void | Date | RegExp | Map<any, any> | Set<any> | Error | ArrayBuffer | ArrayBufferView | URL | Headers;
/** A result as it arrives: a copy of the value, whose functions are called from afar. */
export type Received<T> = T extends Plain ? T : T extends (...args: infer A) => infer R ? (...args: Arguments<A>) => Pending<Awaited<R>> : {
	[K in keyof T]: Received<T[K]>;
};
/**
 * The result of a call that was made, as a promise; its members can be used before it arrives, and then the
 * server goes on from the result, in the same round trip.
 */
export type Pending<T> = Promise<Received<T>> & Resulting<T> & (T extends Plain ? unknown : Members<T>);
type Property<T> = PromiseLike<Received<T>> & Resulting<T> & (T extends Plain ? unknown : Members<T>);
type Members<T> = {
	[K in keyof T as K extends string | number ? K : never]: T[K] extends (...args: infer A) => infer R ? (...args: Arguments<A>) => Pending<Awaited<R>> : Property<T[K]>;
};
/** An object on a server, seen from afar: its methods are called by their names, and its fields awaited. */
export type Remote<T> = 0 extends 1 & T ? any : Members<T> & {
	__asObject(): Pending<T>;
} & Disposable & AsyncDisposable;
/** Settings of single calls. */
export interface CallOptions {
	/** How long a call may take, in milliseconds; 0 and Infinity are for ever. */
	timeout?: number;
	/** Gives the call up when it aborts: it fails with the signal's reason, and the server is told. */
	signal?: AbortSignal;
}
/** The kinds of failure that Millrace itself reports; those of the Go packages. */
export type RpcErrorCode = 
/** An option or an argument does not fit; nothing was sent. */
"config" | "unsupported" | "malformed"
/** A limit was exceeded; the message names it. */
 | "limit" | "unencodable" | "mismatch" | "unknown-binding" | "unknown-member" | "not-callable" | "bad-arguments" | "unauthenticated" | "forbidden" | "rate-limited"
/** Not sent: trying again is safe. */
 | "unreachable"
/** Sent, and no answer came: it ran once or not at all. */
 | "outcome-unknown"
/** The client was disposed of. */
 | "closed" | "canceled" | "timeout" | "object-busy" | "plugin-crashed" | "internal";
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
export declare class RpcError extends Error {
	name: string;
	readonly code: RpcErrorCode;
	/** Whether the server reported it. */
	readonly remote: boolean;
	/** Whether it is certain that the call did not run: then making it again cannot run it twice. */
	readonly notRun: boolean;
	constructor(code: RpcErrorCode, message: string, details?: RpcErrorDetails);
}
/** What a page sees of its connection. */
export type ConnectionState = 
/** Nothing was sent yet, or the connection ended and nobody wants it back. */
{
	name: "idle";
}
/** An attempt to connect is under way; 1 is the first since the connection last stood. */
 | {
	name: "connecting";
	attempt: number;
}
/** The connection stands. */
 | {
	name: "open";
	reopened: boolean;
}
/** The connection was just lost, and `onClose` decides what comes next. */
 | {
	name: "lost";
	code: number;
	reason: string;
}
/** There is no connection, and the next attempt begins at `retryAt`, in milliseconds since the epoch. */
 | {
	name: "waiting";
	attempt: number;
	retryAt: number;
}
/**
 * Nothing is tried by itself any more: `onClose` said no, or the server closed for good (4403, 4409,
 * 4500 to 4999), and then the next call tries again; or the client was disposed of.
 */
 | {
	name: "closed";
	code: number;
	reason: string;
};
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
/**
 * Makes a client of one object on a server. What it returns stands for that object: its methods
 * are called and its fields awaited by their names. Calls of one tick travel as one message; calls can be
 * continued and be arguments of others before they are answered, and then the server goes on from
 * their results, in the same round trip.
 *
 * Every call ends: with its result, with what the method threw, or with an RpcError.
 * @throws RpcError (`config`) when the configuration cannot work
 */
export declare function createRpcClient<T = any>(config: RpcClientConfig): Remote<T>;
/**
 * The same client with other settings for the calls that are made through what is returned:
 * `withCall(room, { timeout: 2000 }).postMessage("hi")`.
 */
export declare function withCall<C extends object>(client: C, options: CallOptions): C;
/**
 * Ends a client for good, as `using` does: calls that are not answered fail with `closed`, and nothing is tried any
 * more. What was called in the same tick before is still sent, if there is a connection.
 */
export declare function dispose(client: object): void;
/** Connects now, unless there is a connection or an attempt is under way: for a button "try again". */
export declare function reconnectNow(client: object): void;
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
export declare function createWebSocketTransport(binding: string, instance: string, options?: WebSocketTransportOptions): Transport;
/**
 * The wire format of the npm package @lumenize/structured-clone 0.26: a JSON document
 * `{"json": ..., "meta": {...}}` in which tagged objects carry what JSON lacks.
 *
 * It writes byte for byte what the package writes, except where the package loses a value or
 * throws: there it writes something that the package still reads and that this codec reads back
 * whole. docs/spec/values.md has the table of both.
 *
 * Objects travel by their own enumerable properties under string keys, arrays by their elements,
 * functions by their names (they are read as `{ name }`). What cannot travel is refused: symbols, and
 * all that the platform says to be something else (Promise, Blob, WeakMap, Request...).
 */
export declare const lmz: Codec;
declare abstract class WithBody {
	/** The body: text, a JSON value, an ArrayBuffer, or null for none. */
	body: unknown;
	readonly headers: Headers;
	constructor(body: unknown, headers: HeadersInit | undefined);
	/** The body as text: a JSON value as JSON, bytes as UTF-8; "" without a body. */
	text(): string;
	/**
	 * The body as a JSON value: text and bytes are parsed, anything else is returned as it is.
	 * @throws SyntaxError when text or bytes are not JSON.
	 */
	json(): unknown;
	/** The body as bytes: those it is, or its text in UTF-8. */
	arrayBuffer(): ArrayBuffer;
}
interface RequestSyncInit {
	/** GET if not given. */
	method?: string;
	headers?: HeadersInit;
	body?: unknown;
}
/** An HTTP request that can travel as a value. It is not sent by anyone. */
export declare class RequestSync extends WithBody {
	/** Absolute. */
	readonly url: string;
	readonly method: string;
	/**
	 * A relative URL is resolved against that of the page.
	 * @throws TypeError where `new Request` throws it: not a URL, or not a method.
	 */
	constructor(url: string | URL, init?: RequestSyncInit);
}
interface ResponseSyncInit {
	/** 200 if not given. */
	status?: number;
	statusText?: string;
	headers?: HeadersInit;
}
/** An HTTP response that can travel as a value. */
export declare class ResponseSync extends WithBody {
	readonly status: number;
	readonly statusText: string;
	/** @throws RangeError for a status that is not an integer from 200 to 599. */
	constructor(body?: unknown, init?: ResponseSyncInit);
	/** Whether the status is one of success: 200 to 299. */
	get ok(): boolean;
}

export {};
