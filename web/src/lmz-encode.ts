import { CodecError, type EncodeOptions } from "./codec.ts";
import { kindOf, leaves, plainLeaf, type Leaf } from "./lmz-nodes.ts";
import { pathText, type Step } from "./lmz-path.ts";
import { assemble, Entry, type Piece } from "./lmz-pieces.ts";
import { boundDepth, boundDigits, boundNodes, fail, specialName } from "./lmz-wire.ts";
import { RequestSync, ResponseSync } from "./sync.ts";

/** Encodes a value; see Codec. */
export function encode(value: unknown, options: EncodeOptions = {}): string {
  return new Encoder(options.replace).document(value);
}

/**
 * Writes a document in one walk: each value where it is met first, and later a reference to
 * that place. Only after the walk is it known what is referred to more than once; then the
 * pieces are put together. So getters run once, functions are replaced once, and what stands in
 * their places is walked like everything else: what is within it and elsewhere, too, stays one.
 *
 * The methods that write a value return what JSON.stringify would make of it, as far as V-12
 * goes: undefined for what it leaves out, null for what was met before.
 */
class Encoder {
  /** What is written goes here. */
  #pieces: Piece[] = [];
  /** In the order of first places. */
  readonly #entries = new Map<object, Entry>();
  /** To the value that is written; after a failure, to what failed. */
  readonly #path: Step[] = [];
  readonly #replace: EncodeOptions["replace"];
  #depth = 0;
  #nodes = 0;
  /** Nodes that JSON.stringify would not write. */
  #tags = 0;
  /** What was thrown is not ours to change. */
  #foreign = false;

  constructor(replace: EncodeOptions["replace"]) {
    this.#replace = replace;
  }

  document(value: unknown): string {
    try {
      this.#value(value);
    } catch (e) {
      if (this.#foreign) throw e;
      const path = pathText(this.#path);
      const known = e instanceof CodecError;
      fail((path && `${path}: `) + (known ? e.message : `cannot be encoded: ${e instanceof Error ? e.message : typeof e}`), known ? e.cause : e);
    }
    return assemble(this.#pieces, [...this.#entries.values()]);
  }

  /** Writes text, and returns it. */
  #put(text: string): string {
    this.#pieces.push(text);
    return text;
  }

  /** Writes to other pieces. */
  #into(pieces: Piece[], write: () => string | undefined): string | undefined {
    const outer = this.#pieces;
    this.#pieces = pieces;
    const plain = write();
    this.#pieces = outer;
    return plain;
  }

  /** Writes what is a step further. */
  #at(step: Step, write: () => string | undefined): string | undefined {
    this.#path.push(step);
    const plain = write();
    this.#path.pop();
    return plain;
  }

  #leaf(node: Leaf): string {
    this.#tags++;
    this.#put(JSON.stringify(node));
    return plainLeaf(node);
  }

  /** `given`: the value stands in a function's place. It is not replaced again, and has no identity. */
  #value(v: unknown, given = false): string | undefined {
    boundNodes(++this.#nodes);
    switch (typeof v) {
      case "string":
      case "boolean":
        return this.#put(JSON.stringify(v));
      case "number": {
        const value = specialName(v);
        if (value === undefined) return this.#put(String(v));
        this.#leaf({ $type: "number-special", value });
        return value === "-0" ? "0" : "null";
      }
      case "bigint":
        return this.#leaf({ $type: "bigint", value: boundDigits(String(v)) });
      case "undefined":
        this.#leaf({ $type: "undefined" });
        return undefined;
      case "function":
        return this.#function(v, given);
      case "symbol":
        fail("cannot encode a symbol");
    }
    return v === null ? this.#put("null") : given ? this.#object(v as object) : this.#identity(v as object);
  }

  /** Nothing of a function is read before `replace` was asked: it may be a Proxy. */
  #function(f: Function, given: boolean): string | undefined {
    if (!given && this.#replace) {
      let value: unknown;
      try {
        value = this.#replace(f);
      } catch (e) {
        this.#foreign = true;
        throw e;
      }
      if (value !== undefined) {
        this.#nodes--; // it was counted as the function
        return this.#value(value, true);
      }
    }
    this.#leaf({ $type: "function", name: (typeof f.name === "string" && f.name) || "anonymous" });
    return undefined;
  }

  #identity(v: object): string | undefined {
    let entry = this.#entries.get(v);
    if (entry) {
      entry.again = true;
      this.#tags++;
      this.#pieces.push(entry);
      return "null";
    }
    entry = new Entry();
    this.#entries.set(v, entry);
    this.#pieces.push(entry);
    return this.#into(entry.pieces, () => this.#object(v));
  }

  #object(v: object): string {
    const kind = kindOf(v);
    const leaf = leaves.get(kind);
    if (leaf) return this.#leaf(leaf(v));
    boundDepth(++this.#depth);
    const plain = this.#container(kind, v);
    this.#depth--;
    return plain;
  }

  #container(kind: string, v: object): string {
    if (kind === "Array") return this.#array(v as unknown[]);
    if (kind === "Object") {
      this.#put("{");
      return this.#members(v, Object.keys(v), "");
    }
    this.#tags++;
    if (kind === "Map") this.#collection('"map","entries":', v as Map<unknown, unknown>);
    else if (kind === "Set") this.#collection('"set","values":', v as Set<unknown>);
    else if (kind === "Error") this.#error(v as Error);
    else if (kind.endsWith("Sync")) this.#message(v as RequestSync | ResponseSync);
    else fail(`cannot encode a${/^[AEIOU]/.test(kind) ? "n" : ""} ${kind}${/^Re(quest|sponse)$/.test(kind) ? `, but a ${kind}Sync` : ""}`);
    return "{}";
  }

  #array(v: unknown[]): string {
    let plain = this.#put("[");
    for (let i = 0; i < v.length; i++) {
      if (i) plain += this.#put(",");
      plain += this.#at(i, () => (Object.hasOwn(v, i) ? this.#value(v[i]) : this.#hole())) ?? "null";
    }
    return plain + this.#put("]");
  }

  #hole(): undefined {
    boundNodes(++this.#nodes);
    this.#leaf({ $type: "undefined", hole: true });
  }

  /** Writes the members under keys, and the end of their object. `lead` stands before the first. */
  #members(v: object, keys: string[], lead: string): string {
    let plain = "";
    for (const key of keys) {
      const text = JSON.stringify(key);
      const value = this.#at(key, () => {
        if (key === "__proto__") fail("a key that would set a prototype in readers");
        this.#put(`${lead}${key[0] === "$" ? `"$${text.slice(1)}` : text}:`);
        return this.#value((v as Record<string, unknown>)[key]);
      });
      if (value !== undefined) plain += `${plain && ","}${text}:${value}`;
      lead = ",";
    }
    this.#put("}");
    return `{${plain}}`;
  }

  #collection(head: string, v: Map<unknown, unknown> | Set<unknown>): void {
    const isMap = head[1] === "m";
    let i = 0;
    this.#put(`{"$type":${head}[`);
    for (const item of v) {
      if (i) this.#put(",");
      this.#at([`${isMap ? "map" : "set"} ${i++}`], () => {
        if (!isMap) return this.#value(item);
        const [key, value] = item as [unknown, unknown];
        this.#put("[");
        this.#value(key);
        this.#put(",");
        this.#value(value);
        return this.#put("]");
      });
    }
    this.#put("]}");
  }

  /** As in the npm package an empty name is "Error", an empty stack is none, and the cause comes first. */
  #error(v: Error): void {
    const part = (key: "name" | "message" | "stack"): string => {
      const text: unknown = v[key] ?? "";
      return typeof text === "string" ? text : fail(`an error whose ${key} is no string`);
    };
    const node = { $type: "error", name: part("name") || "Error", message: part("message"), stack: part("stack") || undefined };
    this.#put(JSON.stringify(node).slice(0, -1));
    const keys = Object.getOwnPropertyNames(v);
    if (v.cause !== undefined) keys.unshift("cause");
    // An object, for it puts indices before all others (V-5).
    const own = Object.fromEntries(keys.filter((key) => !/^(name|message|stack)$/.test(key)).map((key) => [key, 0]));
    this.#members(v, Object.keys(own), ",");
  }

  #message(v: RequestSync | ResponseSync): void {
    let node: object;
    // The constructors refuse what those of readers would.
    if (v instanceof RequestSync) {
      const { url, method } = new RequestSync(v.url, { method: v.method });
      node = { $type: "request-sync", data: { url, method } };
    } else {
      const { status, statusText } = new ResponseSync(null, { status: v.status, statusText: v.statusText });
      node = { $type: "response-sync", data: { status, statusText } };
    }
    this.#put(`${JSON.stringify(node).slice(0, -2)},"headers":`);
    this.#at(["headers"], () => (kindOf(v.headers) === "Headers" ? this.#value(v.headers) : fail("not Headers")));
    this.#put(',"body":');
    const tags = this.#tags;
    const from = this.#entries.size;
    const pieces: Piece[] = [];
    const plain = this.#at(["body"], () => this.#into(pieces, () => this.#value(v.body))) ?? "null";
    this.#pieces.push({ plain, pieces, rich: this.#tags > tags, from, to: this.#entries.size });
    this.#put("}}");
  }
}
