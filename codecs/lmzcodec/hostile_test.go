package lmzcodec_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// TestParse_Refuses: what is not exactly a document is an error that says why.
func TestParse_Refuses(t *testing.T) {
	t.Parallel()
	node := func(s string) string { return `{"json":` + s + `,"meta":{}}` }
	tag := func(s string) string { return node(`{"$type":` + s + `}`) }
	data := func(s string) string { return tag(`"request-sync","data":{` + s + `}`) }
	const noHeaders = `"headers":{"$type":"headers","entries":[]}`
	deep := strings.Repeat("[", 300) + strings.Repeat("]", 300)
	tests := []struct {
		name, wire string
		code       fault.Code
		says       string
	}{
		{"empty", ``, fault.CodeMalformed, "byte 0"},
		{"not-an-object", `[]`, fault.CodeMalformed, `'{' expected`},
		{"null", `null`, fault.CodeMalformed, `'{' expected`},
		{"no-json", `{"meta":{}}`, fault.CodeMalformed, `without "json"`},
		{"no-json-empty", `{}`, fault.CodeMalformed, `without "json"`},
		{"unknown-key", `{"json":1,"meta":{},"x":1}`, fault.CodeMalformed, `"x"`},
		{"json-twice", `{"json":1,"json":2,"meta":{}}`, fault.CodeMalformed, `"json"`},
		{"meta-twice", `{"json":1,"meta":{},"meta":{}}`, fault.CodeMalformed, `"meta"`},
		{"meta-no-object", `{"json":1,"meta":[]}`, fault.CodeMalformed, `'{' expected`},
		{"meta-unknown", `{"json":1,"meta":{"x":1}}`, fault.CodeMalformed, `"x"`},
		{"trailing", `{"json":1,"meta":{}}x`, fault.CodeMalformed, "bytes after the message"},
		{"trailing-document", `{"json":1}{"json":1}`, fault.CodeMalformed, "bytes after the message"},
		{"cut", `{"json":[1,`, fault.CodeMalformed, "byte 11"},
		{"cut-string", `{"json":"abc`, fault.CodeMalformed, "no end"},
		{"cut-escape", `{"json":"abc\`, fault.CodeMalformed, "no end"},
		{"cut-escaped-string", `{"json":"a\nbc`, fault.CodeMalformed, "no end"},
		{"invalid-utf8", "{\"json\":\"a\xff\"}", fault.CodeMalformed, "not UTF-8 at byte 10"},
		{"raw-surrogate", "{\"json\":\"\xed\xa0\x80\"}", fault.CodeMalformed, "not UTF-8"},
		{"control", "{\"json\":\"a\x01\"}", fault.CodeMalformed, "control character"},
		{"control-after-escape", "{\"json\":\"\\n\x01\"}", fault.CodeMalformed, "control character"},
		{"bad-escape", node(`"\x"`), fault.CodeMalformed, "unknown escape"},
		{"bad-hex", node(`"\u12g4"`), fault.CodeMalformed, "hexadecimal"},
		{"short-hex", `{"json":"\u12`, fault.CodeMalformed, "hexadecimal"},
		{"number-zero", node(`01`), fault.CodeMalformed, "not a number"},
		{"number-plus", node(`+1`), fault.CodeMalformed, "not a number"},
		{"number-minus", node(`-`), fault.CodeMalformed, "not a number"},
		{"number-double-minus", node(`--1`), fault.CodeMalformed, "not a number"},
		{"number-point", node(`1.`), fault.CodeMalformed, "decimal point"},
		{"number-exponent", node(`1e`), fault.CodeMalformed, "exponent"},
		{"number-sum", node(`1-2`), fault.CodeMalformed, "expected"},
		{"number-huge", node(`1e400`), fault.CodeMalformed, "out of range"},
		{"nan", node(`NaN`), fault.CodeMalformed, "not a number"},
		{"literal", node(`nul`), fault.CodeMalformed, "unknown literal"},
		{"comma-array", node(`[1,]`), fault.CodeMalformed, "comma before"},
		{"comma-object", node(`{"a":1,}`), fault.CodeMalformed, "comma before"},
		{"no-comma", node(`[1 2]`), fault.CodeMalformed, "expected"},
		{"no-colon", node(`{"a" 1}`), fault.CodeMalformed, `':' expected`},
		{"bare-key", node(`{a:1}`), fault.CodeMalformed, "not a string"},
		{"duplicate-key", node(`{"a":1,"a":2}`), fault.CodeMalformed, `"a" twice`},
		{"duplicate-escaped-key", node(`{"a":1,"\u0061":2}`), fault.CodeMalformed, `"a" twice`},
		{"duplicate-dollar-key", node(`{"$x":1,"$$x":2}`), fault.CodeMalformed, `"$x" twice`},
		{"bytes-too-many", node(`"` + strings.Repeat("a", 1<<20) + `"`), fault.CodeLimit, "MessageBytes"},
		{"too-deep", node(deep), fault.CodeLimit, "ValueDepth"},
		{"too-deep-objects", node(strings.Repeat(`{"a":`, 300)), fault.CodeLimit, "ValueDepth"},
		{"too-deep-maps", node(strings.Repeat(`{"$type":"map","entries":[[`, 300)), fault.CodeLimit, "ValueDepth"},
		{"too-deep-errors", node(strings.Repeat(`{"$type":"error","name":"","message":"","cause":`, 300)), fault.CodeLimit, "ValueDepth"},
		{"too-deep-body", data(`"url":"a:b","method":"GET",` + noHeaders + `,"body":` + deep), fault.CodeLimit, "ValueDepth"},
		{"too-many", node("[" + strings.Repeat("1,", 100_000) + "1]"), fault.CodeLimit, "ValueNodes"},

		{"ref-dangling", node(`{"$ref":0}`), fault.CodeMalformed, "label 0"},
		{"ref-string", node(`{"$ref":"0"}`), fault.CodeMalformed, "not a number"},
		{"ref-negative", node(`{"$ref":-1}`), fault.CodeMalformed, "reference"},
		{"ref-fraction", node(`{"$ref":1.0}`), fault.CodeMalformed, "reference"},
		{"ref-huge", node(`{"$ref":99999999999}`), fault.CodeMalformed, "reference"},
		{"ref-and-more", node(`{"$ref":0,"a":1}`), fault.CodeMalformed, "only key"},
		{"ref-not-first", node(`{"a":1,"$ref":0}`), fault.CodeMalformed, "only key"},
		{"alias-of-alias", `{"json":{"$ref":0},"meta":{"aliases":{"0":{"$ref":1},"1":{}}}}`, fault.CodeMalformed, "another name"},
		{"alias-of-itself", `{"json":{"$ref":0},"meta":{"aliases":{"0":{"$ref":0}}}}`, fault.CodeMalformed, "another name"},
		{"alias-scalar", `{"json":{"$ref":0},"meta":{"aliases":{"0":1}}}`, fault.CodeMalformed, "no identity"},
		{"alias-function", `{"json":{"$ref":0},"meta":{"aliases":{"0":{"$type":"function","name":"f"}}}}`, fault.CodeMalformed, "no identity"},
		{"alias-key", `{"json":{"$ref":0},"meta":{"aliases":{"00":{}}}}`, fault.CodeMalformed, "not a number"},
		{"alias-key-word", `{"json":{"$ref":0},"meta":{"aliases":{"__proto__":{}}}}`, fault.CodeMalformed, "not a number"},
		{"alias-twice", `{"json":{"$ref":0},"meta":{"aliases":{"0":{},"0":{}}}}`, fault.CodeMalformed, "twice"},
		{"aliases-array", `{"json":1,"meta":{"aliases":[]}}`, fault.CodeMalformed, `'{' expected`},
		{"aliases-twice", `{"json":1,"meta":{"aliases":{},"aliases":{}}}`, fault.CodeMalformed, `"aliases"`},

		{"tag-unknown", tag(`"blob"`), fault.CodeMalformed, `unknown $type "blob"`},
		{"tag-number", tag(`1`), fault.CodeMalformed, "not a string"},
		{"tag-not-first", node(`{"a":1,"$type":"date"}`), fault.CodeMalformed, "first key"},
		{"undefined-part", tag(`"undefined","x":1`), fault.CodeMalformed, "undefined"},
		{"hole-false", tag(`"undefined","hole":false`), fault.CodeMalformed, "hole"},
		{"hole-outside", tag(`"undefined","hole":true`), fault.CodeMalformed, "hole"},
		{"bigint-empty", tag(`"bigint","value":""`), fault.CodeMalformed, "digits"},
		{"bigint-hex", tag(`"bigint","value":"0x10"`), fault.CodeMalformed, "decimal"},
		{"bigint-number", tag(`"bigint","value":1`), fault.CodeMalformed, "not a string"},
		{"bigint-missing", tag(`"bigint"`), fault.CodeMalformed, `"value" is missing`},
		{"bigint-extra", tag(`"bigint","value":"1","x":1`), fault.CodeMalformed, "one part too many"},
		{"bigint-long", tag(`"bigint","value":"` + strings.Repeat("1", 16_385) + `"`), fault.CodeLimit, "BigIntDigits"},
		{"number-special-other", tag(`"number-special","value":"1"`), fault.CodeMalformed, "number"},
		{"date-text", tag(`"date","iso":"tomorrow"`), fault.CodeMalformed, "date"},
		{"date-number", tag(`"date","iso":0`), fault.CodeMalformed, "not a string"},
		{"regexp-flags", tag(`"regexp","source":"a","flags":"gg"`), fault.CodeMalformed, "flags"},
		{"regexp-order", tag(`"regexp","flags":"g","source":"a"`), fault.CodeMalformed, `"source" expected`},
		{"regexp-no-flags", tag(`"regexp","source":"a"`), fault.CodeMalformed, `"flags" is missing`},
		{"regexp-long", tag(`"regexp","source":"` + strings.Repeat("a", 5000) + `","flags":""`), fault.CodeLimit, "RegExpSourceBytes"},
		{"url-relative", tag(`"url","href":"/x"`), fault.CodeMalformed, "not absolute"},
		{"function-number", tag(`"function","name":1`), fault.CodeMalformed, "not a string"},
		{"map-object", tag(`"map","entries":{}`), fault.CodeMalformed, `'[' expected`},
		{"map-one", tag(`"map","entries":[[1]]`), fault.CodeMalformed, "expected"},
		{"map-three", tag(`"map","entries":[[1,2,3]]`), fault.CodeMalformed, "expected"},
		{"map-flat", tag(`"map","entries":[1,2]`), fault.CodeMalformed, `'[' expected`},
		{"set-number", tag(`"set","values":1`), fault.CodeMalformed, `'[' expected`},
		{"set-extra", tag(`"set","values":[],"x":1`), fault.CodeMalformed, "one part too many"},
		{"error-no-message", tag(`"error","name":"E"`), fault.CodeMalformed, `"message" is missing`},
		{"error-name-number", tag(`"error","name":1,"message":""`), fault.CodeMalformed, "not a string"},
		{"error-stack-number", tag(`"error","name":"E","message":"","stack":1`), fault.CodeMalformed, "not a string"},
		{"error-late-stack", tag(`"error","name":"E","message":"","a":1,"stack":""`), fault.CodeMalformed, "stack"},
		{"error-name-twice", tag(`"error","name":"E","message":"","name":"F"`), fault.CodeMalformed, `"name" as a property`},
		{"headers-flat", tag(`"headers","entries":["a","b"]`), fault.CodeMalformed, `'[' expected`},
		{"headers-one", tag(`"headers","entries":[["a"]]`), fault.CodeMalformed, "expected"},
		{"headers-number", tag(`"headers","entries":[["a",1]]`), fault.CodeMalformed, "not a string"},
		{"headers-name", tag(`"headers","entries":[["a b","1"]]`), fault.CodeMalformed, "headers"},
		{"headers-name-kelvin", tag(`"headers","entries":[["\u212aey","1"]]`), fault.CodeMalformed, "not an HTTP token"},
		{"headers-injection", tag(`"headers","entries":[["a","1\r\nb: 2"]]`), fault.CodeMalformed, "headers"},
		{"boxed-boolean", tag(`"boolean-object","value":1`), fault.CodeMalformed, "boolean"},
		{"boxed-number", tag(`"number-object","value":"1"`), fault.CodeMalformed, "number"},
		{"boxed-string", tag(`"string-object","value":1`), fault.CodeMalformed, "not a string"},
		{"boxed-bigint", tag(`"bigint-object","value":"x"`), fault.CodeMalformed, "decimal"},
		{"boxed-missing", tag(`"boolean-object"`), fault.CodeMalformed, `"value" is missing`},
		{"code-execution", tag(`"arraybuffer","subtype":"Function","data":"alert(1)"`), fault.CodeMalformed, `unknown subtype "Function"`},
		{"allocation", tag(`"arraybuffer","subtype":"Uint8Array","data":500000000`), fault.CodeMalformed, `'[' expected`},
		{"bytes-range", tag(`"arraybuffer","subtype":"Uint8Array","data":[256]`), fault.CodeMalformed, "element 256"},
		{"bytes-fraction", tag(`"arraybuffer","subtype":"Int8Array","data":[1.5]`), fault.CodeMalformed, "element 1.5"},
		{"bytes-string", tag(`"arraybuffer","subtype":"Int8Array","data":["1"]`), fault.CodeMalformed, "not a number"},
		{"float-string", tag(`"arraybuffer","subtype":"Float32Array","data":["1"]`), fault.CodeMalformed, "element"},
		{"bigints-range", tag(`"arraybuffer","subtype":"BigInt64Array","data":["9223372036854775808"]`), fault.CodeMalformed, "element"},
		{"bigints-plus", tag(`"arraybuffer","subtype":"BigInt64Array","data":["+1"]`), fault.CodeMalformed, "element"},
		{"bigints-number", tag(`"arraybuffer","subtype":"BigUint64Array","data":[1]`), fault.CodeMalformed, "not a string"},
		{"dataview-range", tag(`"arraybuffer","subtype":"DataView","data":[1],"byteOffset":1,"byteLength":1`), fault.CodeMalformed, "do not fit"},
		{"dataview-negative", tag(`"arraybuffer","subtype":"DataView","data":[1],"byteOffset":-1,"byteLength":1`), fault.CodeMalformed, "byteOffset"},
		{"dataview-missing", tag(`"arraybuffer","subtype":"DataView","data":[1]`), fault.CodeMalformed, `"byteOffset" is missing`},
		{"request-array", tag(`"request-sync","data":[]`), fault.CodeMalformed, "expected"},
		{"request-empty", data(``), fault.CodeMalformed, "expected"},
		{"request-order", data(`"method":"GET","url":"a:b"`), fault.CodeMalformed, `"url" expected`},
		{"request-url", data(`"url":"/x","method":"GET",` + noHeaders + `,"body":null`), fault.CodeMalformed, "request for"},
		{"request-method", data(`"url":"a:b","method":"TRACE",` + noHeaders + `,"body":null`), fault.CodeMalformed, "TRACE"},
		{"request-no-body", data(`"url":"a:b","method":"GET",` + noHeaders), fault.CodeMalformed, `"body" is missing`},
		{"request-headers", data(`"url":"a:b","method":"GET","headers":{},"body":null`), fault.CodeMalformed, "headers"},
		{"request-extra", data(`"url":"a:b","method":"GET",` + noHeaders + `,"body":null,"x":1`), fault.CodeMalformed, `"x" after a body`},
		{"request-bad-body", data(`"url":"a:b","method":"GET",` + noHeaders + `,"body":[1,],"$body":1`), fault.CodeMalformed, "comma"},
		{"request-body-twice", data(`"url":"a:b","method":"GET",` + noHeaders + `,"body":1,"$body":1,"x":1`), fault.CodeMalformed, "one part too many"},
		{"request-body-duplicate", data(`"url":"a:b","method":"GET",` + noHeaders + `,"body":{"a":1,"a":1}`), fault.CodeMalformed, "twice"},
		{"response-status", tag(`"response-sync","data":{"status":99,"statusText":"",` + noHeaders + `,"body":null}`), fault.CodeMalformed, "status 99"},
		{"response-status-text", tag(`"response-sync","data":{"status":200,"statusText":1,` + noHeaders + `,"body":null}`), fault.CodeMalformed, "not a string"},
	}
	c := lmzcodec.New()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := c.Parse([]byte(tt.wire), clone.ParseOptions{})
			if d != nil || fault.CodeOf(err) != tt.code {
				t.Fatalf("Parse(%.80s) = %v, %v, want code %s", tt.wire, d, err, tt.code)
			}
			if text := err.Error(); !strings.Contains(text, tt.says) || !strings.HasPrefix(text, "lmzcodec: ") {
				t.Errorf("Parse(%.80s) says %q, want lmzcodec: ... %q", tt.wire, text, tt.says)
			}
		})
	}
}

// TestParse_EveryPrefix: no document that is cut short is accepted, and none panics.
func TestParse_EveryPrefix(t *testing.T) {
	t.Parallel()
	c := lmzcodec.New()
	for name, v := range readVectors(t) {
		for i := range len(v.Wire) {
			if d, err := c.Parse([]byte(v.Wire[:i]), clone.ParseOptions{}); err == nil {
				t.Errorf("%s: Parse(%s) = %v, want an error", name, v.Wire[:i], d.Root().Kind())
			}
		}
	}
}

func TestParse_Accepts(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, wire, want string }{
		{"no-meta", `{"json":1}`, `{"json":1,"meta":{}}`},
		{"null-meta", `{"json":1,"meta":null}`, `{"json":1,"meta":{}}`},
		{"meta-first", `{"meta":{"aliases":{"7":{}}},"json":[{"$ref":7},{"$ref":7}]}`, `{"json":[{"$ref":0},{"$ref":0}],"meta":{"aliases":{"0":{}}}}`},
		{"space", " {\t\"json\" :\r\n[ 1 , { } , [ ] ] , \"meta\" : { } } ", `{"json":[1,{},[]],"meta":{}}`},
		{"escapes", `{"json":"\u0041\/\ud83d\ude00\ud800x\b\f\n\r\t\"\\"}`, `{"json":"A/😀\ud800x\b\f\n\r\t\"\\","meta":{}}`},
		{"reversed-surrogates", `{"json":"\ude00\ud83d"}`, `{"json":"\ude00\ud83d","meta":{}}`},
		{"negative-zero", `{"json":-0}`, `{"json":{"$type":"number-special","value":"-0"},"meta":{}}`},
		{"numbers", `{"json":[1E2,1.50,123456789012345678,0.000001,1e-7,-1.5e-9]}`, `{"json":[100,1.5,123456789012345680,0.000001,1e-7,-1.5e-9],"meta":{}}`},
		{"numeric-keys", `{"json":{"b":1,"10":2,"9":3}}`, `{"json":{"b":1,"10":2,"9":3},"meta":{}}`},
		{"unused-alias", `{"json":1,"meta":{"aliases":{"0":{}}}}`, `{"json":1,"meta":{}}`},
		{"body-types", `{"json":{"$type":"request-sync","data":{"url":"a:b","method":"PUT","headers":{"$type":"headers","entries":[]},"body":{"$type":"date","$ref":0,"a\nb":["x\ny",null,true,false,-1]}}}}`,
			`{"json":{"$type":"request-sync","data":{"url":"a:b","method":"PUT","headers":{"$type":"headers","entries":[]},"body":{"$type":"date","$ref":0,"a\nb":["x\ny",null,true,false,-1]}}},"meta":{}}`},
	}
	c := lmzcodec.New()
	for _, tt := range tests {
		d, err := c.Parse([]byte(tt.wire), clone.ParseOptions{})
		if err != nil {
			t.Errorf("%s: Parse(%s) = %v", tt.name, tt.wire, err)
			continue
		}
		if got, err := c.Encode(nil, d.Root(), clone.EncodeOptions{}); err != nil || string(got) != tt.want {
			t.Errorf("%s: again: %s, %v\nwant %s", tt.name, got, err, tt.want)
		}
	}
}

// TestParse_NoLimit: limits that are switched off do not stand in the way.
func TestParse_NoLimit(t *testing.T) {
	t.Parallel()
	l := fault.Limits{MessageBytes: fault.NoLimit, ValueDepth: fault.NoLimit, ValueNodes: fault.NoLimit, BigIntDigits: fault.NoLimit, RegExpSourceBytes: fault.NoLimit}
	wire := fmt.Appendf(nil, `{"json":[%s1%s,{"$type":"bigint","value":"%s"},{"$type":"regexp","source":"%s","flags":""}],"meta":{}}`,
		strings.Repeat("[", 2000), strings.Repeat("]", 2000), strings.Repeat("9", 20_000), strings.Repeat("a", 1<<20))
	c := lmzcodec.New()
	d, err := c.Parse(wire, clone.ParseOptions{Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Encode([]byte("prefix"), d.Root(), clone.EncodeOptions{Limits: l})
	if err != nil || !bytes.Equal(got, append([]byte("prefix"), wire...)) {
		t.Errorf("Encode gives %d bytes, %v, want the %d that came", len(got), err, len(wire))
	}
}

// TestParse_LongAliasChain: aliases that hold one another are deeper than any limit
// of the text, and must not end the process.
func TestParse_LongAliasChain(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"json":{"$ref":0},"meta":{"aliases":{`)
	const n = 20_000
	for i := range n {
		fmt.Fprintf(&b, `"%d":[{"$ref":%d}],`, i, i+1)
	}
	fmt.Fprintf(&b, `"%d":[]}}}`, n)
	c := lmzcodec.New()
	d, err := c.Parse([]byte(b.String()), clone.ParseOptions{})
	if err != nil {
		if fault.CodeOf(err) != fault.CodeLimit {
			t.Fatalf("Parse = %v, want a document or a limit", err)
		}
		return
	}
	var v any
	if err := d.Build(d.Root(), &v, clone.BuildOptions{}); err != nil && fault.CodeOf(err) == "" {
		t.Errorf("Build = %v, want success or a typed error", err)
	}
	_, err = c.Encode(nil, d.Root(), clone.EncodeOptions{})
	if e := (*fault.Error)(nil); !errors.As(err, &e) || e.Code != fault.CodeLimit {
		t.Errorf("Encode = %v, want code limit", err)
	}
}
