package clone_test

import (
	"math"
	"math/big"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// parsed is the document that a codec would make of v.
func parsed(t testing.TB, v any) *clone.Document {
	t.Helper()
	b := clone.NewBuilder(fault.Limits{})
	if err := clone.Walk(v, b, clone.EncodeOptions{}); err != nil {
		t.Fatalf("Walk(%v) = %v", v, err)
	}
	doc, err := b.Finish()
	if err != nil {
		t.Fatalf("Finish after %v = %v", v, err)
	}
	return doc
}

func object(kv ...any) *value.Object {
	o := value.NewObject()
	for i := 0; i < len(kv); i += 2 {
		o.Set(kv[i].(string), kv[i+1])
	}
	return o
}

func array(elems ...any) *value.Array { return &value.Array{Elems: elems} }

type inner struct {
	Deep int `json:"deep"`
}

type Base struct{ ID string }

type account struct {
	Base
	*inner
	Name  string `millrace:"name"`
	Count int16  `json:"count"`
	Ratio float32
	Tags  []string
	Extra map[string]any
	Sub   *inner
	When  time.Time
	skip  int
	Not   int `json:"-"`
	Lazy  clone.Node
	Fn    func()
}

func TestBuild_FitsTypes(t *testing.T) {
	t.Parallel()
	huge, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	when := time.Date(2025, 1, 2, 3, 4, 5, 678e6, time.UTC)
	headers, _ := value.NewHeaders(value.HeaderEntry{Name: "A", Value: "1"}, value.HeaderEntry{Name: "set-cookie", Value: "x"}, value.HeaderEntry{Name: "Set-Cookie", Value: "y"})
	link, _ := url.Parse("https://e.com/p?q=1")
	type named string
	type dict map[named]int
	tests := []struct {
		name string
		in   any
		want any // its type is the destination's
	}{
		{"int", 7.0, 7},
		{"negative int8", -128.0, int8(-128)},
		{"int64 from bigint", big.NewInt(math.MaxInt64), int64(math.MaxInt64)},
		{"uint8", 255.0, uint8(255)},
		{"uint64 from bigint", new(big.Int).SetUint64(math.MaxUint64), uint64(math.MaxUint64)},
		{"float64", 0.1, 0.1},
		{"float64 from bigint", big.NewInt(1 << 60), float64(1 << 60)},
		{"float32", 0.1, float32(0.1)},
		{"float32 from bigint", big.NewInt(4), float32(4)},
		{"bool", true, true},
		{"string", "x", "x"},
		{"named string", "x", named("x")},
		{"bigint", huge, huge},
		{"bigint from number", 1e20, func() *big.Int { b, _ := new(big.Int).SetString("100000000000000000000", 10); return b }()},
		{"bigint by value", big.NewInt(5), *big.NewInt(5)},
		{"time", value.NewDate(when), when},
		{"time pointer", value.NewDate(when), &when},
		{"url", &value.URL{Href: "https://e.com/p?q=1"}, link},
		{"http header", headers, http.Header{"A": {"1"}, "Set-Cookie": {"x", "y"}}},
		{"text unmarshaler", "10.0.0.1", netip.MustParseAddr("10.0.0.1")},
		{"text unmarshaler as key", object("10.0.0.1", 1.0), map[netip.Addr]int{netip.MustParseAddr("10.0.0.1"): 1}},
		{"slice", array(1.0, 2.0), []int{1, 2}},
		{"slice of nothing", array(), []int{}},
		{"slice from set", value.NewSet("a", "b"), []string{"a", "b"}},
		{"array", array(1.0, 2.0), [2]int{1, 2}},
		{"array of holes", array(value.Hole{}, "x"), [2]any{value.Hole{}, "x"}},
		{"bytes", value.NewTypedArray([]byte{1, 2}), []byte{1, 2}},
		{"bytes from a buffer", &value.ArrayBuffer{Bytes: []byte{1, 2}}, []byte{1, 2}},
		{"bytes from a data view", &value.DataView{Buffer: &value.ArrayBuffer{Bytes: []byte{1, 2, 3}}, Offset: 1, Length: 2}, []byte{2, 3}},
		{"bytes from numbers", array(1.0, 255.0), []byte{1, 255}},
		{"byte array", value.NewTypedArray([]byte{1, 2}), [2]byte{1, 2}},
		{"byte array from a buffer", &value.ArrayBuffer{Bytes: []byte{1, 2}}, [2]byte{1, 2}},
		{"floats", value.NewTypedArray([]float32{1.5, 2}), []float64{1.5, 2}},
		{"ints", value.NewTypedArray([]int16{-1, 2}), []int{-1, 2}},
		{"bigints", value.NewTypedArray([]int64{-1, math.MaxInt64}), []int64{-1, math.MaxInt64}},
		{"unsigned bigints", value.NewTypedArray([]uint64{math.MaxUint64}), []uint64{math.MaxUint64}},
		{"map", object("a", 1.0, "b", 2.0), map[string]int{"a": 1, "b": 2}},
		{"map of any", object("a", 1.0, "b", "x"), map[string]any{"a": 1.0, "b": "x"}},
		{"map of any keys", object("a", 1.0), map[any]any{"a": 1.0}},
		{"named map", object("a", 1.0), dict{"a": 1}},
		{"map with int keys", object("1", "x", "-2", "y"), map[int]string{1: "x", -2: "y"}},
		{"map with uint keys", object("1", "x"), map[uint8]string{1: "x"}},
		{"map from map", value.NewMap(value.Entry{Key: 1.0, Value: "x"}), map[int]string{1: "x"}},
		{"map from map, any keys", value.NewMap(value.Entry{Key: 1.0, Value: "x"}, value.Entry{Key: "k", Value: nil}), map[any]any{1.0: "x", "k": nil}},
		{"set", value.NewSet("a", "b"), map[string]struct{}{"a": {}, "b": {}}},
		{"nil pointer", nil, (*int)(nil)},
		{"nil slice", value.Undefined{}, []int(nil)},
		{"nil map", nil, map[string]int(nil)},
		{"nil func", nil, (func())(nil)},
		{"nil header", nil, http.Header(nil)},
		{"nil date", nil, (*value.Date)(nil)},
		{"pointer", 7.0, new(7)},
		{"pointer to pointer", 7.0, new(new(7))},
		{"date itself", value.DateOf(5), value.DateOf(5)},
		{"date by value", value.DateOf(5), *value.DateOf(5)},
		{"undefined", value.Undefined{}, value.Undefined{}},
		{"struct", object("ID", "i", "name", "n", "count", 2.0, "Ratio", 0.5, "Tags", array("t"), "Extra", object("x", nil),
			"Sub", object("deep", 4.0), "When", value.NewDate(when), "skip", 1.0, "Not", 1.0, "-", 1.0, "unknown", true),
			account{Base: Base{"i"}, Name: "n", Count: 2, Ratio: 0.5, Tags: []string{"t"}, Extra: map[string]any{"x": nil}, Sub: &inner{4}, When: when}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := parsed(t, tt.in)
			dst := reflect.New(reflect.TypeOf(tt.want))
			if err := doc.Build(doc.Root(), dst.Interface(), clone.BuildOptions{}); err != nil {
				t.Fatalf("Build = %v", err)
			}
			if got := dst.Elem().Interface(); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Build = %#v, want %#v", got, tt.want)
			}
		})
	}
}
