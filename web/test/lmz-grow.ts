// Random values, the same for the same seed.

/** The classes of requests and responses: ours, or those of the npm package. */
export interface Classes {
  RequestSync: new (url: string, init: { method?: string; headers?: HeadersInit }) => { body: unknown; readonly headers: Headers };
  ResponseSync: new (body: null, init: { status?: number; statusText?: string; headers?: HeadersInit }) => { body: unknown; readonly headers: Headers };
}

export interface Growth {
  classes: Classes;
  /** With what the npm package does not write whole: -0, holes, bodies that JSON lacks... */
  rich?: boolean;
  /** With what the npm package does not read whole: an AggregateError, headers of a request that are elsewhere, too. */
  unread?: boolean;
  /** What it is read as: functions are objects with a name. */
  read?: boolean;
}

/** Numbers below n, evenly enough: mulberry32. */
export function dice(seed: number): (n: number) => number {
  let state = seed * 0x9e3779b1;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const integerArrays = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array];
const texts = ["", "a", "$", "$type", "$$ref", "$ref", "7", "01", "\u2028", "\ud800", "a\udfffb", "😀", "hé\u0000\"\\", "__is", "<x>", "4294967295", "4294967294", "a b"];
const names = ["Error", "TypeError", "RangeError", "SyntaxError", "ReferenceError", "EvalError", "URIError"];
const errors: Record<string, ErrorConstructor> = { Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError };
const noted = [0, 1, -1, 1e21, 1e-7, 5e-324, 2 ** 53, 0.1, -123.456, 1.7976931348623157e308, NaN, Infinity, -Infinity];

/** Grows one value: a tree in which a value may be one that is there already, finished or not. */
export function grow(seed: number, growth: Growth): unknown {
  const grower = new Grower(dice(seed), growth);
  return grower.value(5);
}

class Grower {
  private readonly pool: object[] = [];

  constructor(
    private readonly dice: (n: number) => number,
    private readonly growth: Growth,
  ) {}

  private pick<T>(of: readonly T[]): T {
    return of[this.dice(of.length)]!;
  }

  /** Keeps a value for later occurrences. */
  private fresh<T extends object>(v: T): T {
    this.pool.push(v);
    return v;
  }

  private times<T>(most: number, make: (i: number) => T): T[] {
    return Array.from({ length: this.dice(most + 1) }, (_, i) => make(i));
  }

  private number(): number {
    const n = this.dice(4) ? this.pick(noted) : this.dice(2000) - 1000;
    return this.growth.rich && !this.dice(8) ? -0 : n;
  }

  private finite(): number {
    const n = this.number();
    return Number.isFinite(n) ? n : 5;
  }

  private bigint(): bigint {
    return BigInt(this.dice(2 ** 32) - 2 ** 31) * BigInt(this.dice(2 ** 32)) * BigInt(this.dice(3));
  }

  private text(): string {
    return this.dice(3) ? this.pick(texts) : this.times(6, () => String.fromCharCode(this.dice(0x3000))).join("");
  }

  private headers(): Headers {
    return new Headers(this.times(3, () => [this.pick(["a", "X-B", "set-cookie", "content-type"]), this.pick(["1", "é", "a, b"])] as [string, string]));
  }

  value(depth: number): unknown {
    if (this.pool.length > 1 && !this.dice(5)) return this.pick(this.pool);
    switch (this.dice(depth > 0 ? 24 : 13)) {
      case 0:
        return null;
      case 1:
        return undefined;
      case 2:
        return this.dice(2) === 0;
      case 3:
        return this.number();
      case 4:
        return this.text();
      case 5:
        return this.bigint();
      case 6:
        return this.pool[0];
      case 7:
        return this.fresh(new Date(this.growth.rich && !this.dice(5) ? NaN : (this.dice(2 ** 32) - 2 ** 31) * 4_000_000));
      case 8:
        return this.fresh(new RegExp(this.pick(["a", "a\\/b", "[$]é", "(?:)", "\\n\ud800"]), this.pick(["", "g", "giu", "dmsy"])));
      case 9:
        return this.fresh(Object(this.pick([true, false, "s", this.text(), this.number(), this.bigint()])));
      case 10:
        return this.fresh(this.bytes());
      case 11:
        return this.fresh(this.pick([new URL("https://e.com/p?q=1#h"), new URL("a:b"), this.headers()]));
      case 12:
        return this.func();
      case 13:
      case 14:
        return this.array(depth);
      case 15:
      case 16: {
        const map = this.fresh(new Map());
        this.times(3, () => map.set(this.key(depth), this.value(depth - 1)));
        return map;
      }
      case 17: {
        const set = this.fresh(new Set());
        this.times(3, () => set.add(this.key(depth)));
        return set;
      }
      case 18:
      case 19:
        return this.error(depth);
      case 20:
        return this.message(depth);
    }
    const object: Record<string, unknown> = this.fresh({});
    this.times(4, () => (object[this.text()] = this.value(depth - 1)));
    return object;
  }

  /** What a Map or Set can tell apart from +0. */
  private key(depth: number): unknown {
    const v = this.value(depth - 1);
    return v === 0 ? 0 : v;
  }

  private func(): unknown {
    const name = this.pick(["f", "", "$g"]);
    return this.growth.read ? { name: name || "anonymous" } : Object.defineProperty(() => {}, "name", { value: name });
  }

  private bytes(): object {
    const { rich } = this.growth;
    const small = this.times(5, () => this.dice(128));
    switch (this.dice(rich ? 6 : 5)) {
      case 0:
        return new Uint8Array(small).buffer;
      case 1: {
        const { buffer } = new Uint8Array([1, 2, ...small]);
        return new DataView(buffer, this.dice(2), this.dice(2));
      }
      case 2:
        return this.dice(2) ? new Float64Array(this.times(4, () => (rich ? this.number() : this.finite()))) : new Float32Array([0.1, rich ? NaN : 1, 3]);
      case 3:
      case 4:
        return new (this.pick(integerArrays))(this.times(4, () => this.dice(2 ** 32) - 2 ** 31));
    }
    return new (this.pick([BigInt64Array, BigUint64Array]))(this.times(4, () => this.bigint()));
  }

  private array(depth: number): unknown[] {
    const array: unknown[] = this.fresh([]);
    this.times(4, () => {
      if (this.growth.rich && !this.dice(6)) array.length++;
      else array.push(this.value(depth - 1));
    });
    return array;
  }

  private error(depth: number): Error {
    const { unread, rich } = this.growth;
    const aggregate = unread && !this.dice(5);
    const name = aggregate ? "" : this.pick(names);
    const error = this.fresh(aggregate ? new AggregateError([], this.text()) : new errors[name]!(this.text()));
    // Not by assignment, to which an error as it is read would look different.
    const own = (key: string, value: unknown): void => void Object.defineProperty(error, key, { value, writable: true, configurable: true });
    // The package makes what has such a name, whatever it is.
    if (name === "Error" && this.dice(2)) own("name", this.pick(rich ? ["ValidationError", "Map", "ArrayBuffer"] : ["ValidationError", "AbortError", "$x"]));
    if (this.dice(3)) own("stack", `at ${this.text()}`);
    else delete error.stack;
    if (aggregate) (error as AggregateError).errors = this.times(3, () => this.value(depth - 1));
    if (this.dice(2)) {
      const cause = this.value(depth - 1);
      if (cause !== undefined || rich) own("cause", cause);
    }
    // The package writes an index before the tag.
    this.times(2, () => Object.assign(error, { [this.pick(["code", "$k", rich ? "7" : "détail"])]: this.value(depth - 1) }));
    return error;
  }

  private message(depth: number): object {
    const { RequestSync, ResponseSync } = this.growth.classes;
    const headers = this.headers();
    const message = this.fresh(
      this.dice(2)
        ? new RequestSync("https://e.com/x?y", { method: this.pick(["GET", "POST", "PURGE"]), headers })
        : new ResponseSync(null, { status: 200 + this.dice(400), statusText: this.pick(["", "OK"]), headers }),
    );
    if (this.growth.unread && this.dice(2)) this.fresh(message.headers);
    message.body = this.growth.rich && this.dice(2) ? this.value(depth - 1) : this.json(depth);
    return message;
  }

  /** What JSON carries. */
  private json(depth: number): unknown {
    switch (this.dice(depth > 0 ? 6 : 4)) {
      case 0:
        return null;
      case 1:
        return this.text();
      case 2: {
        const n = this.finite();
        return n === 0 ? 0 : n;
      }
      case 3:
        return true;
      case 4:
        return this.times(3, () => this.json(depth - 1));
    }
    return Object.fromEntries(this.times(3, () => [this.text(), this.json(depth - 1)]));
  }
}
