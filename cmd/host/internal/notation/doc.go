// Package notation is how values look on the command line: JSON, with a tagged
// object for each kind of value that JSON lacks, and the way back from that text.
//
//	undefined                {"$undefined":true}
//	NaN, Infinity, -0        {"$number":"NaN"}
//	10n                      {"$bigint":"10"}
//	Date                     {"$date":"2026-01-02T03:04:05.678Z"}, invalid: {"$date":null}
//	RegExp                   {"$regexp":"/a+/gi"}
//	URL                      {"$url":"https://example.com/"}
//	Map                      {"$map":[["key",1],[2,"two"]]}
//	Set                      {"$set":[1,2]}
//	Error                    {"$error":{"name":"Error","message":"no","code":"E1"}}
//	Headers                  {"$headers":[["accept","application/json"]]}
//	Request, Response        {"$request":{"url":...}}, {"$response":{"status":200,...}}
//	ArrayBuffer, DataView    {"$ArrayBuffer":[1,2,255]}, {"$DataView":[1,2]}
//	typed arrays             {"$Uint8Array":[1,2,255]}, {"$BigInt64Array":["1"]}
//	new Number(1)            {"$boxed":1}
//	the hole of an array     {"$hole":true}
//	a function               {"$function":"getValue"} (printed, never read)
//	one object twice         {"$ref":"#/a/0"}: a JSON pointer into this text, to its first place
//
// A key of ordinary data that begins with $ is written with one more $, and
// loses it when it is read.
package notation
