// What comes from an enemy.
import assert from "node:assert/strict";
import test from "node:test";
import { lmz } from "../src/lmz.ts";
import { ResponseSync } from "../src/sync.ts";
import { difference } from "./lmz-same.ts";

const node = (json: string): string => `{"json":${json},"meta":{}}`;
const tag = (parts: string): string => node(`{"$type":${parts}}`);
const bytes = (parts: string): string => tag(`"arraybuffer","subtype":${parts}`);
const request = (data: string): string => tag(`"request-sync","data":{${data}}`);
const response = (data: string): string => tag(`"response-sync","data":{${data}}`);
const aliases = (list: string, root = '{"$ref":0}'): string => `{"json":${root},"meta":{"aliases":${list}}}`;
const headers = '"headers":{"$type":"headers","entries":[]}';
const head = `"url":"a:b","method":"GET",${headers}`;
const nested = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);

/** Each document and what its refusal says. */
const refused: Record<string, [wire: string, says: RegExp]> = {
  empty: ["", /not a JSON text/],
  "no-object": ["[]", /an object expected/],
  null: ["null", /an object expected/],
  "no-json": ['{"meta":{}}', /json,meta expected, not "meta"/],
  "nothing-in-it": ["{}", /json,meta expected/],
  "unknown-key": ['{"json":1,"meta":{},"x":1}', /json,meta expected/],
  "keys-in-one": ['{"json,meta":1}', /json,meta expected/],
  "proto-beside": ['{"json":1,"__proto__":{}}', /json,meta expected/],
  "meta-array": ['{"json":1,"meta":[]}', /expected/],
  "meta-number": ['{"json":1,"meta":1}', /expected/],
  "meta-unknown": ['{"json":1,"meta":{"x":1}}', /aliases expected/],
  "meta-empty-key": ['{"json":1,"meta":{"":1}}', /aliases expected/],
  "meta-proto": ['{"json":1,"meta":{"__proto__":{"aliases":{}}}}', /aliases expected/],
  trailing: ['{"json":1,"meta":{}}x', /not a JSON text/],
  "number-huge": [node("1e400"), /a number expected/],
  "number-huge-in-body": [request(`${head},"body":[-1e400]`), /a number expected/],
  "dollar-twice": [node('{"$x":1,"$$x":2}'), /another key expected, not "\$x"/],

  "ref-dangling": [node('{"$ref":0}'), /no alias 0/],
  "ref-proto": [aliases("{}", '{"$ref":"__proto__"}'), /a reference's number expected, not "__proto__"/],
  "ref-text": [aliases('{"0":{}}', '{"$ref":"0"}'), /a reference's number expected/],
  "ref-negative": [node('{"$ref":-1}'), /a reference's number expected/],
  "ref-minus-zero": [aliases('{"0":{}}', '{"$ref":-0}'), /a reference's number expected/],
  "ref-fraction": [node('{"$ref":0.5}'), /a reference's number expected/],
  "ref-huge": [node('{"$ref":99999999999}'), /a reference's number expected/],
  "ref-and-more": [aliases('{"0":{}}', '{"$ref":0,"a":1}'), /\$ref expected/],
  "ref-not-first": [aliases('{"0":{}}', '{"a":1,"$ref":0}'), /\$ref expected/],
  "ref-in-error": [tag('"error","name":"E","message":"","$ref":0'), /\$ref expected/],
  "ref-in-tag": [tag('"date","iso":"","$ref":0'), /\$ref expected/],
  "alias-of-alias": [aliases('{"0":{"$ref":1},"1":{}}'), /a value with an identity as alias 0 expected/],
  "alias-of-itself": [aliases('{"0":{"$ref":0}}'), /a value with an identity as alias 0 expected/],
  "alias-number": [aliases('{"0":1}'), /a value with an identity as alias 0 expected/],
  "alias-null": [aliases('{"0":null}'), /a value with an identity as alias 0 expected/],
  "alias-text": [aliases('{"0":"x"}'), /a value with an identity as alias 0 expected/],
  "alias-undefined": [aliases('{"0":{"$type":"undefined"}}'), /a value with an identity as alias 0 expected/],
  "alias-hole": [aliases('{"0":{"$type":"undefined","hole":true}}', '[{"$ref":0}]'), /a value with an identity as alias 0 expected/],
  "alias-bigint": [aliases('{"0":{"$type":"bigint","value":"1"}}'), /a value with an identity as alias 0 expected/],
  "alias-special": [aliases('{"0":{"$type":"number-special","value":"NaN"}}'), /a value with an identity as alias 0 expected/],
  "alias-function": [aliases('{"0":{"$type":"function","name":"f"}}'), /a value with an identity as alias 0 expected/],
  "alias-key": [aliases('{"0":{},"00":{}}'), /an alias's number expected, not "00"/],
  "alias-key-word": [aliases('{"__proto__":{}}', "1"), /an alias's number expected, not "__proto__"/],
  "alias-unused": [aliases('{"0":{"$type":"blob"}}', "1"), /a known \$type expected/],
  "aliases-array": [aliases("[]", "1"), /aliases expected/],
  "aliases-null": [aliases("null", "1"), /aliases expected/],

  "tag-unknown": [tag('"blob"'), /a known \$type expected, not "blob"/],
  "tag-of-prototype": [tag('"constructor"'), /a known \$type expected/],
  "tag-proto": [tag('"__proto__"'), /a known \$type expected/],
  "tag-number": [tag("1"), /a string expected, not 1/],
  "tag-not-first": [node('{"a":1,"$type":"date","iso":""}'), /\$type,iso expected/],
  "tag-after-index": [node('{"0":1,"$type":"date","iso":""}'), /\$type,iso expected/],
  "undefined-part": [tag('"undefined","x":1'), /\$type expected/],
  "hole-false": [`{"json":[{"$type":"undefined","hole":false}]}`, /\$type expected/],
  "hole-and-more": [`{"json":[{"$type":"undefined","hole":true,"x":1}]}`, /\$type,hole expected/],
  "hole-at-root": [tag('"undefined","hole":true'), /\$type expected/],
  "hole-in-object": [node('{"a":{"$type":"undefined","hole":true}}'), /\$type expected/],
  "hole-in-set": [tag('"set","values":[{"$type":"undefined","hole":true}]'), /\$type expected/],
  "bigint-empty": [tag('"bigint","value":""'), /decimal digits expected/],
  "bigint-hex": [tag('"bigint","value":"0x10"'), /decimal digits expected/],
  "bigint-space": [tag('"bigint","value":" 1"'), /decimal digits expected/],
  "bigint-line": [tag('"bigint","value":"1\\n"'), /decimal digits expected/],
  "bigint-number": [tag('"bigint","value":1'), /a string expected/],
  "bigint-missing": [tag('"bigint"'), /\$type,value expected/],
  "bigint-extra": [tag('"bigint","value":"1","x":1'), /\$type,value expected/],
  "bigint-long": [tag(`"bigint","value":"-${"1".repeat(16_385)}"`), /^digits of a bigint: 16385 > 16384$/],
  "special-other": [tag('"number-special","value":"1"'), /a number's name expected/],
  "special-number": [tag('"number-special","value":1'), /a number's name expected/],
  "date-text": [tag('"date","iso":"tomorrow"'), /no such date/],
  "date-other-form": [tag('"date","iso":"2025-01-02"'), /a date expected/],
  "date-february": [tag('"date","iso":"2025-02-30T00:00:00.000Z"'), /date/],
  "date-number": [tag('"date","iso":0'), /a string expected/],
  "regexp-pattern": [tag('"regexp","source":"(","flags":""'), /no such regexp/],
  "regexp-flags": [tag('"regexp","source":"a","flags":"gg"'), /no such regexp/],
  "regexp-order": [tag('"regexp","flags":"g","source":"a"'), /\$type,source,flags expected/],
  "regexp-no-flags": [tag('"regexp","source":"a"'), /\$type,source,flags expected/],
  "regexp-parts-in-one": [tag('"regexp","source,flags":"a"'), /\$type,source,flags expected/],
  "regexp-long": [tag(`"regexp","source":"${"é".repeat(2049)}","flags":""`), /^bytes of a RegExp's source: 4098 > 4096$/],
  "url-relative": [tag('"url","href":"/x"'), /no such url/],
  "function-number": [tag('"function","name":1'), /a string expected/],
  "function-more": [tag('"function","name":"f","x":1'), /\$type,name expected/],
  "map-object": [tag('"map","entries":{}'), /an array expected/],
  "map-one": [tag('"map","entries":[[1]]'), /an array expected/],
  "map-three": [tag('"map","entries":[[1,2,3]]'), /an array expected/],
  "map-flat": [tag('"map","entries":[1,2]'), /an array expected/],
  "set-number": [tag('"set","values":1'), /an array expected/],
  "set-length": [tag('"set","values":{"length":500000000}'), /an array expected/],
  "error-no-message": [tag('"error","name":"E"'), /\$type,name,message expected/],
  "error-order": [tag('"error","message":"E","name":""'), /\$type,name,message expected/],
  "error-before-tag": [node('{"code":1,"$type":"error","name":"E","message":""}'), /\$type,name,message expected/],
  "error-name-number": [tag('"error","name":1,"message":""'), /a string expected/],
  "error-message-object": [tag('"error","name":"E","message":{}'), /a string expected/],
  "error-stack-number": [tag('"error","name":"E","message":"","stack":1'), /a string expected/],
  "error-late-stack": [tag('"error","name":"E","message":"","a":1,"stack":""'), /a property expected, not "stack"/],
  "headers-object": [tag('"headers","entries":{"a":"b"}'), /an array expected/],
  "headers-flat": [tag('"headers","entries":["a","b"]'), /an array expected/],
  "headers-one": [tag('"headers","entries":[["a"]]'), /an array expected/],
  "headers-number": [tag('"headers","entries":[["a",1]]'), /a string expected/],
  "headers-name": [tag('"headers","entries":[["a b","1"]]'), /no such headers/],
  "headers-injection": [tag('"headers","entries":[["a","1\\r\\nb: 2"]]'), /no such headers/],
  "boxed-boolean": [tag('"boolean-object","value":1'), /a boolean expected/],
  "boxed-number": [tag('"number-object","value":"1"'), /a number's name expected/],
  "boxed-number-huge": [tag('"number-object","value":1e400'), /a number expected/],
  "boxed-string": [tag('"string-object","value":1'), /a string expected/],
  "boxed-bigint": [tag('"bigint-object","value":"x"'), /decimal digits expected/],

  "bytes-function": [bytes('"Function","data":"globalThis.polluted = 1"'), /./],
  "bytes-function-list": [bytes('"Function","data":["globalThis.polluted = 1"]'), /a subtype expected, not "Function"/],
  "bytes-array": [bytes('"Array","data":[1]'), /a subtype expected/],
  "bytes-shared": [bytes('"SharedArrayBuffer","data":[1]'), /a subtype expected/],
  "bytes-proto": [bytes('"__proto__","data":[1]'), /a subtype expected/],
  "bytes-number": [bytes('1,"data":[1]'), /a string expected/],
  "bytes-length": [bytes('"Uint8Array","data":500000000'), /an array expected, not 500000000/],
  "buffer-length": [bytes('"ArrayBuffer","data":500000000'), /an array expected/],
  "bytes-like-array": [bytes('"Uint8Array","data":{"length":500000000}'), /an array expected/],
  "bytes-range": [bytes('"Uint8Array","data":[256]'), /an element of a Uint8Array expected, not 256/],
  "bytes-negative": [bytes('"Uint8ClampedArray","data":[-1]'), /an element of a Uint8ClampedArray expected/],
  "bytes-fraction": [bytes('"Int8Array","data":[1.5]'), /an element/],
  "bytes-text": [bytes('"Int8Array","data":["1"]'), /an element/],
  "bytes-null": [bytes('"Int8Array","data":[null]'), /an element/],
  "bytes-bool": [bytes('"ArrayBuffer","data":[true]'), /an element/],
  "float-text": [bytes('"Float32Array","data":["1"]'), /a number's name expected/],
  "float-array": [bytes('"Float64Array","data":[[]]'), /a number expected/],
  "float-huge": [bytes('"Float64Array","data":[1e400]'), /a number expected/],
  "bigints-range": [bytes('"BigInt64Array","data":["9223372036854775808"]'), /an element/],
  "bigints-negative": [bytes('"BigUint64Array","data":["-1"]'), /an element/],
  "bigints-number": [bytes('"BigUint64Array","data":[1]'), /a string expected/],
  "bytes-offset": [bytes('"Uint8Array","data":[1],"byteOffset":0,"byteLength":1'), /\$type,subtype,data expected/],
  "dataview-outside": [bytes('"DataView","data":[1],"byteOffset":1,"byteLength":1'), /no such arraybuffer/],
  "dataview-negative": [bytes('"DataView","data":[1],"byteOffset":-1,"byteLength":1'), /no such arraybuffer/],
  "dataview-fraction": [bytes('"DataView","data":[1],"byteOffset":0.5,"byteLength":0'), /a place in a buffer expected/],
  "dataview-text": [bytes('"DataView","data":[1],"byteOffset":0,"byteLength":"1"'), /a place in a buffer expected/],
  "dataview-missing": [bytes('"DataView","data":[1]'), /byteOffset,byteLength expected/],

  "request-array": [tag('"request-sync","data":[]'), /an object expected/],
  "request-empty": [request(""), /url,method,headers,body expected/],
  "request-order": [request(`"method":"GET","url":"a:b",${headers},"body":null`), /url,method,headers,body expected/],
  "request-relative": [request(`"url":"/x","method":"GET",${headers},"body":null`), /no such request-sync/],
  "request-method": [request(`"url":"a:b","method":"TRACE",${headers},"body":null`), /no such request-sync/],
  "request-method-space": [request(`"url":"a:b","method":"G T",${headers},"body":null`), /no such request-sync/],
  "request-no-body": [request(head), /url,method,headers,body expected/],
  "request-headers": [request('"url":"a:b","method":"GET","headers":{},"body":null'), /headers expected/],
  "request-headers-null": [request('"url":"a:b","method":"GET","headers":null,"body":null'), /headers expected/],
  "request-headers-dangling": [request('"url":"a:b","method":"GET","headers":{"$ref":7},"body":null'), /headers expected/],
  "request-headers-itself": [
    aliases('{"0":{"$type":"request-sync","data":{"url":"a:b","method":"GET","headers":{"$ref":0},"body":null}}}'),
    /headers expected/,
  ],
  "request-extra": [request(`${head},"body":null,"x":1`), /url,method,headers,body expected/],
  "request-after": [request(`${head},"body":null,"$body":1,"x":1`), /url,method,headers,body expected/],
  "response-status": [response(`"status":99,"statusText":"",${headers},"body":null`), /no such response-sync/],
  "response-status-600": [response(`"status":600,"statusText":"",${headers},"body":null`), /no such response-sync/],
  "response-fraction": [response(`"status":200.5,"statusText":"",${headers},"body":null`), /no such response-sync/],
  "response-status-text": [response(`"status":200,"statusText":1,${headers},"body":null`), /a string expected/],
  "response-type": [response(`"status":"200","statusText":"",${headers},"body":null`), /a number expected/],

  "deep-arrays": [node(nested(257, "[", "]")), /^depth of containers: 257 > 256$/],
  "deep-objects": [node(`${'{"a":'.repeat(257)}1${"}".repeat(257)}`), /^depth of containers: 257 > 256$/],
  "deep-maps": [node(`${'{"$type":"map","entries":[[1,'.repeat(257)}1${"]]}".repeat(257)}`), /^depth of containers: 257 > 256$/],
  "deep-keys": [node(`${'{"$type":"map","entries":[['.repeat(257)}1${",1]]}".repeat(257)}`), /^depth of containers: 257 > 256$/],
  "deep-sets": [node(`${'{"$type":"set","values":['.repeat(257)}1${"]}".repeat(257)}`), /^depth of containers: 257 > 256$/],
  "deep-errors": [node(`${'{"$type":"error","name":"","message":"","cause":'.repeat(257)}1${"}".repeat(257)}`), /^depth of containers: 257 > 256$/],
  "deep-body": [request(`${head},"body":${nested(256, "[", "]")}`), /^depth of containers: 257 > 256$/],
  "deep-beyond-any-stack": [node(nested(200_000, "[", "]")), /^depth of containers: 257 > 256$/],
  "deep-aliases": [
    aliases(`{${Array.from({ length: 20_000 }, (_, i) => `"${i}":[{"$ref":${i + 1}}]`).join()},"20000":[]}`),
    /^depth of containers: 257 > 256$/,
  ],
  "deep-unused-aliases": [
    aliases(`{${Array.from({ length: 20_000 }, (_, i) => `"${i}":[{"$ref":${i + 1}}]`).join()},"20000":[]}`, "1"),
    /^depth of containers: 257 > 256$/,
  ],
  "many-values": [node(`[${"1,".repeat(99_999)}1]`), /^values of one message: 100001 > 100000$/],
  "many-holes": [node(`[${'{"$type":"undefined","hole":true},'.repeat(99_999)}1]`), /^values of one message: 100001 > 100000$/],
  "many-refs": [aliases('{"0":{}}', `[${'{"$ref":0},'.repeat(99_999)}1]`), /^values of one message: 100001 > 100000$/],
  "many-in-a-body": [request(`${head},"body":[${"1,".repeat(99_999)}1]`), /^values of one message: 100001 > 100000$/],
};

test("what is no document is refused, and says why", async (t) => {
  for (const [name, [wire, says]] of Object.entries(refused)) {
    await t.test(name, () => {
      assert.throws(
        () => lmz.decode(wire),
        (e: Error) => {
          assert.equal(e.name, "CodecError", e.stack);
          assert.match(e.message, says);
          assert.ok(e.message.length < 200, `a message of ${e.message.length} characters`);
          return true;
        },
      );
    });
  }
  assert.ok(!("polluted" in globalThis));
});

test("what is unusual is read", () => {
  const accepted: Record<string, [wire: string, want: unknown]> = {
    "no-meta": ['{"json":1}', 1],
    "null-meta": ['{"json":1,"meta":null}', 1],
    "meta-first": ['{"meta":{"aliases":{"7":{}}},"json":{"$ref":7}}', {}],
    space: [' {\t"json" :\r\n[ 1 , { } ] } ', [1, {}]],
    "minus-zero": [node("-0"), -0],
    "unused-alias": [aliases('{"0":{}}', "1"), 1],
    "single-dollar": [node('{"$x":1,"$":2}'), { $x: 1, $: 2 }],
    "deepest-array": [node(nested(256, "[", "]")), JSON.parse(nested(256, "[", "]"))],
    "most-values": [node(`[${"1,".repeat(99_998)}1]`), Array.from({ length: 99_999 }, () => 1)],
    "longest-bigint": [tag(`"bigint","value":"-${"1".repeat(16_384)}"`), -BigInt("1".repeat(16_384))],
    "bytes-minus-zero": [bytes('"Int8Array","data":[-0]'), new Int8Array(1)],
    "float-rounds": [bytes('"Float32Array","data":[0.1,1e300]'), new Float32Array([0.1, Infinity])],
    "status-ends": [response(`"status":599,"statusText":"",${headers},"body":null`), new ResponseSync(null, { status: 599 })],
    "body-tags": [
      response(`"status":200,"statusText":"",${headers},"body":{"$type":"date","$ref":0,"$$a":[1]}`),
      new ResponseSync({ $type: "date", $ref: 0, $$a: [1] }),
    ],
    "rich-body": [response(`"status":200,"statusText":"",${headers},"body":1,"$body":{"$type":"bigint","value":"2"}`), new ResponseSync(2n)],
  };
  for (const [name, [wire, want]] of Object.entries(accepted)) assert.equal(difference(lmz.decode(wire), want), undefined, name);
});

test("no key sets a prototype", () => {
  const proto = '"__proto__":{"polluted":1}';
  const values = [
    lmz.decode(node(`{${proto}}`)),
    lmz.decode(tag(`"error","name":"Error","message":"",${proto}`)),
    (lmz.decode(response(`"status":200,"statusText":"",${headers},"body":{${proto}}`)) as ResponseSync).body,
  ] as object[];
  for (const value of values) {
    assert.ok(Object.hasOwn(value, "__proto__"));
    assert.ok(!("polluted" in value));
    assert.ok([Object.prototype, Error.prototype].includes(Object.getPrototypeOf(value)));
  }
  assert.ok(!("polluted" in {}));
  assert.deepEqual([...(lmz.decode(tag('"map","entries":[["__proto__",1]]')) as Map<string, number>)], [["__proto__", 1]]);
});

test("no class is looked up by a name of the message", () => {
  for (const name of ["ArrayBuffer", "Function", "Promise", "URL", "__proto__", "constructor", "toString", ""]) {
    const error = lmz.decode(tag(`"error","name":"${name}","message":"m"`)) as Error;
    assert.equal(Object.getPrototypeOf(error), Error.prototype);
    assert.equal(Object.prototype.toString.call(error), "[object Error]");
    assert.equal(error.name, name);
    assert.deepEqual(Object.getOwnPropertyNames(error).sort(), ["message", "name"]);
  }
  const aggregate = lmz.decode(tag('"error","name":"AggregateError","message":"m"')) as AggregateError;
  assert.ok(aggregate instanceof AggregateError);
  assert.equal(aggregate.message, "m");
  assert.ok(!Object.hasOwn(aggregate, "errors"));
});

test("a property of an error cannot be its stack or name in disguise", () => {
  const error = lmz.decode(tag('"error","name":"E","message":"m","stack":"s","constructor":1,"toString":2,"cause":3,"errors":4,"5":6,"$$a":7')) as Error;
  assert.equal(error.name, "E");
  assert.equal(error.stack, "s");
  assert.deepEqual({ ...error }, { 5: 6, constructor: 1, toString: 2, $a: 7 });
  assert.equal(error.cause, 3);
});

test("a relative URL is none, also where there is a page", () => {
  Object.assign(globalThis, { location: { href: "https://e.com/" } });
  try {
    assert.throws(() => lmz.decode(request(`"url":"/x","method":"GET",${headers},"body":null`)), { name: "CodecError" });
    assert.throws(() => lmz.decode(tag('"url","href":"/x"')), { name: "CodecError" });
  } finally {
    delete (globalThis as { location?: unknown }).location;
  }
});
