import type { Call } from "./calls.ts";

/** One step of a chain, as it travels (C-2). */
export type Operation = { type: "get"; key: string | number } | { type: "apply"; args: unknown[] };

/**
 * A chain of operations on an object, as a linked list from its last step. Chains are what
 * proxies stand for; building one sends nothing.
 */
export class Chain {
  /** The call that was made with it, if it ends with one. */
  call: Call | undefined;

  /**
   * @param owner the client that it belongs to
   * @param parent the chain before its last step; undefined for the object itself
   * @param steps its last step; several for a function that a server sent
   */
  constructor(
    readonly owner: object,
    readonly parent: Chain | undefined,
    readonly steps: readonly Operation[],
  ) {}

  /** All steps, from the object on. */
  operations(): Operation[] {
    const all: Operation[] = [];
    for (const link of this.links()) all.unshift(...link.steps);
    return all;
  }

  /** This chain and those that it goes on from, the longest first. */
  *links(): Iterable<Chain> {
    for (let link: Chain | undefined = this; link; link = link.parent) yield link;
  }
}

/** What stands for a chain among the arguments of another, where it first occurs in a message. */
interface NestedMarker {
  __isNestedOperation: true;
  __refId: string;
  __operationChain?: Operation[];
}

/**
 * Turns the chains among one message's arguments into markers: the whole chain at the first place, its name at
 * the others, so that it runs once (C-5).
 */
export class Nesting {
  readonly #names = new Map<Chain, string>();

  /** The chains that occurred. */
  get chains(): Iterable<Chain> {
    return this.#names.keys();
  }

  /** How many there are. */
  get size(): number {
    return this.#names.size;
  }

  marker(chain: Chain): NestedMarker {
    const known = this.#names.get(chain);
    if (known !== undefined) return { __isNestedOperation: true, __refId: known };
    const name = `proxy-${this.#names.size}`;
    this.#names.set(chain, name);
    return { __isNestedOperation: true, __refId: name, __operationChain: chain.operations() };
  }
}
