package clone_test

import (
	"errors"
	"math/big"
	"reflect"
	"testing"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// TestBuild_IntoTheModel builds every type of the value model by its own name, as a pointer, by
// value and as a slice of pointers.
func TestBuild_IntoTheModel(t *testing.T) {
	t.Parallel()
	headers, _ := value.NewHeaders(value.HeaderEntry{Name: "a", Value: "1"})
	for _, v := range []any{
		value.DateOf(1), &value.RegExp{Source: "a", Flags: "g"}, &value.URL{Href: "x:y"}, &value.Function{Name: "f"}, &value.Boxed{Value: "b"}, headers,
		&value.ArrayBuffer{Bytes: []byte{1}}, value.NewTypedArray([]int8{1}), &value.DataView{Buffer: &value.ArrayBuffer{Bytes: []byte{1}}, Length: 1},
		array(1.0, value.Hole{}), object("a", 1.0), value.NewMap(value.Entry{Key: "a", Value: 1.0}), value.NewSet("a"), value.NewError("E", "m"),
		&value.Request{URL: "u", Method: "GET", Headers: headers}, &value.Response{Status: 200, Headers: headers, Body: "b"},
	} {
		typ := reflect.TypeOf(v)
		t.Run(typ.Elem().Name(), func(t *testing.T) {
			t.Parallel()
			doc := parsed(t, v)
			p := reflect.New(typ)
			if err := doc.Build(doc.Root(), p.Interface(), clone.BuildOptions{}); err != nil || !value.Equal(p.Elem().Interface(), v) {
				t.Errorf("pointer: %v, %v", p.Elem(), err)
			}
			s := reflect.New(typ.Elem())
			if err := doc.Build(doc.Root(), s.Interface(), clone.BuildOptions{}); err != nil || !value.Equal(s.Interface(), v) {
				t.Errorf("by value: %v, %v", s.Elem(), err)
			}
			null := parsed(t, array(nil, v))
			list := reflect.New(reflect.SliceOf(typ))
			if err := null.Build(null.Root(), list.Interface(), clone.BuildOptions{}); err != nil || !list.Elem().Index(0).IsNil() || !value.Equal(list.Elem().Index(1).Interface(), v) {
				t.Errorf("slice: %v, %v", list.Elem(), err)
			}
			wrong := parsed(t, true)
			if err := wrong.Build(wrong.Root(), s.Interface(), clone.BuildOptions{}); err == nil {
				t.Error("a bool is built into it")
			}
			if err := wrong.Build(wrong.Root(), p.Interface(), clone.BuildOptions{}); err == nil {
				t.Error("a bool is built into a pointer to it")
			}
		})
	}
	hole := parsed(t, array(value.Hole{}, value.Undefined{}))
	var got struct {
		Hole value.Hole
		List [2]any
	}
	if err := hole.Build(hole.Root().Index(0), &got.Hole, clone.BuildOptions{}); err != nil {
		t.Errorf("hole: %v", err)
	}
}

func TestBuild_NumbersOfAllSizes(t *testing.T) {
	t.Parallel()
	for _, v := range []any{int(7), int8(7), int16(7), int32(7), int64(7), uint(7), uint8(7), uint16(7), uint32(7), uint64(7), uintptr(7), float32(7), float64(7)} {
		for _, in := range []any{7.0, big.NewInt(7)} {
			doc := parsed(t, array(in, in, value.NewTypedArray([]float64{7})))
			p := reflect.New(reflect.TypeOf(v))
			if err := doc.Build(doc.Root().Index(0), p.Interface(), clone.BuildOptions{}); err != nil || p.Elem().Interface() != v {
				t.Errorf("%T = %v, %v", v, p.Elem(), err)
			}
			s := reflect.New(reflect.SliceOf(reflect.TypeOf(v)))
			if err := doc.Build(doc.Root().Index(2), s.Interface(), clone.BuildOptions{}); err != nil || s.Elem().Len() != 1 || s.Elem().Index(0).Interface() != v {
				t.Errorf("[]%T = %v, %v", v, s.Elem(), err)
			}
		}
	}
}

func TestBuild_SlicesOfAllShapes(t *testing.T) {
	t.Parallel()
	type pair struct {
		A string
		B *int
	}
	seven := 7
	for _, want := range []any{
		[]string{"a", "b"}, []*int{&seven, nil}, []bool{true, false}, []int32{1, 2}, []float32{1, 2}, []int64{1, 2}, []uint{1, 2}, []any{"a", nil}, []error{nil, nil},
		[]map[string]int{{"a": 1}, nil}, [][]int{{1}, nil, {}}, []pair{{"a", &seven}, {}}, []int16{1, 2}, [][2]string{{"a", "b"}}, []float64{0.5}, []func(){nil},
	} {
		in := want
		if _, ok := want.([]func()); ok {
			in = []any{nil}
		}
		doc := parsed(t, in)
		p := reflect.New(reflect.TypeOf(want))
		if err := doc.Build(doc.Root(), p.Interface(), clone.BuildOptions{}); err != nil || !reflect.DeepEqual(p.Elem().Interface(), want) {
			t.Errorf("got %#v, want %#v: %v", p.Elem(), want, err)
		}
	}
}

// TestBuild_PathsInTheModel puts a value that no build accepts, one too deep, into each container.
func TestBuild_PathsInTheModel(t *testing.T) {
	t.Parallel()
	headers, _ := value.NewHeaders()
	bad := object("__isBad", true)
	refuse := clone.BuildOptions{Replace: func(clone.Node) (any, bool, error) { return nil, false, errRefused }}
	for _, v := range []any{
		array(bad), object("a", bad), object("1", bad), value.NewMap(value.Entry{Key: bad, Value: 1.0}), value.NewMap(value.Entry{Key: 1.0, Value: bad}), value.NewSet(bad),
		value.NewError("E", "").WithCause(bad), &value.Request{Headers: headers, Body: bad}, &value.Response{Headers: headers, Body: bad},
	} {
		doc := parsed(t, v)
		var got any
		if err := doc.Build(doc.Root(), &got, refuse); err != errRefused || got != nil {
			t.Errorf("%v: Build = %v, %v", v, got, err)
		}
		for _, dst := range []any{new(map[string]any), new(map[any]any), new([]any), new(map[any]struct{}), new(error)} {
			if err := doc.Build(doc.Root(), dst, refuse); err == nil {
				t.Errorf("%v: Build into a %T succeeds", v, dst)
			}
		}
	}
}

var errRefused = errors.New("refused")
