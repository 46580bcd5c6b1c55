import type { Call } from "./calls.ts";
import { RpcError } from "./errors.ts";
import { Chain, type Operation } from "./operations.ts";
import type { CallOptions } from "./remote.ts";

// Where JavaScript has no such symbols yet, those that compilers put in their place.
const disposeKey: symbol = Symbol.dispose ?? Symbol.for("Symbol.dispose");
const asyncDisposeKey: symbol = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

/** What the language asks of any value by name, and what no server lets through. */
const notRemote = new Set(["toJSON", "constructor", "prototype", "__proto__"]);

/** What each function of ours stands for; those of all clients, to tell them apart. */
const chains = new WeakMap<object, () => Chain>();

interface Actions {
  call(chain: Chain, options: CallOptions): Call;
  dispose(): void;
}

/**
 * Makes what stands for a remote object, for its members, and for results that have not arrived: functions that answer every
 * name with one more of their kind.
 */
export class Proxies {
  constructor(
    readonly owner: object,
    readonly actions: Actions,
  ) {}

  root(options: CallOptions): object {
    const root = new Chain(this.owner, undefined, []);
    const proxy: object = this.#proxy(root, options, (key) => {
      switch (key) {
        case disposeKey:
          return () => this.actions.dispose();
        case asyncDisposeKey:
          return async () => this.actions.dispose();
        case "then": // or a function that returned it could not be awaited
          return null;
        case "__asObject":
          return () => this.#result(new Chain(this.owner, root, []), options);
      }
      return undefined;
    });
    return proxy;
  }

  /** A function that a server sent; the way to it is asked for when it is used first. */
  remoteFunction(way: () => Operation[], options: CallOptions): Function {
    let chain: Chain | undefined;
    const known = () => (chain ??= new Chain(this.owner, undefined, way()));
    const fn = (...args: unknown[]) => this.#result(new Chain(this.owner, known(), [{ type: "apply", args }]), options);
    chains.set(fn, known);
    return fn;
  }

  /**
   * The chain that a function stands for, undefined if it is any function.
   * @throws RpcError when it is another client's
   */
  chainOf(value: Function): Chain | undefined {
    const chain = chains.get(value)?.();
    if (chain && chain.owner !== this.owner) throw new RpcError("config", "what another client made cannot be an argument here");
    return chain;
  }

  /** A member, which is read when it is awaited. */
  #member(chain: Chain, options: CallOptions): object {
    return this.#proxy(chain, options, (key) => {
      if (key !== "then") return undefined;
      return (...callbacks: Parameters<Promise<unknown>["then"]>) => this.actions.call(chain, options).result.then(...callbacks);
    });
  }

  /** The result of a call, which is made now. */
  #result(chain: Chain, options: CallOptions): object {
    const call = this.actions.call(chain, options);
    chain.call = call;
    return this.#proxy(chain, options, (key) => {
      if (key === "then" || key === "catch" || key === "finally") return call.result[key].bind(call.result);
      // Somebody goes on from it, and hears there of what went wrong.
      if (typeof key === "string") call.result.catch(() => {});
      return undefined;
    });
  }

  /** own is asked first; null is the answer undefined. */
  #proxy(chain: Chain, options: CallOptions, own: (key: string | symbol) => unknown): object {
    const refuse = () => {
      throw new RpcError("unsupported", "members of a remote object cannot be set, defined or deleted from here");
    };
    const proxy = new Proxy(() => {}, {
      get: (_, key) => {
        const answer = own(key);
        if (answer !== undefined) return answer ?? undefined;
        if (typeof key === "symbol" || notRemote.has(key)) return undefined;
        return this.#member(new Chain(this.owner, chain, [{ type: "get", key }]), options);
      },
      apply: (_, __, args: unknown[]) => {
        if (!chain.parent) throw new TypeError("the object itself is no function: call one of its methods");
        return this.#result(new Chain(this.owner, chain, [{ type: "apply", args }]), options);
      },
      set: refuse,
      defineProperty: refuse,
      deleteProperty: refuse,
    });
    chains.set(proxy, () => chain);
    return proxy;
  }
}
