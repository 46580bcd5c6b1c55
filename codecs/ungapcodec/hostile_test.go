package ungapcodec_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/codecs/ungapcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// nested is n containers, each the only part of the one before.
func nested(n int, record string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, record+",", i+1)
	}
	return "[" + b.String() + "[0,0]]"
}

// many is an array of the parts, and the records behind it.
func many(n int, part, records string) string {
	return `[[1,[` + strings.Repeat(part+",", n-1) + part + `]],` + records + `]`
}

// TestParse_Refuses: what is not exactly a document is an error that says why.
func TestParse_Refuses(t *testing.T) {
	t.Parallel()
	rec := func(s string) string { return `[[` + s + `]]` }
	tests := []struct {
		name, wire string
		code       fault.Code
		says       string
	}{
		{"empty", ``, fault.CodeMalformed, "'[' expected at byte 0"},
		{"object", `{"json":1,"meta":{}}`, fault.CodeMalformed, "'[' expected at byte 0"},
		{"null", `null`, fault.CodeMalformed, "'[' expected at byte 0"},
		{"no-records", `[]`, fault.CodeMalformed, "without records at byte 2"},
		{"trailing", `[[0,1]]x`, fault.CodeMalformed, "bytes after the message at byte 7"},
		{"trailing-document", `[[0,1]][[0,1]]`, fault.CodeMalformed, "bytes after the message at byte 7"},
		{"cut", `[[0,1`, fault.CodeMalformed, "at byte 5"},
		{"cut-string", `[[0,"abc`, fault.CodeMalformed, "no end at byte 4"},
		{"cut-escape", `[[0,"abc\`, fault.CodeMalformed, "no end"},
		{"invalid-utf8", "[[0,\"a\xff\"]]", fault.CodeMalformed, "not UTF-8 at byte 6"},
		{"raw-surrogate", "[[0,\"\xed\xa0\x80\"]]", fault.CodeMalformed, "not UTF-8"},
		{"control", "[[0,\"a\x01\"]]", fault.CodeMalformed, "control character"},
		{"bad-escape", rec(`0,"\x"`), fault.CodeMalformed, "unknown escape"},
		{"bad-hex", rec(`0,"\u12g4"`), fault.CodeMalformed, "hexadecimal"},
		{"number-zero", rec(`0,01`), fault.CodeMalformed, "not a number"},
		{"number-huge", rec(`0,1e400`), fault.CodeMalformed, "out of range at byte 4"},
		{"nan", rec(`0,NaN`), fault.CodeMalformed, "not a number"},
		{"literal", rec(`0,nul`), fault.CodeMalformed, "unknown literal"},
		{"literal-true", rec(`0,tru`), fault.CodeMalformed, "unknown literal"},
		{"comma-records", `[[0,1],]`, fault.CodeMalformed, "comma before"},
		{"comma-record", `[[0,1,]]`, fault.CodeMalformed, "comma before"},
		{"no-comma", `[[0,1][0,1]]`, fault.CodeMalformed, "expected at byte 6"},
		{"bytes-too-many", rec(`0,"` + strings.Repeat("a", 1<<20) + `"`), fault.CodeLimit, "MessageBytes"},

		{"record-number", `[1]`, fault.CodeMalformed, "'[' expected at byte 1"},
		{"record-object", `[{}]`, fault.CodeMalformed, "'[' expected"},
		{"record-empty", `[[]]`, fault.CodeMalformed, "not a number"},
		{"record-nested", `[[[0,1]]]`, fault.CodeMalformed, "not a number"},
		{"tag-nine", rec(`9,1`), fault.CodeMalformed, "unknown record 9 at byte 2"},
		{"tag-minus-two", rec(`-2`), fault.CodeMalformed, "unknown record -2"},
		{"tag-minus-zero", rec(`-0,1`), fault.CodeMalformed, "unknown record -0"},
		{"tag-fraction", rec(`1.0,[]`), fault.CodeMalformed, "unknown record 1.0"},
		{"tag-exponent", rec(`1e0,[]`), fault.CodeMalformed, "unknown record 1e0"},
		{"tag-null", rec(`null`), fault.CodeMalformed, "not a number"},
		{"tag-word", rec(`"Blob",[1]`), fault.CodeMalformed, `unknown record "Blob" at byte 2`},
		{"tag-zero-word", rec(`"0",1`), fault.CodeMalformed, `unknown record "0"`},
		{"tag-proto", rec(`"__proto__",[]`), fault.CodeMalformed, `unknown record "__proto__"`},
		{"code-execution", rec(`"Function","alert(1)"`), fault.CodeMalformed, `unknown record "Function"`},
		{"code-eval", rec(`"eval","alert(1)"`), fault.CodeMalformed, `unknown record "eval"`},
		{"constructor-request", rec(`"Request","a:b"`), fault.CodeMalformed, `unknown record "Request"`},
		{"constructor-array", rec(`"Array",500000000`), fault.CodeMalformed, `unknown record "Array"`},
		{"constructor-shared", rec(`"SharedArrayBuffer",500000000`), fault.CodeMalformed, `unknown record`},
		{"constructor-float16", rec(`"Float16Array",[1]`), fault.CodeMalformed, `unknown record`},
		{"symbol", rec(`9,"a"`), fault.CodeMalformed, `unknown record 9`},
		{"no-part", rec(`0`), fault.CodeMalformed, "',' expected"},
		{"undefined-part", rec(`-1,"x"`), fault.CodeMalformed, "one part too many"},
		{"negative-zero-part", rec(`"-0",1`), fault.CodeMalformed, "one part too many"},
		{"primitive-part", rec(`0,1,2`), fault.CodeMalformed, "one part too many"},
		{"primitive-array", rec(`0,[]`), fault.CodeMalformed, "not a number"},
		{"primitive-object", rec(`0,{}`), fault.CodeMalformed, "not a number"},
		{"function-number", rec(`0,null,1`), fault.CodeMalformed, "not a string"},
		{"function-part", rec(`0,null,"f",1`), fault.CodeMalformed, "one part too many"},
		{"function-string", rec(`0,"s","f"`), fault.CodeMalformed, "one part too many"},

		{"place-dangling", rec(`1,[1]`), fault.CodeMalformed, "reference to record 1, which there is not, at byte 1"},
		{"place-dangling-later", `[[1,[1]],[2,[[2,9]]],[0,"a"]]`, fault.CodeMalformed, "record 9, which there is not, at byte 9"},
		{"place-negative", rec(`1,[-1]`), fault.CodeMalformed, "place -1 of a record at byte 5"},
		{"place-minus-zero", rec(`1,[-0]`), fault.CodeMalformed, "place -0"},
		{"place-fraction", rec(`1,[0.5]`), fault.CodeMalformed, "place 0.5"},
		{"place-point", rec(`1,[0.0]`), fault.CodeMalformed, "place 0.0"},
		{"place-huge", rec(`1,[99999999999]`), fault.CodeMalformed, "place 99999999999"},
		{"place-string", rec(`1,["0"]`), fault.CodeMalformed, "not a number"},
		{"place-null", rec(`1,[null]`), fault.CodeMalformed, "not a number"},
		{"array-number", rec(`1,1`), fault.CodeMalformed, "'[' expected"},
		{"array-hole-absent", `[[1,[1],2],[-1],[-1]]`, fault.CodeMalformed, "record 2 as a hole"},
		{"array-hole-number", `[[1,[1],1],[0,1]]`, fault.CodeMalformed, "record 1 as a hole"},
		{"array-hole-dangling", `[[1,[1],7],[-1]]`, fault.CodeMalformed, "record 7, which there is not"},
		{"array-hole-string", `[[1,[1],"1"],[-1]]`, fault.CodeMalformed, "not a number"},
		{"array-part", `[[1,[1],1,1],[-1]]`, fault.CodeMalformed, "one part too many"},
		{"object-list", rec(`2,{}`), fault.CodeMalformed, "'[' expected"},
		{"object-flat", `[[2,[1,2]],[0,"a"],[0,1]]`, fault.CodeMalformed, "'[' expected"},
		{"object-one", `[[2,[[1]]],[0,"a"]]`, fault.CodeMalformed, "',' expected"},
		{"object-three", `[[2,[[1,1,1]]],[0,"a"]]`, fault.CodeMalformed, "']' expected"},
		{"object-key-number", `[[2,[[1,1]]],[0,1]]`, fault.CodeMalformed, "record 1 as a key, which is no string, at byte 1"},
		{"object-key-object", `[[2,[[0,0]]]]`, fault.CodeMalformed, "record 0 as a key"},
		{"object-key-boxed", `[[2,[[1,1]]],["String","a"]]`, fault.CodeMalformed, "record 1 as a key"},
		{"object-key-dangling", `[[2,[[5,0]]]]`, fault.CodeMalformed, "record 5, which there is not"},
		{"object-key-twice", `[[2,[[1,2],[1,2]]],[0,"a"],[0,1]]`, fault.CodeMalformed, `key "a" twice at byte 1`},
		{"object-equal-keys", `[[2,[[1,1],[2,1]]],[0,"a"],[0,"\u0061"]]`, fault.CodeMalformed, `key "a" twice`},
		{"map-one", `[[5,[[0]]]]`, fault.CodeMalformed, "',' expected"},
		{"map-flat", `[[5,[0,0]]]`, fault.CodeMalformed, "'[' expected"},
		{"map-dangling", `[[5,[[0,4]]]]`, fault.CodeMalformed, "record 4, which there is not"},
		{"set-number", rec(`6,0`), fault.CodeMalformed, "'[' expected"},
		{"set-hole", `[[6,[1],1],[-1]]`, fault.CodeMalformed, "one part too many"},

		{"date-text", rec(`3,"tomorrow"`), fault.CodeMalformed, `date "tomorrow" at byte 4`},
		{"date-number", rec(`3,0`), fault.CodeMalformed, "not a string"},
		{"date-null", rec(`3,null`), fault.CodeMalformed, "not a string"},
		{"regexp-flags", rec(`4,{"source":"a","flags":"gg"}`), fault.CodeMalformed, "flags"},
		{"regexp-order", rec(`4,{"flags":"g","source":"a"}`), fault.CodeMalformed, `"source" expected`},
		{"regexp-no-flags", rec(`4,{"source":"a"}`), fault.CodeMalformed, `"flags" is missing`},
		{"regexp-more", rec(`4,{"source":"a","flags":"","lastIndex":1}`), fault.CodeMalformed, `one member too many`},
		{"regexp-array", rec(`4,["a",""]`), fault.CodeMalformed, `'{' expected`},
		{"regexp-number", rec(`4,{"source":1,"flags":""}`), fault.CodeMalformed, `not a string`},
		{"regexp-long", rec(`4,{"source":"` + strings.Repeat("a", 5000) + `","flags":""}`), fault.CodeLimit, "RegExpSourceBytes"},
		{"error-no-message", rec(`7,{"name":"E"}`), fault.CodeMalformed, `"message" is missing`},
		{"error-name-number", rec(`7,{"name":1,"message":""}`), fault.CodeMalformed, "not a string"},
		{"error-stack", rec(`7,{"name":"","message":"","stack":""}`), fault.CodeMalformed, "one member too many"},
		{"error-string", rec(`7,"E"`), fault.CodeMalformed, "'{' expected"},
		{"bigint-empty", rec(`8,""`), fault.CodeMalformed, "no digits"},
		{"bigint-sign", rec(`8,"-"`), fault.CodeMalformed, "no digits"},
		{"bigint-hex", rec(`8,"0x10"`), fault.CodeMalformed, "decimal"},
		{"bigint-space", rec(`8," 1"`), fault.CodeMalformed, "decimal"},
		{"bigint-number", rec(`8,1`), fault.CodeMalformed, "not a string"},
		{"bigint-long", rec(`8,"` + strings.Repeat("1", 16_385) + `"`), fault.CodeLimit, "BigIntDigits"},
		{"boxed-boolean", rec(`"Boolean",1`), fault.CodeMalformed, "boolean"},
		{"boxed-number", rec(`"Number","1"`), fault.CodeMalformed, "number"},
		{"boxed-number-true", rec(`"Number",true`), fault.CodeMalformed, "number"},
		{"boxed-string", rec(`"String",1`), fault.CodeMalformed, "not a string"},
		{"boxed-bigint", rec(`"BigInt","x"`), fault.CodeMalformed, "decimal"},
		{"boxed-missing", rec(`"Boolean"`), fault.CodeMalformed, "',' expected"},

		{"allocation", rec(`"Uint8Array",500000000`), fault.CodeMalformed, `'[' expected at byte 15`},
		{"allocation-buffer", rec(`"ArrayBuffer",500000000`), fault.CodeMalformed, `'[' expected`},
		{"bytes-string", rec(`"Uint8Array","AQ=="`), fault.CodeMalformed, `'[' expected`},
		{"bytes-missing", rec(`"Uint8Array"`), fault.CodeMalformed, `',' expected`},
		{"bytes-range", rec(`"Uint8Array",[256]`), fault.CodeMalformed, "element 256 of a Uint8Array at byte 16"},
		{"bytes-negative", rec(`"ArrayBuffer",[-1]`), fault.CodeMalformed, "element -1"},
		{"bytes-fraction", rec(`"Int8Array",[1.5]`), fault.CodeMalformed, "element 1.5"},
		{"bytes-null", rec(`"Int8Array",[null]`), fault.CodeMalformed, "not a number"},
		{"float-string", rec(`"Float32Array",["1"]`), fault.CodeMalformed, "number"},
		{"bigints-range", rec(`"BigInt64Array",["9223372036854775808"]`), fault.CodeMalformed, "element"},
		{"bigints-plus", rec(`"BigInt64Array",["+1"]`), fault.CodeMalformed, "element"},
		{"bigints-empty", rec(`"BigUint64Array",[""]`), fault.CodeMalformed, "element"},
		{"bigints-number", rec(`"BigUint64Array",[1]`), fault.CodeMalformed, "not a string"},
		{"buffer-part", rec(`"ArrayBuffer",[1],0`), fault.CodeMalformed, "one part too many"},
		{"view-no-buffer", rec(`"Uint8Array",[1],0`), fault.CodeMalformed, "',' expected"},
		{"view-of-itself", rec(`"Uint8Array",[1],0,0`), fault.CodeMalformed, "record 0 as the buffer"},
		{"view-of-view", `[["Uint8Array",[1],0,1],["Uint8Array",[1]]]`, fault.CodeMalformed, "record 1 as the buffer"},
		{"view-dangling", `[["Uint8Array",[1],0,1]]`, fault.CodeMalformed, "record 1, which there is not"},
		{"view-other-bytes", `[["Uint8Array",[1],0,1],["ArrayBuffer",[2]]]`, fault.CodeMalformed, "other bytes"},
		{"view-beyond", `[["Uint8Array",[1],1,1],["ArrayBuffer",[1]]]`, fault.CodeMalformed, "does not fit"},
		{"view-far-beyond", `[["Uint8Array",[],9,1],["ArrayBuffer",[1]]]`, fault.CodeMalformed, "does not fit"},
		{"view-unaligned", `[["Int16Array",[0],1,1],["ArrayBuffer",[0,0,0,0]]]`, fault.CodeMalformed, "offset 1"},
		{"dataview-range", rec(`"DataView",[1],1,1`), fault.CodeMalformed, "do not fit"},
		{"dataview-negative", rec(`"DataView",[1],-1,1`), fault.CodeMalformed, "place -1"},
		{"dataview-no-length", rec(`"DataView",[1],0`), fault.CodeMalformed, "',' expected"},
		{"dataview-other-bytes", `[["DataView",[1],0,1,1],["ArrayBuffer",[1,2]]]`, fault.CodeMalformed, "other bytes"},

		{"too-deep", nested(300, "[1,[%d]]"), fault.CodeLimit, "ValueDepth"},
		{"too-deep-objects", `[` + strings.TrimPrefix(nested(300, "[6,[%d]]"), "["), fault.CodeLimit, "ValueDepth"},
		{"too-deep-maps", nested(300, "[5,[[%d,0]]]"), fault.CodeLimit, "ValueDepth"},
		{"too-deep-and-unused", `[[0,1],` + strings.Repeat(`[1,[]],`, 3) + deepFrom(4, 300) + `]`, fault.CodeLimit, "ValueDepth"},
		{"too-many", many(100_001, "1", `[0,1]`), fault.CodeLimit, "ValueNodes"},
		{"too-many-unused", `[[0,1]` + strings.Repeat(`,[0,1]`, 100_001) + `]`, fault.CodeLimit, "ValueNodes"},
		{"unused-malformed", `[[0,1],[4,{"source":"","flags":"x"}]]`, fault.CodeMalformed, `flags "x" at byte 7`},
		{"unused-dangling", `[[0,1],[1,[2]]]`, fault.CodeMalformed, `record 2, which there is not`},
		{"text-many-times", many(20_000, "1", `[0,"`+strings.Repeat("a", 1<<10)+`"]`), fault.CodeLimit, "MessageBytes"},
		{"escapes-many-times", many(20_000, "1", `[0,"\n`+strings.Repeat("a", 1<<10)+`"]`), fault.CodeLimit, "MessageBytes"},
		{"bigint-many-times", many(20_000, "1", `[8,"`+strings.Repeat("9", 1<<12)+`"]`), fault.CodeLimit, "MessageBytes"},
		{"functions-many-times", many(20_000, "1", `[0,null,"`+strings.Repeat("f", 1<<10)+`"]`), fault.CodeLimit, "MessageBytes"},
		{"records-many", `[[0,1]` + strings.Repeat(`,[2,[]]`, 149_000) + `]`, fault.CodeLimit, "ValueNodes"},
		{"keys-many-times", keysManyTimes(), fault.CodeLimit, "MessageBytes"},
		{"urls-many-times", markersManyTimes(`[[1,2],[3,4]]`, `"__isSerializedURL"`, `"href"`), fault.CodeLimit, "MessageBytes"},
		{"no-urls-many-times", strings.ReplaceAll(markersManyTimes(`[[1,2],[3,4]]`, `"__isSerializedURL"`, `"href"`), ":", ""), fault.CodeLimit, "MessageBytes"},
		{"errors-many-times", markersManyTimes(`[[1,2],[3,4],[5,4]]`, `"__isSerializedError"`, `"name"`), fault.CodeLimit, "MessageBytes"},
	}
	c := ungapcodec.New()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := c.Parse([]byte(tt.wire), clone.ParseOptions{})
			if d != nil || fault.CodeOf(err) != tt.code {
				t.Fatalf("Parse(%.80s) = %v, %v, want code %s", tt.wire, d, err, tt.code)
			}
			text := err.Error()
			if !strings.Contains(text, tt.says) || !strings.HasPrefix(text, "ungapcodec: ") || strings.Count(text, "ungapcodec") > 1 {
				t.Errorf("Parse(%.80s) says %q, want ungapcodec: ... %q", tt.wire, text, tt.says)
			}
			if tt.code == fault.CodeMalformed && !strings.Contains(text, "at byte ") {
				t.Errorf("Parse(%.80s) says %q, and not at which byte", tt.wire, text)
			}
		})
	}
}

// deepFrom is n arrays in one another, the first of which is record at.
func deepFrom(at, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "[1,[%d]],", at+i+1)
	}
	return b.String() + "[0,1]"
}

// keysManyTimes is 20,000 objects with one long key.
func keysManyTimes() string {
	var b strings.Builder
	b.WriteString(`[[1,[2`)
	for i := range 20_000 {
		fmt.Fprintf(&b, ",%d", i+3)
	}
	b.WriteString(`]],[0,"` + strings.Repeat("k", 1<<10) + `"]`)
	b.WriteString(strings.Repeat(`,[2,[[1,1]]]`, 20_001))
	return b.String() + `]`
}

// markersManyTimes is 20,000 markers that share one long text.
func markersManyTimes(pairs, mark, member string) string {
	var b strings.Builder
	b.WriteString(`[[1,[6`)
	for i := range 20_000 {
		fmt.Fprintf(&b, ",%d", i+7)
	}
	fmt.Fprintf(&b, `]],[0,%s],[0,true],[0,%s],[0,"a:%s"],[0,"message"]`, mark, member, strings.Repeat("k", 1<<10))
	b.WriteString(strings.Repeat(`,[2,`+pairs+`]`, 20_001))
	return b.String() + `]`
}

// TestParse_EveryPrefix: no document that is cut short is accepted, and none panics.
func TestParse_EveryPrefix(t *testing.T) {
	t.Parallel()
	c := ungapcodec.New()
	wires := readOurs(t)
	for name, v := range readVectors(t) {
		wires[name+"-npm"] = v.Wire
	}
	for name, wire := range wires {
		for i := range len(wire) {
			if d, err := c.Parse([]byte(wire[:i]), clone.ParseOptions{}); err == nil {
				t.Errorf("%s: Parse(%s) = %v, want an error", name, wire[:i], d.Root().Kind())
			}
		}
	}
}

// TestParse_Accepts: what is read, and what becomes of it when it is written again.
func TestParse_Accepts(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, wire, want string }{
		{"space", " [ [ 1 , [ 1 ,\t2 ] ] ,\r\n[ 0 , null ] , [ -1 ] ] ", `[[1,[1,2]],[0,null],[-1]]`},
		{"escapes", `[[0,"\u0041\/\ud83d\ude00\ud800x\b\f\n\r\t\"\\"]]`, `[[0,"A/😀\ud800x\b\f\n\r\t\"\\"]]`},
		{"negative-zero", `[[0,-0]]`, `[[0,-0]]`},
		{"negative-zero-14", `[["-0"]]`, `[[0,-0]]`},
		{"negative-zero-float", `[[0,-0.0e5]]`, `[[0,-0]]`},
		{"numbers", `[[1,[1,2,3]],[0,1E2],[0,1.50],[0,123456789012345678]]`, `[[1,[1,2,3]],[0,100],[0,1.5],[0,123456789012345680]]`},
		{"other-order", `[[1,[2,1]],[0,1],[0,2]]`, `[[1,[1,2]],[0,2],[0,1]]`},
		{"equal-records", `[[1,[1,2]],[0,"a"],[0,"a"]]`, `[[1,[1,1]],[0,"a"]]`},
		{"own-parts-before", `[[1,[3,2]],[0,"x"],[1,[1]],[1,[2,3]]]`, `[[1,[1,2]],[1,[2,1]],[1,[3]],[0,"x"]]`},
		{"unused", `[[0,1],[0,"x"],[1,[1,1]],[3,""],[-1],["Uint8Array",[1]]]`, `[[0,1]]`},
		{"unused-cycles", `[[0,1],[1,[2,1]],[1,[1]],[2,[[4,3]]],[0,"self"]]`, `[[0,1]]`},
		{"unused-refers-to-used", `[[1,[1]],[3,""],[6,[0,1]]]`, `[[1,[1]],[3,""]]`},
		{"numeric-keys", `[[2,[[1,1],[2,1],[3,1]]],[0,"b"],[0,"10"],[0,"9"]]`, `[[2,[[1,1],[2,1],[3,1]]],[0,"b"],[0,"10"],[0,"9"]]`},
		{"error", `[[7,{"name":"E","message":"m"}]]`, `[[2,[[1,2],[3,4],[5,6]]],[0,"name"],[0,"E"],[0,"message"],[0,"m"],[0,"__isSerializedError"],[0,true]]`},
		{"boxed-null", `[["Number",null]]`, `[["Number",0]]`},
		{"boxed-infinity", `[["Number","-Infinity"]]`, `[["Number","-Infinity"]]`},
		{"float-nulls", `[["Float64Array",[null,"NaN",-0]]]`, `[["Float64Array",[0,"NaN",-0]]]`},
		{"views-of-unused-buffer", `[["DataView",[1,2],1,1,1],["ArrayBuffer",[1,2]]]`, `[["DataView",[1,2],1,1]]`},
		{"long-bigints", `[[1,[1,2,1]],[8,"-1234567890123456789012"],["BigInt","1234567890123456789012"]]`, `[[1,[1,2,1]],[8,"-1234567890123456789012"],["BigInt","1234567890123456789012"]]`},
		{"map-equal-keys", `[[5,[[1,1],[1,2]]],[0,1],[0,2]]`, `[[5,[[1,1],[1,2]]],[0,1],[0,2]]`},
	}
	c := ungapcodec.New()
	for _, tt := range tests {
		d, err := c.Parse([]byte(tt.wire), clone.ParseOptions{})
		if err != nil {
			t.Errorf("%s: Parse = %v", tt.name, err)
			continue
		}
		if got, err := c.Encode(nil, d.Root(), clone.EncodeOptions{}); err != nil || string(got) != tt.want {
			t.Errorf("%s: Encode = %s, %v\nwant %s", tt.name, got, err, tt.want)
		}
	}
}

// TestParse_Limits: every limit, exactly.
func TestParse_Limits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		limits fault.Limits
		wire   string
		ok     bool
	}{
		{"depth", fault.Limits{ValueDepth: 2}, `[[1,[1]],[1,[]]]`, true},
		{"depth", fault.Limits{ValueDepth: 1}, `[[1,[1]],[1,[]]]`, false},
		{"nodes", fault.Limits{ValueNodes: 3}, `[[1,[1,1]],[0,1]]`, true},
		{"nodes", fault.Limits{ValueNodes: 2}, `[[1,[1,1]],[0,1]]`, false},
		{"unused", fault.Limits{ValueNodes: 3}, `[[0,1],[0,1]]`, true},
		{"unused", fault.Limits{ValueNodes: 2}, `[[0,1],[0,1]]`, false},
		{"records", fault.Limits{ValueNodes: 1}, `[[0,1]` + strings.Repeat(`,[0,1]`, 20) + `]`, false},
		{"error", fault.Limits{ValueNodes: 1}, `[[2,[[1,2],[3,4],[5,6]]],[0,"name"],[0,"E"],[0,"message"],[0,"m"],[0,"__isSerializedError"],[0,true]]`, true},
		{"headers", fault.Limits{ValueNodes: 2}, `[[2,[[1,2],[3,4]]],[0,"__isSerializedHeaders"],[0,true],[0,"entries"],[1,[5]],[1,[6,7]],[0,"a"],[0,"1"]]`, true},
		{"number", fault.Limits{ValueNodes: 1}, `[[2,[[1,2],[3,4]]],[0,"__isSpecialNumber"],[0,true],[0,"value"],[0,"NaN"]]`, true},
		{"bytes", fault.Limits{MessageBytes: 7}, `[[0,1]]`, true},
		{"bytes", fault.Limits{MessageBytes: 6}, `[[0,1]]`, false},
		{"digits", fault.Limits{BigIntDigits: 3}, `[[8,"-123"]]`, true},
		{"digits", fault.Limits{BigIntDigits: 2}, `[[8,"-123"]]`, false},
		{"boxed-digits", fault.Limits{BigIntDigits: 2}, `[["BigInt","123"]]`, false},
		{"source", fault.Limits{RegExpSourceBytes: 1}, `[[4,{"source":"a","flags":""}]]`, true},
		{"source", fault.Limits{RegExpSourceBytes: 1}, `[[4,{"source":"ab","flags":""}]]`, false},
	}
	for _, tt := range tests {
		d, err := ungapcodec.New().Parse([]byte(tt.wire), clone.ParseOptions{Limits: tt.limits})
		if tt.ok != (err == nil) || err != nil && fault.CodeOf(err) != fault.CodeLimit {
			t.Errorf("%s: Parse(%s) with %+v = %v, %v, want ok %v", tt.name, tt.wire, tt.limits, d, err, tt.ok)
		}
	}
}

// TestParse_RecordLimit: records are counted as they come, before anything is made of them.
func TestParse_RecordLimit(t *testing.T) {
	t.Parallel()
	wire := `[[0,1]` + strings.Repeat(`,[0,1]`, 20)
	_, err := ungapcodec.New().Parse([]byte(wire), clone.ParseOptions{Limits: fault.Limits{ValueNodes: 1}})
	if fault.CodeOf(err) != fault.CodeLimit || !strings.Contains(err.Error(), "records of one message") {
		t.Errorf("Parse = %v, want the limit of records", err)
	}
}

func TestParse_NoLimit(t *testing.T) {
	t.Parallel()
	l := fault.Limits{MessageBytes: fault.NoLimit, ValueDepth: fault.NoLimit, ValueNodes: fault.NoLimit, BigIntDigits: fault.NoLimit, RegExpSourceBytes: fault.NoLimit}
	var b strings.Builder
	b.WriteByte('[')
	const n = 20_000
	for i := range n {
		fmt.Fprintf(&b, "[1,[%d]],", i+1)
	}
	fmt.Fprintf(&b, `[1,[%d,%d]],[8,"%s"],[4,{"source":"%s","flags":""}]]`, n+1, n+2, strings.Repeat("9", 20_000), strings.Repeat("a", 1<<20))
	wire := []byte(b.String())
	c := ungapcodec.New()
	d, err := c.Parse(wire, clone.ParseOptions{Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Encode([]byte("prefix"), d.Root(), clone.EncodeOptions{Limits: l})
	if err != nil || !bytes.Equal(got, append([]byte("prefix"), wire...)) {
		t.Errorf("Encode gives %d bytes, %v, want the %d that came", len(got), err, len(wire))
	}
}
