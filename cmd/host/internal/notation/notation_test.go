package notation_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/millrace/millrace/cmd/host/internal/notation"
	"github.com/millrace/millrace/core/value"
)

func obj(kv ...any) *value.Object {
	o := value.NewObject()
	for i := 0; i < len(kv); i += 2 {
		o.Set(kv[i].(string), kv[i+1])
	}
	return o
}

func arr(elems ...any) *value.Array { return &value.Array{Elems: elems} }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func text(s string) *string { return &s }

// roundTrips are texts as Append writes them, and the values that they stand for.
var roundTrips = []struct {
	name, text string
	value      any
}{
	{"null", `null`, nil},
	{"true", `true`, true},
	{"false", `false`, false},
	{"number", `42.5`, 42.5},
	{"integer", `-3`, -3.0},
	{"largest-safe-integer", `9007199254740991`, float64(1<<53 - 1)},
	{"large-integer", `[100000000000000000000,-12345678901234567000]`, arr(1e20, -12345678901234567e3)},
	{"large-number", `1e+21`, 1e21},
	{"small-number", `1e-7`, 1e-7},
	{"smallest-number", `5e-324`, 5e-324},
	{"string", `"hé\n\t\r\"\\ <&>"`, "hé\n\t\r\"\\ <&>"},
	{"control-characters", `"\u0000\u001b\u007f\u009b\u2028\u202e"`, "\x00\x1b\x7f\u009b\u2028\u202e"},
	{"astral", `"😀"`, "😀"},
	{"lone-surrogate", `"a\ud800b"`, "a\xed\xa0\x80b"},
	{"array", `[1,"a",null,[]]`, arr(1.0, "a", nil, arr())},
	{"object", `{"b":1,"a":{}}`, obj("b", 1.0, "a", obj())},
	{"dollar-keys", `{"$$date":1,"a":2,"$$$x":3}`, obj("$date", 1.0, "a", 2.0, "$$x", 3.0)},
	{"undefined", `{"$undefined":true}`, value.Undefined{}},
	{"hole", `[1,{"$hole":true}]`, arr(1.0, value.Hole{})},
	{"nan", `{"$number":"NaN"}`, math.NaN()},
	{"infinity", `[{"$number":"Infinity"},{"$number":"-Infinity"}]`, arr(math.Inf(1), math.Inf(-1))},
	{"negative-zero", `{"$number":"-0"}`, math.Copysign(0, -1)},
	{"bigint", `{"$bigint":"-123456789012345678901234567890"}`, bigInt("-123456789012345678901234567890")},
	{"date", `{"$date":"2026-01-02T03:04:05.678Z"}`, must(value.ParseDate("2026-01-02T03:04:05.678Z"))},
	{"date-invalid", `{"$date":null}`, value.InvalidDate()},
	{"regexp", `{"$regexp":"/a\\/b+/gi"}`, &value.RegExp{Source: `a\/b+`, Flags: "gi"}},
	{"url", `{"$url":"https://example.com/?q=1#h"}`, &value.URL{Href: "https://example.com/?q=1#h"}},
	{"map", `{"$map":[["k",1],[{"id":1},{"$set":[]}]]}`, value.NewMap(value.Entry{Key: "k", Value: 1.0}, value.Entry{Key: obj("id", 1.0), Value: value.NewSet()})},
	{"set", `{"$set":[1,"a"]}`, value.NewSet(1.0, "a")},
	{"headers", `{"$headers":[["accept","text/plain"],["x-b","2"]]}`, must(value.NewHeaders(value.HeaderEntry{Name: "X-B", Value: "2"}, value.HeaderEntry{Name: "Accept", Value: "text/plain"}))},
	{"error", `{"$error":{"name":"TypeError","message":"no","stack":"TypeError: no\n at x","code":"E1"}}`,
		&value.Error{Name: "TypeError", Message: "no", Stack: text("TypeError: no\n at x"), Props: *obj("code", "E1")}},
	{"error-cause", `{"$error":{"name":"Error","message":"o","cause":{"$error":{"name":"Error","message":"i"}}}}`,
		value.NewError("Error", "o").WithCause(value.NewError("Error", "i"))},
	{"array-buffer", `{"$ArrayBuffer":[0,1,255]}`, &value.ArrayBuffer{Bytes: []byte{0, 1, 255}}},
	{"data-view", `{"$DataView":[7]}`, &value.DataView{Buffer: &value.ArrayBuffer{Bytes: []byte{7}}, Length: 1}},
	{"int8", `{"$Int8Array":[-128,127]}`, value.NewTypedArray([]int8{-128, 127})},
	{"uint8", `{"$Uint8Array":[255]}`, value.NewTypedArray([]uint8{255})},
	{"uint8-clamped", `{"$Uint8ClampedArray":[255]}`, clamped(255)},
	{"int16", `{"$Int16Array":[-32768]}`, value.NewTypedArray([]int16{-32768})},
	{"uint16", `{"$Uint16Array":[65535]}`, value.NewTypedArray([]uint16{65535})},
	{"int32", `{"$Int32Array":[-2147483648]}`, value.NewTypedArray([]int32{math.MinInt32})},
	{"uint32", `{"$Uint32Array":[4294967295]}`, value.NewTypedArray([]uint32{math.MaxUint32})},
	{"float32", `{"$Float32Array":[1.5,{"$number":"NaN"}]}`, value.NewTypedArray([]float32{1.5, float32(math.NaN())})},
	{"float64", `{"$Float64Array":[0.1,{"$number":"-0"}]}`, value.NewTypedArray([]float64{0.1, math.Copysign(0, -1)})},
	{"bigint64", `{"$BigInt64Array":["-9223372036854775808"]}`, value.NewTypedArray([]int64{math.MinInt64})},
	{"biguint64", `{"$BigUint64Array":["18446744073709551615"]}`, value.NewTypedArray([]uint64{math.MaxUint64})},
	{"boxed", `{"$boxed":"s"}`, &value.Boxed{Value: "s"}},
	{"request", `{"$request":{"url":"https://e.com/","method":"POST","headers":{"$headers":[]},"body":"hi"}}`,
		&value.Request{URL: "https://e.com/", Method: "POST", Headers: &value.Headers{}, Body: "hi"}},
	{"response", `{"$response":{"status":201,"statusText":"Created","headers":{"$headers":[]},"body":null}}`,
		&value.Response{Status: 201, StatusText: "Created", Headers: &value.Headers{}}},
	{"alias", `{"a":{"id":1},"b":{"$ref":"#/a"}}`, aliased()},
	{"cycle", `{"self":{"$ref":"#"}}`, cyclicObject()},
	{"cycle-map", `{"$map":[["self",{"$ref":"#"}]]}`, cyclicMap()},
	{"cycle-set", `[{"$set":[{"$ref":"#/0"},{"$ref":"#"}]}]`, cyclicSet()},
	{"cycle-error", `{"$error":{"name":"Error","message":"m","cause":{"$ref":"#"}}}`, cyclicError()},
	{"pointer-escapes", `{"a/b~":[],"x":{"$ref":"#/a~1b~0"}}`, escaped()},
}

func clamped(b byte) *value.TypedArray {
	t := value.NewTypedArray([]uint8{b})
	t.Kind = value.Uint8Clamped
	return t
}

func aliased() any {
	shared := obj("id", 1.0)
	return obj("a", shared, "b", shared)
}

func escaped() any {
	shared := arr()
	return obj("a/b~", shared, "x", shared)
}

func cyclicObject() any {
	o := obj()
	o.Set("self", o)
	return o
}

func cyclicMap() any {
	m := value.NewMap()
	m.Set("self", m)
	return m
}

func cyclicSet() any {
	s := value.NewSet()
	a := arr(s)
	s.Add(s)
	s.Add(a)
	return a
}

func cyclicError() any {
	e := value.NewError("Error", "m")
	e.Props.Set("cause", e)
	return e
}

func TestAppend(t *testing.T) {
	t.Parallel()
	for _, tt := range roundTrips {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := notation.Append([]byte("x"), tt.value)
			if err != nil || string(got) != "x"+tt.text {
				t.Errorf("Append = %s, %v, want x%s", got, err, tt.text)
			}
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range roundTrips {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := notation.Parse(tt.text)
			if err != nil || !value.Equal(got, tt.value) {
				t.Errorf("Parse(%s) = %v, %v, want %v", tt.text, got, err, tt.value)
			}
		})
	}
}

// What is read in more forms than the one that is written.
func TestParse_OtherForms(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       any
	}{
		{"white-space", " \t\r\n{ \"a\" : [ 1 , 2 ] } \n", obj("a", arr(1.0, 2.0))},
		{"exponents", `[1e3,1E+3,10.5e-1]`, arr(1000.0, 1000.0, 1.05)},
		{"escapes", `"\u0041\/\b\f\n\r\t\"\\"`, "A/\b\f\n\r\t\"\\"},
		{"surrogate-pair", `"\ud83d\ude00"`, "😀"},
		{"surrogates-apart", `"\ud83dx\ude00"`, "\xed\xa0\xbdx\xed\xb8\x80"},
		{"high-surrogate-before-escape", `"\ud83d\n"`, "\xed\xa0\xbd\n"},
		{"float-beyond-integers", `1e300`, 1e300},
		{"short-request", `{"$request":{"url":"u"}}`, &value.Request{URL: "u", Method: "GET", Headers: &value.Headers{}}},
		{"short-response", `{"$response":{}}`, &value.Response{Status: 200, Headers: &value.Headers{}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := notation.Parse(tt.text)
			if err != nil || !value.Equal(got, tt.want) {
				t.Errorf("Parse(%s) = %v, %v, want %v", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestParse_Errors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		offset     int
		reason     string
	}{
		{"empty", "", 0, "the text ends where a JSON value should be"},
		{"bare-word", "hello", 0, "unexpected 'h'"},
		{"almost-true", "tru", 0, "unexpected 't'"},
		{"single-quotes", "'a'", 0, `unexpected '\''`},
		{"trailing", "1 2", 2, "unexpected '2' where the end should be"},
		{"open-array", "[1", 2, "ends where ']'"},
		{"trailing-comma", "[1,]", 3, "unexpected ']'"},
		{"open-object", `{"a":1`, 6, "ends where '}'"},
		{"bare-key", `{a:1}`, 1, "unexpected 'a' where a key in double quotes"},
		{"no-colon", `{"a" 1}`, 5, "where ':' should be"},
		{"key-twice", `{"a":1,"a":2}`, 7, `"a" stands there twice`},
		{"tag-later", `{"a":1,"$date":null}`, 7, `write it as "$$date"`},
		{"open-string", `"abc`, 0, "not closed"},
		{"raw-control", "\"a\nb\"", 2, "raw control character"},
		{"bad-escape", `"\x"`, 1, "no escape sequence"},
		{"bad-unit", `"\u12g4"`, 1, "no escape sequence"},
		{"short-unit", `"\u12"`, 1, "no escape sequence"},
		{"escape-at-end", `"\`, 1, "no escape sequence"},
		{"not-utf8", "\"\xff\"", 0, "not UTF-8"},
		{"leading-zero", "012", 0, "does not begin with 0"},
		{"lone-minus", "-", 1, "where a digit"},
		{"no-fraction", "1.", 2, "where a digit"},
		{"no-exponent", "1e+", 3, "where a digit"},
		{"too-large", "1e400", 0, "too large"},
		{"integer-too-large", "12345678901234567890", 0, `{"$bigint":"12345678901234567890"}`},
		{"integer-odd", "9007199254740993", 0, `{"$bigint":"9007199254740993"}`},
		{"unknown-tag", `{"$dat":1}`, 0, `no tag "$dat"; a key of your own is written "$$dat"`},
		{"two-members", `{"$date":null,"a":1}`, 13, "where '}'"},
		{"undefined", `{"$undefined":false}`, 0, "followed by true"},
		{"hole", `{"$hole":1}`, 0, "followed by true"},
		{"number", `{"$number":"nan"}`, 0, `"NaN", "Infinity"`},
		{"bigint-hex", `{"$bigint":"0x1"}`, 0, "decimal digits"},
		{"bigint-number", `{"$bigint":1}`, 0, "decimal digits"},
		{"bigint-long", `{"$bigint":"` + strings.Repeat("1", 16385) + `"}`, 0, "at most 16384"},
		{"date", `{"$date":"yesterday"}`, 0, "a date such as"},
		{"date-number", `{"$date":1}`, 0, "a date such as"},
		{"regexp", `{"$regexp":"a"}`, 0, "/source/flags"},
		{"url", `{"$url":1}`, 0, "a string"},
		{"map-no-pair", `{"$map":[1]}`, 0, "not a pair"},
		{"map-no-array", `{"$map":1}`, 8, "where '['"},
		{"set-no-array", `{"$set":{}}`, 8, "where '['"},
		{"inside-map", `{"$map":[[1,x]]}`, 12, "unexpected 'x'"},
		{"error-no-object", `{"$error":"m"}`, 0, "an object"},
		{"error-name", `{"$error":{"name":1}}`, 0, "the name of an error is a string"},
		{"headers", `{"$headers":1}`, 0, "pairs of strings"},
		{"headers-no-pair", `{"$headers":[1]}`, 0, "not a pair"},
		{"headers-no-string", `{"$headers":[["a",1]]}`, 0, "pair of strings"},
		{"headers-injection", `{"$headers":[["a","b\r\nc: d"]]}`, 0, ""},
		{"request", `{"$request":1}`, 0, "an object"},
		{"request-member", `{"$request":{"uri":""}}`, 0, `the member "uri" does not fit`},
		{"request-headers", `{"$request":{"headers":{}}}`, 0, `the member "headers" does not fit`},
		{"response-status", `{"$response":{"status":1.5}}`, 0, `the member "status" does not fit`},
		{"boxed", `{"$boxed":[]}`, 0, "a primitive value"},
		{"function", `{"$function":"f"}`, 0, "cannot be sent"},
		{"ref-unknown", `{"$ref":"#/a"}`, 0, "an earlier value"},
		{"ref-forward", `[{"$ref":"#/1"},[]]`, 1, "an earlier value"},
		{"ref-no-text", `{"$ref":1}`, 0, "an earlier value"},
		{"bytes", `{"$ArrayBuffer":[256]}`, 0, "element 0 of $ArrayBuffer does not fit"},
		{"bytes-fraction", `{"$Uint8Array":[1,1.5]}`, 0, "element 1 of $Uint8Array does not fit"},
		{"bytes-huge", `{"$DataView":[1e300]}`, 0, "element 0 of $DataView does not fit"},
		{"elements", `{"$Int8Array":"x"}`, 0, "an array of its elements"},
		{"float-text", `{"$Float32Array":["1"]}`, 0, "is no number"},
		{"bigint-element", `{"$BigInt64Array":[1]}`, 0, "no integer in quotes"},
		{"biguint-negative", `{"$BigUint64Array":["-1"]}`, 0, "no integer in quotes"},
		{"deep", strings.Repeat("[", 100_000), 513, "within one another"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := notation.Parse(tt.text)
			bad, ok := err.(*notation.SyntaxError)
			if !ok || bad.Offset != tt.offset || !strings.Contains(bad.Reason, tt.reason) {
				t.Errorf("Parse: %v, want %q at %d", err, tt.reason, tt.offset)
			}
		})
	}
}

func TestAppend_FunctionsAndOthers(t *testing.T) {
	t.Parallel()
	got, err := notation.Append(nil, arr(value.Function{Name: "a"}, &value.Function{Name: "b"}, "\xff"))
	if want := `[{"$function":"a"},{"$function":"b"},"\ufffd"]`; err != nil || string(got) != want {
		t.Errorf("Append = %s, %v, want %s", got, err, want)
	}
	for _, v := range []any{struct{}{}, arr(7), obj("a", 7), value.NewMap(value.Entry{Key: 1.0, Value: 7}), value.NewSet(&struct{}{})} {
		if got, err := notation.Append(nil, v); err == nil {
			t.Errorf("Append(%v) = %s, want an error", v, got)
		}
	}
}

// A value that is shared at each of thirty levels has two to the thirtieth paths,
// and is written in a few lines.
func TestAppend_SharedParts(t *testing.T) {
	t.Parallel()
	v := arr()
	for range 30 {
		v = arr(v, v)
	}
	got, err := notation.Append(nil, v)
	if err != nil || len(got) > 4096 {
		t.Fatalf("Append wrote %d bytes, %v", len(got), err)
	}
	if back, err := notation.Parse(string(got)); err != nil || !value.Equal(back, v) {
		t.Errorf("Parse(%s): %v, not the same value", got, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range roundTrips {
		f.Add(tt.text)
	}
	f.Add(`{"a":1,"$date":null}`)
	f.Add(`[{"$ref":"#/1"},[]]`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := notation.Parse(text)
		if err != nil {
			return
		}
		first, err := notation.Append(nil, v)
		if err != nil {
			t.Fatalf("Append after Parse(%q): %v", text, err)
		}
		again, err := notation.Parse(string(first))
		if err != nil {
			t.Fatalf("Parse(%s): %v", first, err)
		}
		if second, err := notation.Append(nil, again); err != nil || string(second) != string(first) {
			t.Fatalf("Append = %s, %v, want %s", second, err, first)
		}
	})
}

func bigInt(s string) *big.Int {
	n, _ := new(big.Int).SetString(s, 10)
	return n
}
