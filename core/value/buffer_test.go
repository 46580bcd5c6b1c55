package value_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/millrace/millrace/core/value"
)

func TestArrayKind_Names(t *testing.T) {
	t.Parallel()
	sizes := map[string]int{"Int8Array": 1, "Uint8Array": 1, "Uint8ClampedArray": 1, "Int16Array": 2, "Uint16Array": 2, "Int32Array": 4,
		"Uint32Array": 4, "Float32Array": 4, "Float64Array": 8, "BigInt64Array": 8, "BigUint64Array": 8}
	for name, size := range sizes {
		k, ok := value.ParseArrayKind(name)
		if !ok || k.String() != name || k.Size() != size || !k.Valid() {
			t.Errorf("%s: %v of %d bytes, %v", name, k, k.Size(), ok)
		}
	}
	for _, name := range []string{"", "Array", "Int8", "int8Array", "Function", "Float16Array", "Int8Arrays", "Int8Arrax"} {
		if k, ok := value.ParseArrayKind(name); ok {
			t.Errorf("ParseArrayKind(%q) = %v", name, k)
		}
	}
	if k := value.ArrayKind(99); k.Valid() || k.Size() != 0 || k.String() != "ArrayKind(99)" {
		t.Errorf("kind 99 is %v", k)
	}
}

func roundTrips[E value.Element](t *testing.T, kind value.ArrayKind, elems ...E) {
	t.Helper()
	view := value.NewTypedArray(elems)
	if view.Kind != kind || view.Length != len(elems) || len(view.Buffer.Bytes) != len(elems)*kind.Size() {
		t.Errorf("NewTypedArray(%v) = %+v", elems, view)
	}
	got, ok := value.Elements[E](view)
	if !ok || !slices.Equal(got, elems) {
		t.Errorf("Elements = %v, %v; want %v", got, ok, elems)
	}
	for i, e := range elems {
		var want any = float64(e)
		switch kind {
		case value.BigInt64:
			want = big.NewInt(int64(e))
		case value.BigUint64:
			want = new(big.Int).SetUint64(uint64(e))
		}
		if !value.Equal(view.At(i), want) {
			t.Errorf("At(%d) = %v, want %v", i, view.At(i), want)
		}
	}
	n := 0
	for i, f := range view.Numbers() {
		if f != float64(elems[i]) {
			t.Errorf("Numbers yields %v at %d, want %v", f, i, elems[i])
		}
		n++
	}
	if kind != value.BigInt64 && kind != value.BigUint64 && n != len(elems) {
		t.Errorf("Numbers yields %d elements", n)
	}
}

func TestTypedArray_RoundTrips(t *testing.T) {
	t.Parallel()
	roundTrips[int8](t, value.Int8, -128, 0, 127)
	roundTrips[uint8](t, value.Uint8, 0, 255)
	roundTrips[int16](t, value.Int16, -32768, 1)
	roundTrips[uint16](t, value.Uint16, 65535, 1)
	roundTrips[int32](t, value.Int32, math.MinInt32, 1)
	roundTrips[uint32](t, value.Uint32, math.MaxUint32, 1)
	roundTrips[float32](t, value.Float32, 0.5, -1)
	roundTrips(t, value.Float64, 0.1, -1)
	roundTrips[int64](t, value.BigInt64, math.MinInt64, 1)
	roundTrips[uint64](t, value.BigUint64, math.MaxUint64, 1)
	roundTrips[int32](t, value.Int32)
}

func TestTypedArray_LittleEndian(t *testing.T) {
	t.Parallel()
	if got := value.NewTypedArray([]uint32{0x01020304}).Buffer.Bytes; !slices.Equal(got, []byte{4, 3, 2, 1}) {
		t.Errorf("bytes = %v", got)
	}
}

func TestViews_DoNotLeaveTheirBuffer(t *testing.T) {
	t.Parallel()
	buf := &value.ArrayBuffer{Bytes: []byte{1, 2, 3, 4, 5, 6, 7, 8}}
	clamped := &value.TypedArray{Kind: value.Uint8Clamped, Buffer: buf, Offset: 2, Length: 3}
	if got, ok := value.Elements[uint8](clamped); !ok || !slices.Equal(got, []byte{3, 4, 5}) {
		t.Errorf("Elements = %v, %v", got, ok)
	}
	if b, ok := clamped.Bytes(); !ok || cap(b) != 3 {
		t.Errorf("Bytes has capacity %d, %v", cap(b), ok)
	}
	var none *value.TypedArray
	for _, view := range []*value.TypedArray{
		none, {Kind: value.Int8}, {Kind: 99, Buffer: buf}, {Kind: value.Int16, Buffer: buf, Offset: 1, Length: 1},
		{Kind: value.Int16, Buffer: buf, Length: 5}, {Kind: value.Int8, Buffer: buf, Offset: -1}, {Kind: value.Int8, Buffer: buf, Length: -1},
		{Kind: value.Int8, Buffer: buf, Offset: 9}, {Kind: value.Float64, Buffer: buf, Length: math.MaxInt}, {Kind: value.Float64, Buffer: buf, Offset: 8, Length: 1},
	} {
		if b, ok := view.Bytes(); ok {
			t.Errorf("%+v shows %v", view, b)
		}
		if e, ok := value.Elements[int8](view); ok || view.At(0) != nil {
			t.Errorf("%+v has %v", view, e)
		}
		for range view.Numbers() {
			t.Errorf("%+v yields", view)
		}
	}
	if _, ok := value.Elements[int8](clamped); ok {
		t.Error("elements of another type")
	}
	if clamped.At(3) != nil || clamped.At(-1) != nil {
		t.Error("an element out of range")
	}
	for range clamped.Numbers() {
		break
	}
	var noView *value.DataView
	if _, ok := noView.Bytes(); ok {
		t.Error("a nil view shows bytes")
	}
	if b, ok := (&value.DataView{Buffer: buf, Offset: 6, Length: 2}).Bytes(); !ok || !slices.Equal(b, []byte{7, 8}) {
		t.Errorf("Bytes = %v, %v", b, ok)
	}
	if _, ok := (&value.DataView{Buffer: buf, Offset: 6, Length: 3}).Bytes(); ok {
		t.Error("a view beyond its buffer shows bytes")
	}
}

func TestURL_Parse(t *testing.T) {
	t.Parallel()
	u, err := (&value.URL{Href: "https://e.com/p?q=1#h"}).Parse()
	if err != nil || u.Host != "e.com" || u.RawQuery != "q=1" {
		t.Errorf("Parse = %v, %v", u, err)
	}
	for _, href := range []string{"", "/p", "e.com", "http://[::1", "%"} {
		if u, err := (&value.URL{Href: href}).Parse(); err == nil {
			t.Errorf("Parse(%q) = %v", href, u)
		}
	}
	var none *value.URL
	if none.String() != "" || (&value.URL{Href: "x:y"}).String() != "x:y" {
		t.Error("String is not the text")
	}
}
