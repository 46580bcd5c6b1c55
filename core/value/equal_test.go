package value_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/millrace/millrace/core/value"
)

func ptr[T any](v T) *T { return &v }

func arr(elems ...any) *value.Array { return &value.Array{Elems: elems} }

func obj(kv ...any) *value.Object {
	o := value.NewObject()
	for i := 0; i < len(kv); i += 2 {
		o.Set(kv[i].(string), kv[i+1])
	}
	return o
}

func headers(name, v string) *value.Headers {
	h, err := value.NewHeaders(value.HeaderEntry{Name: name, Value: v})
	if err != nil {
		panic(err)
	}
	return h
}

// everything is one value of each kind and of most contents, made anew at each call.
func everything() []any {
	self := arr(1.0)
	self.Elems = append(self.Elems, self)
	shared := obj("x", 1.0)
	buf := &value.ArrayBuffer{Bytes: []byte{1, 2, 3, 4}}
	deleted := value.NewSet(1.0, 2.0, 3.0, 4.0)
	deleted.Delete(2.0)
	return []any{
		nil, value.Undefined{}, value.Hole{}, true, false, 0.0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1.5, 1e300, "", "text",
		big.NewInt(7), big.NewInt(-7), (*big.Int)(nil), &value.Function{Name: "f"}, &value.Function{Name: "a b"}, (*value.Function)(nil),
		value.DateOf(5), value.InvalidDate(), (*value.Date)(nil),
		&value.RegExp{Source: "a", Flags: "g"}, &value.RegExp{Source: "a"}, (*value.RegExp)(nil),
		&value.URL{Href: "https://e.com"}, &value.URL{Href: "https://e.org"}, (*value.URL)(nil),
		&value.Boxed{Value: 1.0}, &value.Boxed{Value: "1"}, (*value.Boxed)(nil),
		headers("a", "1"), headers("a", "2"), (*value.Headers)(nil),
		buf, &value.ArrayBuffer{Bytes: []byte{1}}, (*value.ArrayBuffer)(nil),
		value.NewTypedArray([]int16{1, 2}), value.NewTypedArray([]uint16{1, 2}), value.NewTypedArray([]uint8{1, 2, 3, 4}),
		&value.TypedArray{Kind: value.Uint8, Buffer: buf, Length: 3}, &value.TypedArray{Kind: value.Uint8, Buffer: buf, Offset: 1, Length: 3}, (*value.TypedArray)(nil),
		&value.DataView{Buffer: buf, Offset: 1, Length: 2}, &value.DataView{Buffer: buf, Length: 2}, (*value.DataView)(nil),
		arr(), arr(1.0), arr(1.0, 2.0), arr(value.Hole{}), arr(nil), self, (*value.Array)(nil),
		arr(shared, shared), arr(obj("x", 1.0), obj("x", 1.0)),
		arr(&value.TypedArray{Kind: value.Int8, Buffer: buf}, &value.DataView{Buffer: buf}), arr(value.NewTypedArray([]int8{}), &value.DataView{Buffer: buf}),
		obj(), obj("a", 1.0), obj("a", 1.0, "b", 2.0), obj("b", 2.0, "a", 1.0), obj("a", value.Undefined{}), (*value.Object)(nil),
		value.NewMap(), value.NewMap(value.Entry{Key: "a", Value: 1.0}), value.NewMap(value.Entry{Key: shared, Value: shared}), value.NewMap(value.Entry{Key: obj("x", 1.0), Value: obj("x", 1.0)}), (*value.Map)(nil),
		value.NewSet(), value.NewSet("a"), value.NewSet("b"), deleted, value.NewSet(1.0, 4.0, 3.0), (*value.Set)(nil),
		value.NewError("Error", "m"), value.NewError("Error", ""), value.NewError("TypeError", "m"), &value.Error{Name: "Error", Message: "m", Stack: ptr("s")}, &value.Error{Name: "Error", Message: "m", Stack: ptr("t")},
		value.NewError("Error", "m").WithCause(1.0), value.NewAggregateError("m", 1.0), (*value.Error)(nil),
		&value.Request{URL: "u", Method: "GET"}, &value.Request{URL: "u", Method: "PUT", Headers: headers("a", "1"), Body: "b"}, &value.Request{URL: "u", Method: "PUT", Headers: headers("a", "1"), Body: "c"}, (*value.Request)(nil),
		&value.Response{Status: 200}, &value.Response{Status: 200, StatusText: "OK"}, &value.Response{Status: 200, Body: obj()}, (*value.Response)(nil),
		1, int8(1), struct{ A int }{1}, []int{1}, map[string]int{"a": 1},
	}
}

func TestEqual_OnlyToItself(t *testing.T) {
	t.Parallel()
	as, bs := everything(), everything()
	for i, a := range as {
		for j, b := range bs {
			if got := value.Equal(a, b); got != (i == j) {
				t.Errorf("Equal(%s, %s) = %v at %d, %d", value.Format(a), value.Format(b), got, i, j)
			}
		}
		if !value.Equal(a, a) {
			t.Errorf("%s is not equal to itself", value.Format(a))
		}
	}
}

func TestEqual_SeesCycles(t *testing.T) {
	t.Parallel()
	one := obj()
	one.Set("next", one)
	two, other := obj(), obj()
	two.Set("next", other)
	other.Set("next", two)
	if value.Equal(one, two) || value.Equal(two, one) {
		t.Error("cycles of one and of two objects are equal")
	}
	if !value.Equal(two, other) {
		t.Error("a cycle of two differs from itself begun elsewhere")
	}
}

func TestEqual_DeepValues(t *testing.T) {
	t.Parallel()
	a, b := arr(), arr()
	for range 100_000 {
		a, b = arr(a), arr(b)
	}
	if !value.Equal(a, b) {
		t.Error("two deep values differ")
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	cycle := obj("a", 1.0)
	cycle.Set("self", cycle)
	shared := arr("s")
	deep := arr()
	for range 100 {
		deep = arr(deep)
	}
	for _, tt := range []struct {
		in   any
		want string
	}{
		{nil, "null"}, {value.Undefined{}, "undefined"}, {value.Hole{}, "<hole>"}, {true, "true"}, {"a\n", `"a\n"`},
		{42.0, "42"}, {math.Copysign(0, -1), "-0"}, {1e21, "1e+21"}, {0.5, "0.5"}, {math.NaN(), "NaN"}, {math.Inf(1), "Infinity"}, {math.Inf(-1), "-Infinity"},
		{big.NewInt(5), "5n"}, {new(big.Int).Lsh(big.NewInt(1), 5000), "<bigint of 5001 bits>"}, {(*big.Int)(nil), "null"},
		{cycle, "{a: 1, self: [circular]}"}, {arr(shared, shared), `[["s"], ["s"]]`},
		{obj("a b", value.Hole{}, "", 7), `{"a b": <hole>, : 7}`},
		{value.NewMap(value.Entry{Key: "k", Value: 1.0}, value.Entry{Key: 2.0, Value: nil}), `Map {"k" => 1, 2 => null}`},
		{value.NewSet("a", 1.0), `Set {"a", 1}`},
		{value.NewError("TypeError", "a\nb").WithCause(1.0), `[TypeError: a\nb] {cause: 1}`},
		{value.DateOf(0), "1970-01-01T00:00:00.000Z"}, {&value.RegExp{Source: "a+", Flags: "g"}, "/a+/g"}, {&value.URL{Href: "x:y"}, `URL "x:y"`},
		{&value.Function{Name: "f"}, "<function f>"}, {&value.Boxed{Value: "x"}, `[boxed "x"]`},
		{headers("a", "1"), `Headers {a: "1"}`}, {&value.ArrayBuffer{Bytes: make([]byte, 20)}, "ArrayBuffer <00000000000000000000000000000000... 20 bytes>"},
		{value.NewTypedArray([]int8{-1, 2}), "Int8Array [-1, 2]"}, {value.NewTypedArray(make([]int8, 17)), "Int8Array [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ... 17 elements]"},
		{&value.DataView{Buffer: &value.ArrayBuffer{Bytes: []byte{1, 2}}, Length: 2}, "DataView <0102>"},
		{&value.Request{URL: "u", Method: "GET"}, `Request GET "u" Headers {} null`}, {&value.Response{Status: 404, StatusText: "No"}, `Response 404 "No" Headers {} null`},
		{struct{ x any }{}, "<struct { x interface {} }>"},
		{strings.Repeat("é", 200), `"` + strings.Repeat("é", 100) + `"...400 bytes`},
	} {
		if got := value.Format(tt.in); got != tt.want {
			t.Errorf("Format = %s, want %s", got, tt.want)
		}
	}
	if got := value.Format(deep); !strings.Contains(got, "[...]") || len(got) > 100 {
		t.Errorf("Format of a deep value = %s", got)
	}
}

func TestFormat_IsBounded(t *testing.T) {
	t.Parallel()
	bomb := any("leaf")
	for range 31 {
		bomb = arr(bomb, bomb)
	}
	wide := value.NewSet()
	list := arr()
	fields := obj()
	entries := value.NewMap()
	lines := &value.Headers{}
	for i := range 5000 {
		wide.Add(float64(i))
		list.Elems = append(list.Elems, strings.Repeat("x", 10_000))
		fields.Set(value.Format(float64(i)), 1.0)
		entries.Set(float64(i), 1.0)
		if err := lines.Append("set-cookie", "x"); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []any{bomb, wide, list, fields, entries, lines, &value.RegExp{Source: strings.Repeat("x", 10_000)}} {
		if got := value.Format(v); len(got) > 400_000 || !strings.Contains(got, "...") {
			t.Errorf("Format has %d bytes: %.100s", len(got), got)
		}
	}
	for _, v := range everything() {
		if value.Format(v) == "" {
			t.Errorf("Format(%T) is empty", v)
		}
		if s, ok := v.(interface{ String() string }); ok {
			switch v.(type) {
			case *big.Int, *value.Date, *value.URL, value.Undefined, value.Hole:
			default:
				if s.String() != value.Format(v) {
					t.Errorf("String of a %T is %s", v, s)
				}
			}
		}
	}
}
