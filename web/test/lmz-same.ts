// Deep equality of values: sees what is one object and what are two, cycles, holes, and -0.

/** Tells the first difference, with its path; undefined if there is none. */
export function difference(a: unknown, b: unknown): string | undefined {
  return new Comparison().values(a, b, "$");
}

function kind(v: object): string {
  // Both classes of requests, ours and that of the npm package, have these; a bundler renames one of them.
  if ("method" in v && "arrayBuffer" in v) return "RequestSync";
  if ("status" in v && "arrayBuffer" in v) return "ResponseSync";
  if (v instanceof Error) return "Error";
  return Object.prototype.toString.call(v).slice(8, -1);
}

class Comparison {
  private readonly there = new Map<object, object>();
  private readonly back = new Map<object, object>();

  values(a: unknown, b: unknown, at: string): string | undefined {
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
      return Object.is(a, b) ? undefined : `${at}: ${show(a)} and ${show(b)}`;
    }
    if (this.there.has(a) || this.back.has(b)) {
      return this.there.get(a) === b && this.back.get(b) === a ? undefined : `${at}: what is one object on one side is not on the other`;
    }
    this.there.set(a, b);
    this.back.set(b, a);
    const which = kind(a);
    if (which !== kind(b)) return `${at}: ${which} and ${kind(b)}`;
    if (!which.endsWith("Sync") && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${at}: other prototypes`;
    return this.parts(which, a, b, at);
  }

  // `any`: which tells what both are.
  private parts(which: string, a: any, b: any, at: string): string | undefined {
    switch (which) {
      case "Date":
        return this.values(a.getTime(), b.getTime(), `${at}.getTime()`);
      case "RegExp":
        return this.values(`${a}`, `${b}`, at);
      case "URL":
        return this.values(a.href, b.href, at);
      case "Headers":
        return this.values([...a], [...b], at);
      case "Boolean":
      case "Number":
      case "String":
      case "BigInt":
        return this.values(a.valueOf(), b.valueOf(), at);
      case "ArrayBuffer":
        return this.values([...new Uint8Array(a)], [...new Uint8Array(b)], at);
      case "DataView":
        return this.values([a.byteOffset, a.byteLength, ...new Uint8Array(a.buffer)], [b.byteOffset, b.byteLength, ...new Uint8Array(b.buffer)], at);
      case "Map":
        return this.values([...a].flat(), [...b].flat(), `${at}<map>`);
      case "Set":
        return this.values([...a], [...b], `${at}<set>`);
      case "Error":
        return this.error(a, b, at);
      case "RequestSync":
        return this.members(["url", "method", "headers", "body"], a, b, at);
      case "ResponseSync":
        return this.members(["status", "statusText", "headers", "body"], a, b, at);
      case "Array":
        if (a.length !== b.length) return `${at}: ${a.length} and ${b.length} elements`;
        break;
      case "Object":
        break;
      default:
        return ArrayBuffer.isView(a) ? this.values([...(a as Uint8Array)], [...(b as Uint8Array)], at) : `${at}: cannot compare ${which}s`;
    }
    // The keys of arrays tell the holes.
    const keys = Object.keys(a);
    if (keys.join("\n") !== Object.keys(b).join("\n")) return `${at}: keys ${show(keys)} and ${show(Object.keys(b))}`;
    return this.members(keys, a, b, at);
  }

  private error(a: Error, b: Error, at: string): string | undefined {
    const own = (e: Error): string[] => Object.getOwnPropertyNames(e).filter((key) => !["name", "message", "stack"].includes(key)).sort();
    if (own(a).join("\n") !== own(b).join("\n")) return `${at}: properties ${show(own(a))} and ${show(own(b))}`;
    return this.members(["name", "message", "stack", ...own(a)], a, b, at);
  }

  private members(keys: string[], a: any, b: any, at: string): string | undefined {
    for (const key of keys) {
      const found = this.values(a[key], b[key], `${at}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function show(v: unknown): string {
  if (typeof v === "object" && v !== null) return Array.isArray(v) ? v.map(show).join() : kind(v);
  return Object.is(v, -0) ? "-0" : typeof v === "string" ? JSON.stringify(v) : `${typeof v} ${String(v)}`;
}
