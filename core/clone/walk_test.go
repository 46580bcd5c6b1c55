package clone_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

type point struct {
	X int `json:"x"`
	Y int `json:"y"`
}

type node struct {
	Name string `json:"name"`
	Next *node  `json:"next,omitempty"`
}

type first struct{ Inner point }

type tagged struct {
	Ten  int            `json:"10"`
	B    string         `json:"b,omitempty"`
	Two  int            `json:"2"`
	F    func()         `json:"f"`
	Zero time.Time      `json:"zero,omitzero"`
	M    map[string]int `json:"m,omitempty"`
	A    [2]bool        `json:"a"`
	*point
}

type level int

func (l level) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "level-%d", int(l)), nil }

type pointerText struct{ n int }

func (p *pointerText) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "p%d", p.n), nil }

type single struct{ P *point }

type list []list

type anyList []any

func TestWalk(t *testing.T) {
	t.Parallel()
	var nilMap map[string]any
	var nilSlice []int
	var nilPointer *point
	var nilBytes []byte
	var nilFunc func()
	p := &point{1, 2}
	s := "text"
	f := &first{point{3, 4}}
	shared := []any{1}
	now := time.UnixMilli(1735787045678)
	deep := &p
	tests := []struct {
		name string
		v    any
		want string
	}{
		{"nil", nil, "null"},
		{"bool", true, "true"},
		{"named-bool-pointer", new(bool), "false"},
		{"int8", int8(-5), "-5"},
		{"int16", int16(-5), "-5"},
		{"int32", int32(-5), "-5"},
		{"int64", int64(-5), "-5"},
		{"uint", uint(5), "5"},
		{"uint8", uint8(5), "5"},
		{"uint16", uint16(5), "5"},
		{"uint32", uint32(5), "5"},
		{"uint64", uint64(5), "5"},
		{"max-safe", 1<<53 - 1, "9.007199254740991e+15"},
		{"beyond-safe", 1 << 53, "9007199254740992n"},
		{"below-safe", -(1 << 53), "-9007199254740992n"},
		{"max-uint64", uint64(math.MaxUint64), "18446744073709551615n"},
		{"float32", float32(0.5), "0.5"},
		{"nan", math.NaN(), "NaN"},
		{"string", "a\u2028", `"a\u2028"`},
		{"lone-surrogate", "a\xed\xa0\x80b", `"a\xed\xa0\x80b"`},
		{"bigint", big.NewInt(7), "7n"},
		{"bigint-value", *big.NewInt(-7), "-7n"},
		{"time", now, "date(1735787045678)"},
		{"time-pointers", []*time.Time{&now, &now}, "[2 #0 date(1735787045678) @0 }"},
		{"bytes", []byte{1, 255}, "view1(0,2) #0(01ff)"},
		{"byte-array", [2]byte{1, 2}, "view1(0,2) #0(0102)"},
		{"nil-bytes", nilBytes, "null"},
		{"nil-map", nilMap, "null"},
		{"nil-slice", nilSlice, "null"},
		{"nil-pointer", nilPointer, "null"},
		{"nil-func", nilFunc, "null"},
		{"func", func() {}, "func(anonymous)"},
		{"slice", []int{1, 2}, "[2 1 2 }"},
		{"empty-slice", []any{}, "[0 }"},
		{"array", [2]string{"a", "b"}, `[2 "a" "b" }`},
		{"struct", point{1, 2}, "{2 x: 1 y: 2 }"},
		{"pointer", p, "#0 {2 x: 1 y: 2 }"},
		{"pointer-to-pointer", &deep, "#0 {2 x: 1 y: 2 }"},
		{"struct-of-one-pointer", single{p}, "{1 P: #0 {2 x: 1 y: 2 } }"},
		{"array-of-one-pointer", [1]*point{p}, "[1 #0 {2 x: 1 y: 2 } }"},
		{"shared-pointer", []*point{p, p}, "[2 #0 {2 x: 1 y: 2 } @0 }"},
		{"shared-string-pointer", []*string{&s, &s}, `[2 "text" "text" }`},
		{"first-field-shares-address", []any{f, &f.Inner, f}, "#0 [3 #1 {1 Inner: {2 x: 3 y: 4 } } #2 {2 x: 3 y: 4 } @1 }"},
		{"shared-slice", [][]any{shared, shared}, "#0 [2 #1 [1 1 } @1 }"},
		{"slices-of-one-array", [2]anyList{shared[:1], shared[:0]}, "[2 #0 [1 1 } [0 } }"},
		{"slice-pointer", []*[]int{{1}}, "[1 #0 [1 1 } }"},
		{"zero-size", []*struct{}{{}, {}}, "[2 {0 } {0 } }"},
		{"map", map[string]int{"a": 1}, "#0 {1 a: 1 }"},
		{"any-map", map[string]any{"a": "b"}, `#0 {1 a: "b" }`},
		{"int-map", map[int]string{1: "x"}, `#0 map{1 1 "x" }`},
		{"any-key-map", map[any]bool{p: true}, "#0 map{1 #1 {2 x: 1 y: 2 } true }"},
		{"set", map[string]struct{}{"a": {}}, `#0 set{1 "a" }`},
		{"tags", tagged{Two: 2, Ten: 10}, "{3 2: 2 10: 10 a: [2 false false } }"},
		{"tags-all", tagged{B: "b", F: func() {}, Zero: now, M: map[string]int{"k": 1}, point: p},
			`{9 2: 0 10: 0 b: "b" f: func(f) zero: date(1735787045678) m: #0 {1 k: 1 } a: [2 false false } x: 1 y: 2 }`},
		{"url", url.URL{Scheme: "https", Host: "e.com", Path: "/p"}, "url(https://e.com/p)"},
		{"text-marshaler", level(3), `"level-3"`},
		{"text-marshaler-key", map[level]int{3: 1}, `#0 map{1 "level-3" 1 }`},
		{"pointer-text-marshaler", []pointerText{{4}}, `[1 "p4" }`},
		{"nil-text-marshaler", (*pointerText)(nil), "null"},
		{"error", errors.New("boom"), "#0 error{Error:boom:false:0 }"},
		{"wrapped-error", fmt.Errorf("outer: %w", errors.New("inner")),
			"#0 error{Error:outer: inner:false:1 cause: #1 error{Error:inner:false:0 } }"},
		{"joined-errors", errors.Join(errors.New("a"), errors.New("b")),
			"#0 error{AggregateError:a\nb:false:1 errors: #1 [2 #2 error{Error:a:false:0 } #3 error{Error:b:false:0 } } }"},
		{"error-invalid-text", errors.New("a\xff"), "#0 error{Error:a\ufffd:false:0 }"},
		{"nil-error", []error{nil}, "#0 [1 null }"},
		{"fault-error", fault.New(fault.CodeLimit, "full"), "#0 error{Error:full:false:0 }"},
		{"undefined", value.Undefined{}, "undefined"},
		{"date", &value.Date{Milliseconds: 1.5}, "#0 date(1)"},
		{"date-invalid", value.Date{Milliseconds: math.NaN()}, "date(NaN)"},
		{"regexp", &value.RegExp{Source: "a", Flags: "g"}, "#0 /a/g"},
		{"value-url", &value.URL{Href: "x:y"}, "#0 url(x:y)"},
		{"function", &value.Function{Name: "f"}, "func(f)"},
		{"boxed", []*value.Boxed{{Value: true}, {Value: big.NewInt(1)}}, "#0 [2 #1 boxed true #2 boxed 1n }"},
		{"value-array", &value.Array{Elems: []any{1, value.Hole{}}}, "#0 [2 1 hole }"},
		{"typed-arrays-share-buffers", func() any {
			b := &value.ArrayBuffer{Bytes: []byte{1, 2, 3, 4}}
			a := &value.TypedArray{Kind: value.Uint16, Buffer: b, Offset: 2, Length: 1}
			return [4]any{a, &value.DataView{Buffer: b, Length: 1}, b, a}
		}(), "[4 #0 view4(2,1) #1(01020304) #2 dataview(0,1) @1 @1 @0 }"},
		{"object", value.NewObject(value.Member{Key: "b", Value: 1}, value.Member{Key: "1", Value: nil}), "#0 {2 1: null b: 1 }"},
		{"value-map", value.NewMap(value.Entry{Key: 1, Value: "x"}), `#0 map{1 1 "x" }`},
		{"value-set", value.NewSet("x", 2), `#0 set{2 "x" 2 }`},
		{"http-header", http.Header{"X-B": {"1", "2"}, "A": {"3"}}, "#0 headers[{a 3} {x-b 1, 2}]"},
		{"nil-http-header", http.Header(nil), "null"},
		{"request", &value.Request{URL: "u", Method: "GET", Body: "b"}, `#0 request{u:GET headers[] "b" }`},
		{"response", &value.Response{Status: 200, StatusText: "OK"}, "#0 response{200:OK headers[] null }"},
		{"shared-headers", func() any {
			h, _ := value.NewHeaders(value.HeaderEntry{Name: "A", Value: "1"})
			return []any{&value.Response{Headers: h}, &value.Request{Headers: h}, h}
		}(), "#0 [3 #1 response{0: #2 headers[{a 1}] null } #3 request{: @2 null } @2 }"},
		{"value-error", func() any {
			e := &value.Error{Name: "TypeError", Message: "m", Stack: new("s")}
			e.Props.Set("code", 5)
			e.Props.Set("cause", e)
			return e
		}(), "#0 error{TypeError:m:true:2 code: 5 cause: @0 }"},
		{"array-buffer", &value.ArrayBuffer{Bytes: []byte{1}}, "#0 buffer(01)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := record(tt.v, clone.EncodeOptions{})
			if err != nil || got != tt.want {
				t.Errorf("Walk(%v) = %s, %v\nwant %s", tt.v, got, err, tt.want)
			}
		})
	}
}

func TestWalk_Cycles(t *testing.T) {
	t.Parallel()
	ring := &node{Name: "a", Next: &node{Name: "b"}}
	ring.Next.Next = ring
	loop := map[string]any{}
	loop["self"] = loop
	slice := []any{nil}
	slice[0] = slice
	l := list{nil}
	l[0] = l
	tests := []struct {
		name string
		v    any
		want string
	}{
		{"pointers", ring, `#0 {2 name: "a" next: #1 {2 name: "b" next: @0 } }`},
		{"map", loop, "#0 {1 self: @0 }"},
		{"slice", slice, "#0 [1 @0 }"},
		{"typed-slice", l, "#0 [1 @0 }"},
	}
	for _, tt := range tests {
		if got, err := record(tt.v, clone.EncodeOptions{}); err != nil || got != tt.want {
			t.Errorf("%s: Walk = %s, %v, want %s", tt.name, got, err, tt.want)
		}
	}
}
