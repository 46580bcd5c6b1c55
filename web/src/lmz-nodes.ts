import { boundDigits, boundSource, specialName, typedArrays } from "./lmz-wire.ts";
import { RequestSync, ResponseSync } from "./sync.ts";

/** The node of a value that holds no others. */
export interface Leaf {
  $type: string;
  iso?: string;
  href?: string;
  value?: unknown;
  [part: string]: unknown;
}

/** What a value is, whatever realm it comes from; the name of its class if it is the platform's. */
export function kindOf(v: object): string {
  if (v instanceof RequestSync) return "RequestSync";
  if (v instanceof ResponseSync) return "ResponseSync";
  if (Array.isArray(v)) return "Array";
  const kind = Object.prototype.toString.call(v).slice(8, -1);
  return v instanceof Error || kind === "DOMException" ? "Error" : kind;
}

/** The nodes of what has an identity and holds no others, by kind. `any`: each gets what its name says. */
export const leaves = new Map<string, (v: any) => Leaf>([
  ["Date", (v: Date) => ({ $type: "date", iso: Number.isNaN(v.getTime()) ? "" : v.toISOString() })],
  ["RegExp", (v: RegExp) => ({ $type: "regexp", source: boundSource(v.source), flags: v.flags })],
  ["URL", (v: URL) => ({ $type: "url", href: v.href })],
  ["Headers", (v: Headers) => ({ $type: "headers", entries: [...v] })],
  ["Boolean", (v: Boolean) => ({ $type: "boolean-object", value: v.valueOf() })],
  ["String", (v: String) => ({ $type: "string-object", value: v.valueOf() })],
  ["Number", (v: Number) => ({ $type: "number-object", value: json(v.valueOf()) })],
  ["BigInt", (v: BigInt) => ({ $type: "bigint-object", value: boundDigits(v.toString()) })],
  ["ArrayBuffer", (v: ArrayBuffer) => bytes("ArrayBuffer", new Uint8Array(v))],
  ["DataView", (v: DataView) => ({ ...bytes("DataView", new Uint8Array(v.buffer)), byteOffset: v.byteOffset, byteLength: v.byteLength })],
]);
for (const name of typedArrays.keys()) leaves.set(name, (v) => bytes(name, v));

function bytes(subtype: string, elements: ArrayLike<number | bigint>): Leaf {
  return { $type: "arraybuffer", subtype, data: Array.from(elements, json) };
}

/** A number as it stands in a part: by its name if JSON lacks it. */
function json(n: number | bigint): number | string {
  return typeof n === "bigint" ? String(n) : (specialName(n) ?? n);
}

/** What JSON.stringify makes of a leaf, as far as V-12 goes. */
export function plainLeaf({ $type, iso, href, value }: Leaf): string {
  const part = iso ?? href ?? value;
  if (iso === "" || ($type === "number-object" && typeof value === "string")) return "null";
  return part === undefined ? "{}" : JSON.stringify(part);
}
