package ungapcodec_test

import (
	"math"
	"math/big"

	"github.com/millrace/millrace/codecs/internal/codectest"
	"github.com/millrace/millrace/core/value"
)

// fate is what becomes of a vector's value.
type fate int

const (
	kept       fate = iota // decodes to want, and want encodes to the vector's bytes, whatever the options
	kept14                 // likewise, with Profile14
	lost                   // decodes to read, for the npm package loses something; want encodes to these bytes when Plain, else to ours
	refused                // likewise, but Plain refuses what the npm package loses, or throws at
	decodeOnly             // the input exists in JavaScript only: what the package wrote decodes to want
	none                   // the package throws, and nothing in Go is like the input
)

// row is the Go side of one vector.
type row struct {
	fate fate
	want any // what the wire decodes to; of a lost one: what we send
	read any // of a lost one: what the npm package's wire decodes to
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
	bare := value.NewError
	return map[string]row{
		"null":           {want: nil},
		"undefined":      {want: value.Undefined{}},
		"true":           {want: true},
		"number":         {want: 42.5},
		"negative-zero":  {fate: kept14, want: negativeZero},
		"number-1e21":    {want: 1e21},
		"number-min":     {want: 5e-324},
		"number-maxsafe": {want: 9007199254740991.0},
		"nan":            {fate: lost, want: math.NaN(), read: nil},
		"inf":            {fate: lost, want: math.Inf(1), read: nil},
		"ninf":           {fate: lost, want: math.Inf(-1), read: nil},
		"string":         {want: "hé\x00\u2028\""},
		"lone-surrogate": {want: "a\xed\xa0\x80b"},
		"astral":         {want: "😀"},
		"bigint":         {want: bigOf("12345678901234567890")},
		"bigint-neg":     {want: big.NewInt(-1)},

		"array":             {want: array(1.0, "a", nil, true)},
		"array-undefined":   {want: array(value.Undefined{}, 1.0)},
		"array-sparse":      {fate: lost, want: array(1.0, value.Hole{}, 3.0), read: array(1.0, value.Undefined{}, 3.0)},
		"array-sparse-tail": {fate: lost, want: array(value.Hole{}, value.Hole{}, value.Hole{}), read: array(value.Undefined{}, value.Undefined{}, value.Undefined{})},
		"array-with-props":  {fate: decodeOnly, want: array(1.0)},

		"object":               {want: object("b", 1.0, "a", 2.0)},
		"object-integer-keys":  {want: object("1", "y", "2", "x", "b", 1.0)},
		"object-undefined":     {want: object("a", value.Undefined{})},
		"object-empty":         {want: object()},
		"object-dollar-keys":   {want: object("$type", "date", "$ref", 0.0, "$x", 1.0, "$$y", 2.0, "$", 3.0)},
		"object-proto-key":     {fate: kept14, want: object("__proto__", object("polluted", 1.0), "a", 1.0)},
		"object-null-proto":    {fate: decodeOnly, want: object("a", 1.0)},
		"object-nonenumerable": {fate: decodeOnly, want: object("a", 1.0)},
		"object-toJSON":        {fate: decodeOnly, want: 1.0},
		"class-instance":       {fate: decodeOnly, want: object("x", 1.0)},
		"getter":               {fate: decodeOnly, want: object("a", 5.0)},

		"date":             {want: value.DateOf(1735787045678)},
		"date-invalid":     {want: value.InvalidDate()},
		"date-year-neg":    {want: value.DateOf(-62198755200000)},
		"date-year-12345":  {want: value.DateOf(327403382400000)},
		"regexp":           {want: &value.RegExp{Source: `a\/b+`, Flags: "giu"}},
		"regexp-lastIndex": {fate: decodeOnly, want: &value.RegExp{Source: "a", Flags: "g"}},
		"map":              {want: value.NewMap(value.Entry{Key: "k", Value: 1.0}, value.Entry{Key: 2.0, Value: "v"})},
		"map-object-key":   {want: value.NewMap(value.Entry{Key: object("id", 1.0), Value: object("v", 2.0)})},
		"map-nan-key": {fate: lost, want: value.NewMap(value.Entry{Key: math.NaN(), Value: 1.0}, value.Entry{Key: 0.0, Value: 2.0}, value.Entry{Key: value.Undefined{}, Value: 3.0}),
			read: value.NewMap(value.Entry{Key: nil, Value: 1.0}, value.Entry{Key: 0.0, Value: 2.0}, value.Entry{Key: value.Undefined{}, Value: 3.0})},
		"map-cycle":       {want: build(func() any { m := value.NewMap(); m.Set("self", m); return m })},
		"map-key-backref": {want: build(func() any { m := value.NewMap(); m.Set(object("t", "k", "map", m), 1.0); return m })},
		"set":             {want: value.NewSet(1.0, "a", object("x", 1.0))},
		"set-cycle":       {want: build(func() any { s := value.NewSet(1.0); s.Add(s); return s })},

		"error":                {fate: lost, want: plainError("Error", "boom"), read: bare("Error", "boom")},
		"error-empty":          {fate: lost, want: errorAs("Error", "", "Error"), read: bare("Error", "")},
		"error-nostack":        {fate: lost, want: errorAs("Error", "x", ""), read: bare("Error", "x")},
		"error-TypeError":      {fate: lost, want: plainError("TypeError", "m"), read: bare("TypeError", "m")},
		"error-RangeError":     {fate: lost, want: plainError("RangeError", "m"), read: bare("RangeError", "m")},
		"error-ReferenceError": {fate: lost, want: plainError("ReferenceError", "m"), read: bare("ReferenceError", "m")},
		"error-SyntaxError":    {fate: lost, want: plainError("SyntaxError", "m"), read: bare("SyntaxError", "m")},
		"error-URIError":       {fate: lost, want: plainError("URIError", "m"), read: bare("URIError", "m")},
		"error-EvalError":      {fate: lost, want: plainError("EvalError", "m"), read: bare("EvalError", "m")},
		"error-custom-name":    {fate: lost, want: errorAs("ValidationError", "bad", "ValidationError: bad\n    at x"), read: bare("ValidationError", "bad")},
		"error-class-no-name":  {fate: lost, want: errorAs("Error", "bad", "Error: bad\n    at x"), read: bare("Error", "bad")},
		"error-props": {fate: refused, want: plainError("Error", "p", "code", "E1", "statusCode", 400.0, "$k", 1.0, "nested", object("a", array(1.0)), "u", value.Undefined{}),
			read: bare("Error", "p")},
		"error-cause":          {fate: refused, want: plainError("Error", "o", "cause", plainError("TypeError", "i")), read: bare("Error", "o")},
		"error-cause-nonerror": {fate: refused, want: plainError("Error", "o", "cause", object("code", 1.0)), read: bare("Error", "o")},
		"error-cause-cycle": {fate: refused, want: build(func() any {
			first := plainError("Error", "1")
			first.Props.Set("cause", plainError("Error", "2", "cause", first))
			return first
		}), read: bare("Error", "1")},
		"aggregate-error": {fate: refused, want: errorAs("AggregateError", "agg", "AggregateError: agg\n    at x", "errors", array(plainError("Error", "a"), "b")),
			read: bare("AggregateError", "agg")},
		"error-dom": {fate: lost, want: errorAs("AbortError", "m", "AbortError: m\n    at x.js"), read: bare("AbortError", "m")},

		"Int8Array":         {want: view(value.Int8, 0x80, 0x7f)},
		"Uint8Array":        {want: view(value.Uint8, 0, 255)},
		"Uint8ClampedArray": {want: view(value.Uint8Clamped, 0, 255)},
		"Int16Array":        {want: value.NewTypedArray([]int16{-32768, 32767})},
		"Uint16Array":       {want: value.NewTypedArray([]uint16{0, 65535})},
		"Int32Array":        {want: value.NewTypedArray([]int32{-2147483648, 2147483647})},
		"Uint32Array":       {want: value.NewTypedArray([]uint32{0, 4294967295})},
		"Float32Array": {fate: lost, want: value.NewTypedArray([]float32{1.5, 0.1, float32(math.NaN()), float32(math.Inf(1)), float32(negativeZero)}),
			read: value.NewTypedArray([]float32{1.5, 0.1, 0, 0, 0})},
		"Float64Array": {fate: lost, want: value.NewTypedArray([]float64{0.1, math.NaN(), math.Inf(-1), negativeZero}),
			read: value.NewTypedArray([]float64{0.1, 0, 0, 0})},
		"BigInt64Array":   {fate: refused, want: value.NewTypedArray([]int64{-1, 2})},
		"BigUint64Array":  {fate: refused, want: value.NewTypedArray([]uint64{0, math.MaxUint64})},
		"typedarray-view": {fate: decodeOnly, want: view(value.Uint8, 1, 2)},
		"two-views-one-buffer": {fate: lost, read: object("a", view(value.Uint8, 1, 2), "b", view(value.Uint8, 2, 3)),
			want: build(func() any {
				b := &value.ArrayBuffer{Bytes: []byte{1, 2, 3}}
				return object("a", &value.TypedArray{Kind: value.Uint8, Buffer: b, Length: 2}, "b", &value.TypedArray{Kind: value.Uint8, Buffer: b, Offset: 1, Length: 2})
			})},
		"node-buffer": {fate: decodeOnly, want: view(value.Uint8, 104, 105)},
		"arraybuffer": {want: &value.ArrayBuffer{Bytes: []byte{1, 2, 255}}},
		"dataview": {fate: lost, want: &value.DataView{Buffer: &value.ArrayBuffer{Bytes: []byte{9, 1, 2, 9}}, Offset: 1, Length: 2},
			read: &value.DataView{Buffer: &value.ArrayBuffer{Bytes: []byte{9, 1, 2, 9}}, Length: 4}},
		"sharedarraybuffer": {fate: none},

		"boxed-boolean":    {want: &value.Boxed{Value: false}},
		"boxed-number":     {want: &value.Boxed{Value: 1.5}},
		"boxed-number-nan": {fate: lost, want: &value.Boxed{Value: math.NaN()}, read: &value.Boxed{Value: 0.0}},
		"boxed-string":     {want: &value.Boxed{Value: "s"}},
		"boxed-bigint":     {want: &value.Boxed{Value: big.NewInt(5)}},
		"boxed-symbol":     {fate: decodeOnly, want: object()},

		"symbol":              {fate: decodeOnly, want: nil},
		"object-symbol-value": {fate: decodeOnly, want: object()},
		"function-named":      {fate: lost, want: fn("foo"), read: nil},
		"function-arrow":      {fate: lost, want: fn(""), read: nil},
		"function-in-object":  {fate: lost, want: object("f", fn("f"), "g", fn("g")), read: object()},
		"class-function":      {fate: lost, want: fn("K"), read: nil},

		"url":                {fate: lost, want: &value.URL{Href: "https://e.com/p?q=1#h"}, read: "https://e.com/p?q=1#h"},
		"urlsearchparams":    {fate: decodeOnly, want: object()},
		"headers":            {fate: refused, want: headers("X-B", "2", "A", "1"), read: object()},
		"headers-dup":        {fate: refused, want: headers("a", "1", "a", "2"), read: object()},
		"headers-set-cookie": {fate: refused, want: headers("set-cookie", "a=1", "set-cookie", "b=2"), read: object()},
		"alias-headers": {fate: refused, want: build(func() any { h := headers("a", "1"); return object("h1", h, "h2", h) }),
			read: build(func() any { h := object(); return object("h1", h, "h2", h) })},

		"request-sync":      {fate: refused, want: request("https://e.com/x", "GET", headers(), nil), read: object("_request", object(), "body", nil)},
		"request-sync-text": {fate: refused, want: request("https://e.com/x", "POST", headers("content-type", "text/plain"), "hi"), read: object("_request", object(), "body", "hi")},
		"request-sync-json": {fate: refused, want: request("https://e.com/x", "POST", headers(), object("a", 1.0)), read: object("_request", object(), "body", object("a", 1.0))},
		"request-sync-binary": {fate: refused, want: request("https://e.com/x", "POST", headers(), &value.ArrayBuffer{Bytes: []byte{1, 2}}),
			read: object("_request", object(), "body", &value.ArrayBuffer{Bytes: []byte{1, 2}})},
		"request-sync-json-rich": {fate: refused,
			want: request("https://e.com/x", "POST", headers(), object("d", value.DateOf(0), "m", value.NewMap(), "$k", 1.0, "n", math.NaN())),
			read: object("_request", object(), "body", object("d", value.DateOf(0), "m", value.NewMap(value.Entry{Key: 1.0, Value: 2.0}), "$k", 1.0, "u", value.Undefined{}, "n", nil))},
		"response-sync-empty": {fate: refused, want: response(200, "", headers(), nil), read: object("_response", object(), "body", nil)},
		"response-sync-text":  {fate: refused, want: response(201, "Created", headers(), "t"), read: object("_response", object(), "body", "t")},
		"response-sync-json": {fate: refused, want: response(200, "", headers("content-type", "application/json"), object("a", array(1.0))),
			read: object("_response", object(), "body", object("a", array(1.0)))},
		"response-sync-binary": {fate: refused, want: response(404, "", headers(), view(value.Uint8, 3)), read: object("_response", object(), "body", &value.ArrayBuffer{Bytes: []byte{1, 2}})},
		"alias-request": {fate: refused, want: build(func() any { r := request("a:b", "GET", headers(), nil); return array(r, r) }),
			read: build(func() any { r := object("_request", object(), "body", nil); return array(r, r) })},
		"alias-headers-in-request": {fate: refused, want: build(func() any {
			h := headers("a", "1")
			return object("r", request("a:b", "GET", h, nil), "h", h)
		}), read: object("r", object("_request", object(), "body", nil), "h", object())},
		"request-native":                {fate: decodeOnly, want: object()},
		"response-native":               {fate: decodeOnly, want: object()},
		"error-message-undefined-cause": {fate: refused, want: plainError("Error", "c", "cause", value.Undefined{}), read: bare("Error", "c")},
		"blob":                          {fate: decodeOnly, want: object()},
		"promise":                       {fate: decodeOnly, want: object()},
		"weakmap":                       {fate: decodeOnly, want: object()},

		"cycle-object":      {want: build(func() any { o := object("n", 1.0); o.Set("self", o); return o })},
		"cycle-array":       {want: build(func() any { a := array(1.0); a.Elems = append(a.Elems, a); return a })},
		"cycle-mutual":      {want: build(func() any { a := object("n", "a"); a.Set("b", object("n", "b", "a", a)); return a })},
		"alias-object":      {want: build(func() any { s := object("id", 1.0); return object("a", s, "b", s) })},
		"alias-nested":      {want: build(func() any { t := object("t", 1.0); s := object("t", t); return array(s, s, t) })},
		"alias-date":        {want: build(func() any { d := value.DateOf(0); return array(d, d) })},
		"alias-arraybuffer": {want: build(func() any { u := view(value.Uint8, 1); return array(u, u) })},
		"alias-boxed":       {want: build(func() any { n := &value.Boxed{Value: 1.0}; return array(n, n) })},
		"alias-string-not":  {want: array("x", "x")},
		"alias-function":    {fate: lost, want: array(fn("f"), fn("f")), read: array(nil, nil)},
		"alias-error-cause": {fate: refused, want: build(func() any {
			c := plainError("Error", "c")
			return array(plainError("Error", "1", "cause", c), plainError("Error", "2", "cause", c))
		}), read: array(bare("Error", "1"), bare("Error", "2"))},
		"alias-map-and-key": {want: build(func() any {
			k := object("u", 1.0)
			return object("map", value.NewMap(value.Entry{Key: k, Value: "d"}), "key", k)
		})},
	}
}
