package msgpackcodec_test

import (
	"math"
	"math/big"
	"strings"

	"github.com/millrace/millrace/codecs/internal/codectest"
	"github.com/millrace/millrace/core/value"
)

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

// many is an array of n integers at both sides of what each of the codes holds.
func many(n int) *value.Array {
	a := array()
	for i := range n {
		f := math.Ldexp(1, i*4)
		if i%2 == 1 {
			f = -f - 1
		}
		a.Elems = append(a.Elems, f)
	}
	return a
}

// values has what every vector of the lmz wire is about, as it was before it was written, and
// more that only this wire keeps.
func values() map[string]any {
	negativeZero := math.Copysign(0, -1)
	fn := func(name string) *value.Function { return &value.Function{Name: name} }
	return map[string]any{
		"null":                          nil,
		"undefined":                     value.Undefined{},
		"true":                          true,
		"number":                        42.5,
		"negative-zero":                 negativeZero,
		"number-1e21":                   1e21,
		"number-min":                    5e-324,
		"number-maxsafe":                9007199254740991.0,
		"nan":                           math.NaN(),
		"inf":                           math.Inf(1),
		"ninf":                          math.Inf(-1),
		"string":                        "hé\x00\u2028\"",
		"lone-surrogate":                "a\xed\xa0\x80b",
		"astral":                        "😀",
		"bigint":                        bigOf("12345678901234567890"),
		"bigint-neg":                    big.NewInt(-1),
		"array":                         array(1.0, "a", nil, true),
		"array-undefined":               array(value.Undefined{}, 1.0),
		"array-sparse":                  array(1.0, value.Hole{}, 3.0),
		"array-sparse-tail":             array(value.Hole{}, value.Hole{}),
		"array-with-props":              array(1.0),
		"object":                        object("b", 1.0, "a", 2.0),
		"object-integer-keys":           object("1", "y", "2", "x", "b", 1.0),
		"object-undefined":              object("a", value.Undefined{}),
		"object-empty":                  object(),
		"object-dollar-keys":            object("$type", "date", "$ref", 0.0, "$x", 1.0, "$$y", 2.0, "$", 3.0),
		"object-proto-key":              object("a", 1.0),
		"object-null-proto":             object("a", 1.0),
		"object-nonenumerable":          object("a", 1.0),
		"object-toJSON":                 object("a", 1.0, "toJSON", fn("toJSON")),
		"class-instance":                object("x", 1.0),
		"getter":                        object("a", 5.0),
		"date":                          value.DateOf(1735787045678),
		"date-invalid":                  value.InvalidDate(),
		"date-year-neg":                 value.DateOf(-62198755200000),
		"date-year-12345":               value.DateOf(327403382400000),
		"regexp":                        &value.RegExp{Source: `a\/b+`, Flags: "giu"},
		"regexp-lastIndex":              &value.RegExp{Source: "a", Flags: "g"},
		"map":                           value.NewMap(value.Entry{Key: "k", Value: 1.0}, value.Entry{Key: 2.0, Value: "v"}),
		"map-object-key":                value.NewMap(value.Entry{Key: object("id", 1.0), Value: object("v", 2.0)}),
		"map-nan-key":                   value.NewMap(value.Entry{Key: math.NaN(), Value: 1.0}, value.Entry{Key: 0.0, Value: 2.0}, value.Entry{Key: value.Undefined{}, Value: 3.0}),
		"map-cycle":                     build(func() any { m := value.NewMap(); m.Set("self", m); return m }),
		"map-key-backref":               build(func() any { m := value.NewMap(); m.Set(object("t", "k", "map", m), 1.0); return m }),
		"set":                           value.NewSet(1.0, "a", object("x", 1.0)),
		"set-cycle":                     build(func() any { s := value.NewSet(1.0); s.Add(s); return s }),
		"error":                         plainError("Error", "boom"),
		"error-empty":                   errorAs("Error", "", "Error"),
		"error-nostack":                 errorAs("Error", "x", ""),
		"error-TypeError":               plainError("TypeError", "m"),
		"error-RangeError":              plainError("RangeError", "m"),
		"error-ReferenceError":          plainError("ReferenceError", "m"),
		"error-SyntaxError":             plainError("SyntaxError", "m"),
		"error-URIError":                plainError("URIError", "m"),
		"error-EvalError":               plainError("EvalError", "m"),
		"error-custom-name":             errorAs("ValidationError", "bad", "ValidationError: bad\n    at x", "field", "email"),
		"error-class-no-name":           errorAs("Error", "bad", "Error: bad\n    at x"),
		"error-props":                   plainError("Error", "p", "code", "E1", "statusCode", 400.0, "$k", 1.0, "nested", object("a", array(1.0)), "u", value.Undefined{}),
		"error-message-undefined-cause": plainError("Error", "c"),
		"error-cause":                   plainError("Error", "o", "cause", plainError("TypeError", "i")),
		"error-cause-nonerror":          plainError("Error", "o", "cause", object("code", 1.0)),
		"error-cause-cycle": build(func() any {
			first := plainError("Error", "1")
			first.Props.Set("cause", plainError("Error", "2", "cause", first))
			return first
		}),
		"aggregate-error": errorAs("AggregateError", "agg", "AggregateError: agg\n    at x", "errors", array(plainError("Error", "a"), "b")),
		"error-dom": errorAs("AbortError", "m", "AbortError: m\n"+
			"    at new DOMException (node:internal/per_context/domexception:53:5)\n    at x.js\n    at x.js\n"+
			"    at ModuleJob.run (node:internal/modules/esm/module_job:325:25)\n"+
			"    at async ModuleLoader.import (node:internal/modules/esm/loader:606:24)\n"+
			"    at async asyncRunEntryPointWithESMLoader (node:internal/modules/run_main:117:5)"),
		"Int8Array":              view(value.Int8, 0x80, 0x7f),
		"Uint8Array":             view(value.Uint8, 0, 255),
		"Uint8ClampedArray":      view(value.Uint8Clamped, 0, 255),
		"Int16Array":             value.NewTypedArray([]int16{-32768, 32767}),
		"Uint16Array":            value.NewTypedArray([]uint16{0, 65535}),
		"Int32Array":             value.NewTypedArray([]int32{-2147483648, 2147483647}),
		"Uint32Array":            value.NewTypedArray([]uint32{0, 4294967295}),
		"Float32Array":           value.NewTypedArray([]float32{1.5, 0.1, float32(math.NaN()), float32(math.Inf(1)), float32(negativeZero)}),
		"Float64Array":           value.NewTypedArray([]float64{0.1, math.NaN(), math.Inf(-1), negativeZero}),
		"BigInt64Array":          value.NewTypedArray([]int64{-1, 2}),
		"BigUint64Array":         value.NewTypedArray([]uint64{0, math.MaxUint64}),
		"node-buffer":            object("0", 104.0, "1", 105.0),
		"arraybuffer":            &value.ArrayBuffer{Bytes: []byte{1, 2, 255}},
		"dataview":               &value.DataView{Buffer: &value.ArrayBuffer{Bytes: []byte{9, 1, 2, 9}}, Offset: 1, Length: 2},
		"sharedarraybuffer":      object(),
		"boxed-boolean":          &value.Boxed{Value: false},
		"boxed-number":           &value.Boxed{Value: 1.5},
		"boxed-number-nan":       &value.Boxed{Value: math.NaN()},
		"boxed-string":           &value.Boxed{Value: "s"},
		"boxed-bigint":           &value.Boxed{Value: big.NewInt(5)},
		"boxed-symbol":           object(),
		"function-named":         fn("foo"),
		"function-arrow":         fn("anonymous"),
		"function-in-object":     object("f", fn("f"), "g", fn("g")),
		"class-function":         fn("K"),
		"url":                    &value.URL{Href: "https://e.com/p?q=1#h"},
		"urlsearchparams":        object(),
		"headers":                headers("X-B", "2", "A", "1"),
		"headers-dup":            headers("a", "1", "a", "2"),
		"headers-set-cookie":     headers("set-cookie", "a=1", "set-cookie", "b=2"),
		"request-sync":           request("https://e.com/x", "GET", headers(), nil),
		"request-sync-text":      request("https://e.com/x", "POST", headers("content-type", "text/plain"), "hi"),
		"request-sync-json":      request("https://e.com/x", "POST", headers(), object("a", 1.0)),
		"request-sync-binary":    request("https://e.com/x", "POST", headers(), &value.ArrayBuffer{Bytes: []byte{1, 2}}),
		"request-sync-json-rich": request("https://e.com/x", "POST", headers(), object("d", value.DateOf(0), "m", value.NewMap(), "$k", 1.0, "n", math.NaN())),
		"response-sync-empty":    response(200, "", headers(), nil),
		"response-sync-text":     response(201, "Created", headers(), "t"),
		"response-sync-json":     response(200, "", headers("content-type", "application/json"), object("a", array(1.0))),
		"response-sync-binary":   response(200, "", headers(), &value.ArrayBuffer{Bytes: []byte{3}}),
		"blob":                   object(),
		"promise":                object(),
		"weakmap":                object(),
		"cycle-object":           build(func() any { o := object("n", 1.0); o.Set("self", o); return o }),
		"cycle-array":            build(func() any { a := array(1.0); a.Elems = append(a.Elems, a); return a }),
		"cycle-mutual":           build(func() any { a := object("n", "a"); a.Set("b", object("n", "b", "a", a)); return a }),
		"alias-object":           build(func() any { s := object("id", 1.0); return object("a", s, "b", s) }),
		"alias-nested":           build(func() any { t := object("t", 1.0); s := object("t", t); return array(s, s, t) }),
		"alias-date":             build(func() any { d := value.DateOf(0); return array(d, d) }),
		"alias-arraybuffer": build(func() any {
			u := view(value.Uint8, 1)
			return array(u, u)
		}),
		"alias-boxed":      build(func() any { n := &value.Boxed{Value: 1.0}; return array(n, n) }),
		"alias-string-not": array("x", "x"),
		"alias-function":   array(fn("f"), fn("f")),
		"alias-error-cause": build(func() any {
			c := plainError("Error", "c")
			return array(plainError("Error", "1", "cause", c), plainError("Error", "2", "cause", c))
		}),
		"alias-map-and-key": build(func() any {
			k := object("u", 1.0)
			return object("map", value.NewMap(value.Entry{Key: k, Value: "d"}), "key", k)
		}),
		"alias-headers": build(func() any { h := headers("a", "1"); return object("h1", h, "h2", h) }),
		"alias-headers-in-request": build(func() any {
			h := headers("a", "1")
			return object("r", request("https://e.com/", "GET", h, nil), "h", h)
		}),
		"alias-request": build(func() any { r := request("https://e.com/", "GET", headers(), nil); return array(r, r) }),
		// What the vectors cannot say.
		"typedarray-view": &value.TypedArray{Kind: value.Uint8, Buffer: &value.ArrayBuffer{Bytes: []byte{0, 1, 2, 3}}, Offset: 1, Length: 2},
		"two-views-one-buffer": build(func() any {
			b := &value.ArrayBuffer{Bytes: []byte{1, 2, 3, 4}}
			return object("a", &value.TypedArray{Kind: value.Uint8, Buffer: b, Length: 2}, "b", &value.TypedArray{Kind: value.Int16, Buffer: b, Offset: 2, Length: 1})
		}),
		"view-then-buffer": build(func() any {
			b := &value.ArrayBuffer{Bytes: []byte{1, 2}}
			return array(&value.TypedArray{Kind: value.Uint8, Buffer: b, Length: 2}, b, &value.DataView{Buffer: b, Offset: 1, Length: 1}, b)
		}),
		"buffer-then-view": build(func() any {
			b := &value.ArrayBuffer{Bytes: make([]byte, 16)}
			return array(b, &value.TypedArray{Kind: value.Float64, Buffer: b, Offset: 8, Length: 1})
		}),
		"typedarray-empty":      view(value.Float64),
		"typedarray-short":      &value.TypedArray{Kind: value.Uint16, Buffer: &value.ArrayBuffer{Bytes: []byte{1, 2, 3}}, Length: 1},
		"dataview-whole":        &value.DataView{Buffer: &value.ArrayBuffer{Bytes: []byte{7}}, Length: 1},
		"dataview-shared":       build(func() any { d := &value.DataView{Buffer: &value.ArrayBuffer{}}; return array(d, d, d.Buffer) }),
		"object-proto-own":      object("__proto__", object("polluted", 1.0), "constructor", nil, "name", "n"),
		"error-no-name":         &value.Error{Message: "m"},
		"error-empty-stack":     &value.Error{Name: "E", Stack: new("")},
		"error-odd-props":       errorAs("E", "m", "", "name", 1.0, "message", 2.0, "stack", 3.0, "__proto__", nil),
		"error-undefined-cause": errorAs("E", "", "", "cause", value.Undefined{}),
		"error-self":            build(func() any { e := errorAs("E", "m", "s"); e.Props.Set("cause", e); return e }),
		"function-no-name":      fn(""),
		"url-relative":          &value.URL{Href: "/x?\xed\xa0\x80"},
		"url-empty":             &value.URL{},
		"request-odd":           request("", "g t", headers("a", "1"), value.Undefined{}),
		"request-in-request": build(func() any {
			h := headers("b", "2")
			return request("a:b", "PUT", h, request("c:d", "POST", h, value.NewSet(1.0)))
		}),
		"request-cycle":        build(func() any { r := request("a:b", "PUT", headers(), nil); r.Body = array(r, r.Headers); return r }),
		"response-status-0":    response(0, "", headers(), nil),
		"response-status-most": response(65535, "S", headers(), fn("f")),
		"boxed-negative-zero":  &value.Boxed{Value: negativeZero},
		"boxed-big":            &value.Boxed{Value: bigOf("-123456789012345678901234567890")},
		"map-any-keys":         value.NewMap(value.Entry{Key: value.NewMap(), Value: fn("f")}, value.Entry{Key: fn("g"), Value: nil}, value.Entry{Key: value.DateOf(1), Value: value.NewSet()}),
		"set-in-itself-twice":  build(func() any { s := value.NewSet(); s.Add(array(s, s)); return s }),
		"regexp-empty":         &value.RegExp{Flags: "dgimsuy"},
		"date-least":           value.DateOf(-8.64e15),
		"date-most":            value.DateOf(8.64e15),
		"holes":                array(value.Hole{}, value.Undefined{}, nil, value.Hole{}),
		"bigint-zero":          big.NewInt(0),
		"bigint-int64-least":   big.NewInt(math.MinInt64),
		"bigint-int64-most":    big.NewInt(math.MaxInt64),
		"bigint-uint64":        new(big.Int).SetUint64(math.MaxUint64),
		"bigint-exact":         big.NewInt(1<<53 - 1),
		"number-one":           1.0,
		"number-and-bigint":    array(1.0, big.NewInt(1), 1.5, -1.0, big.NewInt(-1)),
		"number-minsafe":       -9007199254740991.0,
		"number-unsafe":        9007199254740992.0,
		"number-max":           math.MaxFloat64,
		"string-surrogates":    "\xed\xbf\xbf\xed\xa0\x80😀\xed\xa0\xbd",
		"key-surrogate":        object("\xed\xa0\x80", "\xed\xb0\x80"),
		"string-31":            strings.Repeat("a", 31),
		"string-32":            strings.Repeat("a", 32),
		"string-255":           strings.Repeat("a", 255),
		"string-256":           strings.Repeat("a", 256),
		"array-15":             many(15),
		"array-16":             many(16),
		"deep": build(func() any {
			var v any
			for range 255 {
				v = array(v)
			}
			return v
		}),
	}
}
