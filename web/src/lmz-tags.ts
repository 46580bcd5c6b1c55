import type { Decoder, Made } from "./lmz-decode.ts";
import { makeError } from "./lmz-error.ts";
import { bigint, expected, isNode, list, number, shape, special, text, type Node } from "./lmz-parts.ts";
import { boundSource, typedArrays } from "./lmz-wire.ts";
import { RequestSync, ResponseSync } from "./sync.ts";

/** Only what toISOString writes is a date; "" is an invalid one. */
function date(iso: string): Date {
  const date = new Date(iso);
  return iso === "" || date.toISOString() === iso ? date : expected("a date", iso);
}

/** A buffer or a view. */
function bytes(node: Node): object {
  const { subtype, data, byteOffset, byteLength } = node;
  const isView = subtype === "DataView";
  shape(node, `$type,subtype,data${isView ? ",byteOffset,byteLength" : ""}`);
  if (subtype !== "ArrayBuffer" && !isView) return elements(text(subtype), list(data));
  const { buffer } = elements("Uint8Array", list(data));
  if (!isView) return buffer;
  // The constructor checks their range, but takes anything for a number.
  if (!Number.isInteger(byteOffset) || !Number.isInteger(byteLength)) expected("a place in a buffer", byteOffset);
  return new DataView(buffer, byteOffset as number, byteLength as number);
}

/** A typed array, each element of which is checked. */
function elements(subtype: string, data: unknown[]): { buffer: ArrayBuffer } {
  const array = new (typedArrays.get(subtype) ?? expected("a subtype", subtype))(data.length);
  data.forEach((x, i) => {
    if (subtype.startsWith("Float")) {
      // The npm package writes null for the numbers that JSON lacks, and reads it as 0.
      array[i] = typeof x === "string" ? special(x) : number(x ?? 0);
    } else {
      const element = subtype.startsWith("Big") ? bigint(x) : x;
      array[i] = element;
      if (array[i] !== element) expected(`an element of a ${subtype}`, x);
    }
  });
  return array;
}

function collection<C>(empty: C, entries: unknown, add: (to: C, entry: unknown, depth: number) => void): Made {
  return [empty, (depth) => list(entries).forEach((entry) => add(empty, entry, depth))];
}

/** A request or response, of which `parts` are the first ones. */
function message(decoder: Decoder, data: unknown, parts: string, construct: (data: Node) => RequestSync | ResponseSync): Made {
  shape(data, `${parts},headers,body`, `${parts},headers,body,$body`);
  const message = construct(data);
  // Looked at first, because a reference might lead back to here.
  const headers = decoder.follow(data.headers);
  if (!isNode(headers) || headers.$type !== "headers") expected("headers", data.headers);
  return [
    Object.assign(message, { headers: decoder.value(data.headers, 0) }),
    (depth) => {
      message.body = "$body" in data ? decoder.value(data.$body, depth) : decoder.value(data.body, depth, true);
    },
  ];
}

/** An error: name, message, perhaps stack, then its own properties. */
function error(node: Node, decoder: Decoder): Made {
  // JSON.parse puts keys that are array indices before all others.
  const keys = Object.keys(node);
  const start = keys.findIndex((key) => String(Number(key) >>> 0) !== key || key === "4294967295");
  const parts = keys.splice(start, keys[start + 3] === "stack" ? 4 : 3);
  if (!/^\$type,name,message(,stack)?$/.test(parts.join())) expected("$type,name,message", parts.join());
  const error = makeError(text(node.name), text(node.message), parts[3] && text(node.stack));
  return [
    error,
    (depth) => {
      for (const key of keys) {
        if (key === "stack" || key === "$ref") expected("a property", key);
        decoder.property(error, key, node, depth);
      }
    },
  ];
}

/** Each tag: its parts behind $type where they are always the same, and what makes its value. It may throw anything. */
export const tags: Record<string, [parts: string | undefined, make: (node: Node, decoder: Decoder) => Made]> = {
  undefined: ["", () => [undefined]],
  bigint: [",value", ({ value }) => [bigint(value)]],
  "number-special": [",value", ({ value }) => [special(value)]],
  function: [",name", ({ name }) => [{ name: text(name) }]],
  date: [",iso", ({ iso }) => [date(text(iso))]],
  regexp: [",source,flags", ({ source, flags }) => [new RegExp(boundSource(text(source)), text(flags))]],
  url: [",href", ({ href }) => [new URL(text(href))]],
  headers: [",entries", ({ entries }) => [new Headers(list(entries).map((entry) => list(entry, 2).map(text) as [string, string]))]],
  "boolean-object": [",value", ({ value }) => [Object(typeof value === "boolean" ? value : expected("a boolean", value))]],
  "number-object": [",value", ({ value }) => [Object(typeof value === "string" ? special(value) : number(value))]],
  "string-object": [",value", ({ value }) => [Object(text(value))]],
  "bigint-object": [",value", ({ value }) => [Object(bigint(value))]],
  arraybuffer: [undefined, (node) => [bytes(node)]],
  error: [undefined, error],
  map: [
    ",entries",
    ({ entries }, decoder) =>
      collection(new Map(), entries, (map, entry, depth) => {
        const [key, value] = list(entry, 2);
        map.set(decoder.value(key, depth), decoder.value(value, depth));
      }),
  ],
  set: [",values", ({ values }, decoder) => collection(new Set(), values, (set, value, depth) => set.add(decoder.value(value, depth)))],
  "request-sync": [
    ",data",
    ({ data }, decoder) =>
      message(decoder, data, "url,method", ({ url, method }) => new RequestSync(new URL(text(url)), { method: text(method) })),
  ],
  "response-sync": [
    ",data",
    ({ data }, decoder) =>
      message(decoder, data, "status,statusText", ({ status, statusText }) => new ResponseSync(null, { status: number(status), statusText: text(statusText) })),
  ],
};
