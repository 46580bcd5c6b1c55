package lmzcodec_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/millrace/millrace/codecs/internal/codectest"
	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// fate is what becomes of a vector's value.
type fate int

const (
	kept       fate = iota // decodes to want, and want encodes to the vector's bytes
	lost                   // the npm package loses something, so want encodes to ours instead
	decodeOnly             // the input exists in JavaScript only: what it wrote decodes to want
	thrown                 // the npm package throws; want encodes to ours, unless nothing in Go is like it
)

// row is the Go side of one vector.
type row struct {
	fate fate
	want any    // what the wire decodes to; of a lost or thrown one: what we send
	ours string // the json of a lost or thrown one; "" when Go has no such value
	read any    // of a lost one: what the npm package's wire decodes to
}

// What tables are made of, under short names.
var (
	build      = codectest.Graph
	object     = codectest.Object
	array      = codectest.Array
	errorAs    = codectest.ErrorAs
	plainError = codectest.PlainError
	headers    = codectest.Headers
	view       = codectest.View
	bigOf      = codectest.BigInt
	request    = codectest.Request
	response   = codectest.Response
)

// rows has every vector.
func rows() map[string]row {
	negativeZero := math.Copysign(0, -1)
	fn := func(name string) *value.Function { return &value.Function{Name: name} }
	return map[string]row{
		"null":           {want: nil},
		"undefined":      {want: value.Undefined{}},
		"true":           {want: true},
		"number":         {want: 42.5},
		"negative-zero":  {fate: lost, want: negativeZero, ours: `{"$type":"number-special","value":"-0"}`, read: 0.0},
		"number-1e21":    {want: 1e21},
		"number-min":     {want: 5e-324},
		"number-maxsafe": {want: 9007199254740991.0},
		"nan":            {want: math.NaN()},
		"inf":            {want: math.Inf(1)},
		"ninf":           {want: math.Inf(-1)},
		"string":         {want: "hé\x00\u2028\""},
		"lone-surrogate": {want: "a\xed\xa0\x80b"},
		"astral":         {want: "😀"},
		"bigint":         {want: bigOf("12345678901234567890")},
		"bigint-neg":     {want: big.NewInt(-1)},

		"array":           {want: array(1.0, "a", nil, true)},
		"array-undefined": {want: array(value.Undefined{}, 1.0)},
		"array-sparse": {fate: lost, want: array(1.0, value.Hole{}, 3.0),
			ours: `[1,{"$type":"undefined","hole":true},3]`, read: array(1.0, nil, 3.0)},
		"array-sparse-tail": {fate: lost, want: array(value.Hole{}, value.Hole{}),
			ours: `[{"$type":"undefined","hole":true},{"$type":"undefined","hole":true}]`, read: array(nil, nil, nil)},
		"array-with-props": {fate: decodeOnly, want: array(1.0)},

		"object":               {want: object("b", 1.0, "a", 2.0)},
		"object-integer-keys":  {want: object("1", "y", "2", "x", "b", 1.0)},
		"object-undefined":     {want: object("a", value.Undefined{})},
		"object-empty":         {want: object()},
		"object-dollar-keys":   {want: object("$type", "date", "$ref", 0.0, "$x", 1.0, "$$y", 2.0, "$", 3.0)},
		"object-proto-key":     {fate: decodeOnly, want: object("a", 1.0)},
		"object-null-proto":    {fate: decodeOnly, want: object("a", 1.0)},
		"object-nonenumerable": {fate: decodeOnly, want: object("a", 1.0)},
		"object-toJSON":        {want: object("a", 1.0, "toJSON", fn("toJSON"))},
		"class-instance":       {fate: decodeOnly, want: object("x", 1.0)},
		"getter":               {fate: decodeOnly, want: object("a", 5.0)},

		"date":             {want: value.DateOf(1735787045678)},
		"date-invalid":     {fate: thrown, want: value.InvalidDate(), ours: `{"$type":"date","iso":""}`},
		"date-year-neg":    {want: value.DateOf(-62198755200000)},
		"date-year-12345":  {want: value.DateOf(327403382400000)},
		"regexp":           {want: &value.RegExp{Source: `a\/b+`, Flags: "giu"}},
		"regexp-lastIndex": {fate: decodeOnly, want: &value.RegExp{Source: "a", Flags: "g"}},
		"map":              {want: value.NewMap(value.Entry{Key: "k", Value: 1.0}, value.Entry{Key: 2.0, Value: "v"})},
		"map-object-key":   {want: value.NewMap(value.Entry{Key: object("id", 1.0), Value: object("v", 2.0)})},
		"map-nan-key":      {want: value.NewMap(value.Entry{Key: math.NaN(), Value: 1.0}, value.Entry{Key: 0.0, Value: 2.0}, value.Entry{Key: value.Undefined{}, Value: 3.0})},
		"map-cycle":        {want: build(func() any { m := value.NewMap(); m.Set("self", m); return m })},
		"map-key-backref":  {want: build(func() any { m := value.NewMap(); m.Set(object("t", "k", "map", m), 1.0); return m })},
		"set":              {want: value.NewSet(1.0, "a", object("x", 1.0))},
		"set-cycle":        {want: build(func() any { s := value.NewSet(1.0); s.Add(s); return s })},

		"error":                         {want: plainError("Error", "boom")},
		"error-empty":                   {want: errorAs("Error", "", "Error")},
		"error-nostack":                 {want: errorAs("Error", "x", "")},
		"error-TypeError":               {want: plainError("TypeError", "m")},
		"error-RangeError":              {want: plainError("RangeError", "m")},
		"error-ReferenceError":          {want: plainError("ReferenceError", "m")},
		"error-SyntaxError":             {want: plainError("SyntaxError", "m")},
		"error-URIError":                {want: plainError("URIError", "m")},
		"error-EvalError":               {want: plainError("EvalError", "m")},
		"error-custom-name":             {want: errorAs("ValidationError", "bad", "ValidationError: bad\n    at x", "field", "email")},
		"error-class-no-name":           {want: errorAs("Error", "bad", "Error: bad\n    at x")},
		"error-props":                   {want: plainError("Error", "p", "code", "E1", "statusCode", 400.0, "$k", 1.0, "nested", object("a", array(1.0)), "u", value.Undefined{})},
		"error-message-undefined-cause": {fate: decodeOnly, want: plainError("Error", "c")},
		"error-cause":                   {want: plainError("Error", "o", "cause", plainError("TypeError", "i"))},
		"error-cause-nonerror":          {want: plainError("Error", "o", "cause", object("code", 1.0))},
		"error-cause-cycle": {want: build(func() any {
			first := plainError("Error", "1")
			first.Props.Set("cause", plainError("Error", "2", "cause", first))
			return first
		})},
		"aggregate-error": {want: errorAs("AggregateError", "agg", "AggregateError: agg\n    at x", "errors", array(plainError("Error", "a"), "b"))},
		"error-dom": {want: errorAs("AbortError", "m", "AbortError: m\n"+
			"    at new DOMException (node:internal/per_context/domexception:53:5)\n    at x.js\n    at x.js\n"+
			"    at ModuleJob.run (node:internal/modules/esm/module_job:325:25)\n"+
			"    at async ModuleLoader.import (node:internal/modules/esm/loader:606:24)\n"+
			"    at async asyncRunEntryPointWithESMLoader (node:internal/modules/run_main:117:5)")},

		"Int8Array":         {want: view(value.Int8, 0x80, 0x7f)},
		"Uint8Array":        {want: view(value.Uint8, 0, 255)},
		"Uint8ClampedArray": {want: view(value.Uint8Clamped, 0, 255)},
		"Int16Array":        {want: value.NewTypedArray([]int16{-32768, 32767})},
		"Uint16Array":       {want: value.NewTypedArray([]uint16{0, 65535})},
		"Int32Array":        {want: value.NewTypedArray([]int32{-2147483648, 2147483647})},
		"Uint32Array":       {want: value.NewTypedArray([]uint32{0, 4294967295})},
		"Float32Array": {fate: lost, want: value.NewTypedArray([]float32{1.5, 0.1, float32(math.NaN()), float32(math.Inf(1)), float32(negativeZero)}),
			ours: `{"$type":"arraybuffer","subtype":"Float32Array","data":[1.5,0.10000000149011612,"NaN","Infinity","-0"]}`,
			read: value.NewTypedArray([]float32{1.5, 0.1, 0, 0, 0})},
		"Float64Array": {fate: lost, want: value.NewTypedArray([]float64{0.1, math.NaN(), math.Inf(-1), negativeZero}),
			ours: `{"$type":"arraybuffer","subtype":"Float64Array","data":[0.1,"NaN","-Infinity","-0"]}`,
			read: value.NewTypedArray([]float64{0.1, 0, 0, 0})},
		"BigInt64Array": {fate: thrown, want: value.NewTypedArray([]int64{-1, 2}),
			ours: `{"$type":"arraybuffer","subtype":"BigInt64Array","data":["-1","2"]}`},
		"BigUint64Array": {fate: thrown, want: value.NewTypedArray([]uint64{0, math.MaxUint64}),
			ours: `{"$type":"arraybuffer","subtype":"BigUint64Array","data":["0","18446744073709551615"]}`},
		"typedarray-view": {fate: decodeOnly, want: view(value.Uint8, 1, 2)},
		"two-views-one-buffer": {fate: lost, read: object("a", view(value.Uint8, 1, 2), "b", view(value.Uint8, 2, 3)),
			want: object("a", view(value.Uint8, 1, 2), "b", view(value.Uint8, 2, 3)), // the buffer's sharing is lost on both sides
			ours: `{"a":{"$type":"arraybuffer","subtype":"Uint8Array","data":[1,2]},"b":{"$type":"arraybuffer","subtype":"Uint8Array","data":[2,3]}}`},
		"node-buffer":       {fate: decodeOnly, want: object("0", 104.0, "1", 105.0)},
		"arraybuffer":       {want: &value.ArrayBuffer{Bytes: []byte{1, 2, 255}}},
		"dataview":          {want: &value.DataView{Buffer: &value.ArrayBuffer{Bytes: []byte{9, 1, 2, 9}}, Offset: 1, Length: 2}},
		"sharedarraybuffer": {fate: decodeOnly, want: object()},

		"boxed-boolean":    {want: &value.Boxed{Value: false}},
		"boxed-number":     {want: &value.Boxed{Value: 1.5}},
		"boxed-number-nan": {want: &value.Boxed{Value: math.NaN()}},
		"boxed-string":     {want: &value.Boxed{Value: "s"}},
		"boxed-bigint":     {want: &value.Boxed{Value: big.NewInt(5)}},
		"boxed-symbol":     {fate: decodeOnly, want: object()},

		"symbol":              {fate: thrown},
		"object-symbol-value": {fate: thrown},
		"function-named":      {want: fn("foo")},
		"function-arrow":      {want: fn("anonymous")},
		"function-in-object":  {want: object("f", fn("f"), "g", fn("g"))},
		"class-function":      {want: fn("K")},

		"url":                {want: &value.URL{Href: "https://e.com/p?q=1#h"}},
		"urlsearchparams":    {fate: decodeOnly, want: object()},
		"headers":            {want: headers("X-B", "2", "A", "1")},
		"headers-dup":        {want: headers("a", "1", "a", "2")},
		"headers-set-cookie": {want: headers("set-cookie", "a=1", "set-cookie", "b=2")},

		"request-sync":      {want: request("https://e.com/x", "GET", headers(), nil)},
		"request-sync-text": {want: request("https://e.com/x", "POST", headers("content-type", "text/plain"), "hi")},
		"request-sync-json": {want: request("https://e.com/x", "POST", headers(), object("a", 1.0))},
		"request-sync-binary": {fate: lost, want: request("https://e.com/x", "POST", headers(), &value.ArrayBuffer{Bytes: []byte{1, 2}}),
			ours: `{"$type":"request-sync","data":{"url":"https://e.com/x","method":"POST","headers":{"$type":"headers","entries":[]},` +
				`"body":{},"$body":{"$type":"arraybuffer","subtype":"ArrayBuffer","data":[1,2]}}}`,
			read: request("https://e.com/x", "POST", headers(), object())},
		"request-sync-json-rich": {fate: lost,
			want: request("https://e.com/x", "POST", headers(), object("d", value.DateOf(0), "m", value.NewMap(), "$k", 1.0, "n", math.NaN())),
			ours: `{"$type":"request-sync","data":{"url":"https://e.com/x","method":"POST","headers":{"$type":"headers","entries":[]},` +
				`"body":{"d":"1970-01-01T00:00:00.000Z","m":{},"$k":1,"n":null},` +
				`"$body":{"d":{"$type":"date","iso":"1970-01-01T00:00:00.000Z"},"m":{"$type":"map","entries":[]},"$$k":1,"n":{"$type":"number-special","value":"NaN"}}}}`,
			read: request("https://e.com/x", "POST", headers(), object("d", "1970-01-01T00:00:00.000Z", "m", object(), "$k", 1.0, "n", nil))},
		"response-sync-empty": {want: response(200, "", headers(), nil)},
		"response-sync-text":  {want: response(201, "Created", headers(), "t")},
		"response-sync-json":  {want: response(200, "", headers("content-type", "application/json"), object("a", array(1.0)))},
		"response-sync-binary": {fate: lost, want: response(200, "", headers(), &value.ArrayBuffer{Bytes: []byte{3}}),
			ours: `{"$type":"response-sync","data":{"status":200,"statusText":"","headers":{"$type":"headers","entries":[]},` +
				`"body":{},"$body":{"$type":"arraybuffer","subtype":"ArrayBuffer","data":[3]}}}`,
			read: response(200, "", headers(), object())},
		"request-native":  {fate: thrown},
		"response-native": {fate: thrown},
		"blob":            {fate: decodeOnly, want: object()},
		"promise":         {fate: decodeOnly, want: object()},
		"weakmap":         {fate: decodeOnly, want: object()},

		"cycle-object": {want: build(func() any { o := object("n", 1.0); o.Set("self", o); return o })},
		"cycle-array":  {want: build(func() any { a := array(1.0); a.Elems = append(a.Elems, a); return a })},
		"cycle-mutual": {want: build(func() any { a := object("n", "a"); a.Set("b", object("n", "b", "a", a)); return a })},
		"alias-object": {want: build(func() any { s := object("id", 1.0); return object("a", s, "b", s) })},
		"alias-nested": {want: build(func() any { t := object("t", 1.0); s := object("t", t); return array(s, s, t) })},
		"alias-date":   {want: build(func() any { d := value.DateOf(0); return array(d, d) })},
		"alias-arraybuffer": {want: build(func() any {
			u := view(value.Uint8, 1)
			return array(u, u)
		})},
		"alias-boxed":      {want: build(func() any { n := &value.Boxed{Value: 1.0}; return array(n, n) })},
		"alias-string-not": {want: array("x", "x")},
		"alias-function":   {want: array(fn("f"), fn("f"))},
		"alias-error-cause": {want: build(func() any {
			c := plainError("Error", "c")
			return array(plainError("Error", "1", "cause", c), plainError("Error", "2", "cause", c))
		})},
		"alias-map-and-key": {want: build(func() any {
			k := object("u", 1.0)
			return object("map", value.NewMap(value.Entry{Key: k, Value: "d"}), "key", k)
		})},
		"alias-headers": {want: build(func() any { h := headers("a", "1"); return object("h1", h, "h2", h) })},
		"alias-headers-in-request": {want: build(func() any {
			h := headers("a", "1")
			return object("r", request("https://e.com/", "GET", h, nil), "h", h)
		})},
		"alias-request": {want: build(func() any { r := request("https://e.com/", "GET", headers(), nil); return array(r, r) })},
	}
}

func decode(t *testing.T, wire string) any {
	t.Helper()
	d, err := lmzcodec.New().Parse([]byte(wire), clone.ParseOptions{})
	if err != nil {
		t.Fatalf("Parse(%s) = %v", wire, err)
	}
	var v any
	if err := d.Build(d.Root(), &v, clone.BuildOptions{}); err != nil {
		t.Fatalf("Build(%s) = %v", wire, err)
	}
	return v
}

func wantDecoded(t *testing.T, wire string, want any) {
	t.Helper()
	got := decode(t, wire)
	if gotTold, wantTold := codectest.Told(t, got), codectest.Told(t, want); gotTold != wantTold || !value.Equal(got, want) {
		t.Errorf("%s decodes to\n     %s\nwant %s", wire, gotTold, wantTold)
	}
}

func wantEncoded(t *testing.T, v any, want string) {
	t.Helper()
	if got, err := lmzcodec.New().Encode(nil, v, clone.EncodeOptions{}); err != nil || string(got) != want {
		t.Errorf("Encode(%v) = %s, %v\nwant %s", v, got, err, want)
	}
}

// TestVectors holds each vector against its row; every vector has one.
func TestVectors(t *testing.T) {
	t.Parallel()
	table := rows()
	vectors := readVectors(t)
	for name := range table {
		if _, ok := vectors[name]; !ok {
			t.Errorf("row %q is of no vector", name)
		}
	}
	for name, v := range vectors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, ok := table[name]
			if !ok {
				t.Fatal("this vector has no row in the table")
			}
			if (r.fate == thrown) != (v.Wire == "") {
				t.Fatalf("fate %d does not fit the wire %q", r.fate, v.Wire)
			}
			switch r.fate {
			case kept:
				wantDecoded(t, v.Wire, r.want)
				wantEncoded(t, r.want, v.Wire)
			case decodeOnly:
				wantDecoded(t, v.Wire, r.want)
			default:
				if v.Wire != "" {
					wantDecoded(t, v.Wire, r.read)
				}
				if r.ours != "" {
					ours := `{"json":` + r.ours + `,"meta":{}}`
					wantEncoded(t, r.want, ours)
					wantDecoded(t, ours, r.want)
				}
			}
		})
	}
	if len(vectors) < 126 {
		t.Errorf("%d vectors, want all 126", len(vectors))
	}
}

// TestVectors_Proto: a key that would set a prototype in JavaScript is plain data
// when it is read, and refused when it is written.
func TestVectors_Proto(t *testing.T) {
	t.Parallel()
	want := object("__proto__", object("polluted", 1.0))
	wantDecoded(t, `{"json":{"__proto__":{"polluted":1}},"meta":{}}`, want)
	_, err := lmzcodec.New().Encode(nil, want, clone.EncodeOptions{})
	if err == nil || !strings.Contains(err.Error(), "__proto__") {
		t.Errorf("Encode of __proto__ = %v, want a refusal that names it", err)
	}
	wantEncoded(t, value.NewMap(value.Entry{Key: "__proto__", Value: 1.0}), `{"json":{"$type":"map","entries":[["__proto__",1]]},"meta":{}}`)
}
