declare global {
  // Where the compiler's libraries have none of these, they are empty, and the types here keep their meaning.
  interface Disposable {}
  interface AsyncDisposable {}
}

declare const result: unique symbol;

/** What has a result on the server. */
interface Resulting<T> {
  /** For the compiler only: what the result is there. */
  readonly [result]: T;
}

/** What an argument of a remote method may be: the value, or a call or a field whose result takes its place on the server. */
export type Argument<T> = T | Resulting<T>;

type Arguments<A extends unknown[]> = { [K in keyof A]: Argument<A[K]> };

/** Values that travel as themselves, and whose members are not remote. */
type Plain = string | number | boolean | bigint | null | undefined | void | Date | RegExp | Map<any, any> | Set<any> | Error | ArrayBuffer | ArrayBufferView | URL | Headers;

/** A result as it arrives: a copy of the value, whose functions are called from afar. */
export type Received<T> = T extends Plain
  ? T
  : T extends (...args: infer A) => infer R
    ? (...args: Arguments<A>) => Pending<Awaited<R>>
    : { [K in keyof T]: Received<T[K]> };

/**
 * The result of a call that was made, as a promise; its members can be used before it arrives, and then the
 * server goes on from the result, in the same round trip.
 */
export type Pending<T> = Promise<Received<T>> & Resulting<T> & (T extends Plain ? unknown : Members<T>);

/** Something that is read when it is awaited. */
type Property<T> = PromiseLike<Received<T>> & Resulting<T> & (T extends Plain ? unknown : Members<T>);

type Members<T> = {
  [K in keyof T as K extends string | number ? K : never]: T[K] extends (...args: infer A) => infer R
    ? (...args: Arguments<A>) => Pending<Awaited<R>>
    : Property<T[K]>;
};

/** An object on a server, seen from afar: its methods are called by their names, and its fields awaited. */
export type Remote<T> = 0 extends 1 & T ? any : Members<T> & { __asObject(): Pending<T> } & Disposable & AsyncDisposable;

/** Settings of single calls. */
export interface CallOptions {
  /** How long a call may take, in milliseconds; 0 and Infinity are for ever. */
  timeout?: number;
  /** Gives the call up when it aborts: it fails with the signal's reason, and the server is told. */
  signal?: AbortSignal;
}
