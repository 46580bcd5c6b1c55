import type { WireLook } from "./codec.ts";
import { isNode, type Node } from "./lmz-parts.ts";
import { specials } from "./lmz-wire.ts";

/** What a reference leads to; the node itself if it is none. */
export function follow(aliases: Node, node: unknown): unknown {
  return isNode(node) && Object.hasOwn(node, "$ref") && Object.hasOwn(aliases, String(node.$ref)) ? aliases[String(node.$ref)] : node;
}

/**
 * A look at a node that is not decoded yet. What is wrong with it shows when it is: here it
 * looks like nothing.
 */
export class Look implements WireLook {
  readonly #aliases: Node;
  readonly #node: unknown;
  readonly #plain: boolean;

  /** `plain`: the node is within a body, where "$" means nothing. */
  constructor(aliases: Node, node: unknown, plain: boolean) {
    this.#aliases = aliases;
    this.#node = plain ? node : follow(aliases, node);
    this.#plain = plain;
  }

  key(name: string): Look | undefined {
    const node = this.#node;
    const plain = this.#plain;
    if (!isNode(node) || (!plain && Object.hasOwn(node, "$type"))) return undefined;
    const key = !plain && name.startsWith("$") ? `$${name}` : name;
    return Object.hasOwn(node, key) ? this.#at(node[key]) : undefined;
  }

  elements(): Look[] | undefined {
    return Array.isArray(this.#node) ? this.#node.map((element) => this.#at(element)) : undefined;
  }

  get scalar(): string | number | boolean | null | undefined {
    const node = this.#node;
    if (isNode(node)) return this.#plain || node.$type !== "number-special" ? undefined : specials.get(node.value);
    return Array.isArray(node) ? undefined : (node as string | number | boolean | null);
  }

  #at(node: unknown): Look {
    return new Look(this.#aliases, node, this.#plain);
  }
}
