import { CodecError, type DecodeOptions } from "./codec.ts";
import { Look, follow } from "./lmz-look.ts";
import { expected, isNode, number, shape, text, type Node } from "./lmz-parts.ts";
import { tags } from "./lmz-tags.ts";
import { boundDepth, boundNodes, fail } from "./lmz-wire.ts";

/** A value, and if it holds others what fills them in, once it can be referred to. */
export type Made = [value: unknown, fill?: (depth: number) => void];

/** Decodes a document; see Codec. */
export function decode(text: string, options: DecodeOptions = {}): unknown {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (e) {
    fail("not a JSON text", e);
  }
  shape(document, "json,meta", "json", "meta,json");
  const meta = document.meta ?? {};
  const { aliases = {} } = meta as Node;
  if (!isNode(meta) || !isNode(aliases)) expected("aliases", aliases);
  shape({ aliases, ...meta }, "aliases");

  options.begin?.(new Look(aliases, document.json, false));
  const decoder = new Decoder(aliases, options.revive);
  const value = decoder.value(document.json, 0);
  // What nothing refers to is read as well, and dropped.
  for (const id of Object.keys(aliases)) decoder.alias(id, 0);
  return value;
}

/** The tags of what has no identity. */
const scalars: unknown[] = ["undefined", "bigint", "number-special", "function"];

/**
 * Decodes in the order in which documents are written: an alias where it is met first. So
 * depth means the same in both directions, and the recursion is bounded by it.
 */
export class Decoder {
  #nodes = 0;
  /** The values of aliases, complete or not. */
  readonly #made = new Map<string, unknown>();
  readonly #aliases: Node;
  #revive: DecodeOptions["revive"];
  /** What functions were made from. */
  readonly #contents = new Map<unknown, object>();

  constructor(aliases: Node, revive: DecodeOptions["revive"]) {
    this.#aliases = aliases;
    this.#revive = revive;
  }

  /**
   * Decodes a node that is so many containers below the root. `plain`: it is within a body,
   * where "$" means nothing. `id`: it is that alias.
   */
  value(node: unknown, depth: number, plain = false, id?: string): unknown {
    boundNodes(++this.#nodes);
    if (typeof node === "number") return number(node);
    if (typeof node !== "object" || node === null) return node;
    const ref = plain ? undefined : refOf(node);
    if (ref !== undefined) return this.alias(ref, depth);
    const [value, fill] = Array.isArray(node)
      ? this.#array(node, plain)
      : !plain && Object.hasOwn(node, "$type")
        ? this.#tagged(node as Node)
        : this.#object(node as Node, plain);
    if (id !== undefined) this.#made.set(id, value);
    if (fill) {
      boundDepth(depth + 1);
      fill(depth + 1);
    }
    return value;
  }

  /** The value of an alias, which is decoded if that was not done yet. */
  alias(id: string, depth: number): unknown {
    if (this.#made.has(id)) return this.#made.get(id);
    const node = Object.hasOwn(this.#aliases, id) ? this.#aliases[id] : fail(`there is no alias ${id}`);
    if (String(Number(id) >>> 0) !== id) expected("an alias's number", id);
    if (typeof node !== "object" || node === null || refOf(node) !== undefined || scalars.includes((node as Node).$type)) {
      expected(`a value with an identity as alias ${id}`, node);
    }
    return this.value(node, depth, false, id);
  }

  /** What a reference leads to; the node itself if it is none. */
  follow(node: unknown): unknown {
    return follow(this.#aliases, node);
  }

  #array(nodes: unknown[], plain: boolean): Made {
    const array: unknown[] = [];
    return [
      array,
      (depth) =>
        nodes.forEach((node, i) => {
          if (!plain && isNode(node) && node.$type === "undefined" && node.hole === true) {
            shape(node, "$type,hole");
            boundNodes(++this.#nodes);
            array.length = i + 1;
          } else array[i] = this.value(node, depth, plain);
        }),
    ];
  }

  #object(node: Node, plain: boolean): Made {
    const object = {};
    const revived = Object.hasOwn(node, "__isRemoteFunction") && this.#revive?.(new Look(this.#aliases, node, plain));
    const value = revived ? revived(object) : object;
    if (revived) this.#contents.set(value, object);
    return [
      value,
      (depth) => {
        for (const key of Object.keys(node)) this.property(object, key, node, depth, plain);
      },
    ];
  }

  /** Decodes a node's member into a property of its own, which "__proto__" is as well. */
  property(object: object, key: string, node: Node, depth: number, plain = false): void {
    const name = !plain && key.startsWith("$$") ? key.slice(1) : key;
    if (name !== key && Object.hasOwn(object, name)) expected("another key", name);
    const value = name === "then" ? this.#data(node[key], depth, plain) : this.value(node[key], depth, plain);
    // As the engines have it, what an error holds does not show.
    const enumerable = !(object instanceof Error && (key === "cause" || key === "errors"));
    if (enumerable && name !== "__proto__") (object as Node)[name] = value;
    else Object.defineProperty(object, name, { value, enumerable, writable: true, configurable: true });
  }

  /**
   * The value of a member called "then": a function there would be called by whoever awaits what holds it, so
   * it stays the object that it came as.
   */
  #data(node: unknown, depth: number, plain: boolean): unknown {
    const revive = this.#revive;
    this.#revive = undefined;
    const value = this.value(node, depth, plain);
    this.#revive = revive;
    return this.#contents.get(value) ?? value;
  }

  #tagged(node: Node): Made {
    const type = text(node.$type);
    const [parts, make] = Object.hasOwn(tags, type) ? tags[type]! : expected("a known $type", type);
    if (parts !== undefined) shape(node, `$type${parts}`);
    try {
      return make(node, this);
    } catch (e) {
      // What the constructors of the platform say of it.
      throw e instanceof CodecError ? e : new CodecError(`JavaScript has no such ${type}`, { cause: e });
    }
  }
}

/** The number in a reference; undefined if the node is none. */
function refOf(node: object): string | undefined {
  if (!Object.hasOwn(node, "$ref")) return undefined;
  shape(node, "$ref");
  const { $ref } = node;
  return Object.is(Number($ref) >>> 0, $ref) ? String($ref) : expected("a reference's number", $ref);
}
