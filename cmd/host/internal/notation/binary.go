package notation

import (
	"fmt"
	"math"
	"strconv"

	"github.com/millrace/millrace/core/value"
)

// convertBinary makes a buffer or a view of one; ok is false when the tag is none of theirs.
func convertBinary(tag string, c any) (v any, ok bool, err error) {
	kind, isView := value.ParseArrayKind(tag[1:])
	if !isView && tag != bufferTag && tag != dataViewTag {
		return nil, false, nil
	}
	list, isList := c.(*value.Array)
	if !isList {
		return nil, true, fmt.Errorf("%s is followed by an array of its elements", tag)
	}
	if isView {
		v, err = typedArray(kind, list.Elems)
	} else {
		v, err = buffer(tag, list.Elems)
	}
	return v, true, err
}

func buffer(tag string, elems []any) (any, error) {
	b, err := integers[uint8](tag, elems)
	if err != nil {
		return nil, err
	}
	if tag == dataViewTag {
		return &value.DataView{Buffer: &value.ArrayBuffer{Bytes: b}, Length: len(b)}, nil
	}
	return &value.ArrayBuffer{Bytes: b}, nil
}

func typedArray(kind value.ArrayKind, elems []any) (*value.TypedArray, error) {
	name := "$" + kind.String()
	switch kind {
	case value.Int8:
		return view(integers[int8](name, elems))
	case value.Uint8, value.Uint8Clamped:
		t, err := view(integers[uint8](name, elems))
		if err == nil {
			t.Kind = kind
		}
		return t, err
	case value.Int16:
		return view(integers[int16](name, elems))
	case value.Uint16:
		return view(integers[uint16](name, elems))
	case value.Int32:
		return view(integers[int32](name, elems))
	case value.Uint32:
		return view(integers[uint32](name, elems))
	case value.Float32:
		return view(floats[float32](name, elems))
	case value.Float64:
		return view(floats[float64](name, elems))
	case value.BigInt64:
		return view(digits(name, elems, func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }))
	default:
		return view(digits(name, elems, func(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) }))
	}
}

func view[E value.Element](elems []E, err error) (*value.TypedArray, error) {
	if err != nil {
		return nil, err
	}
	return value.NewTypedArray(elems), nil
}

func integers[E int8 | uint8 | int16 | uint16 | int32 | uint32](tag string, elems []any) ([]E, error) {
	out := make([]E, len(elems))
	for i, e := range elems {
		n, ok := e.(float64)
		if !ok || n != math.Trunc(n) || n < -1<<31 || n > 1<<32-1 || float64(E(int64(n))) != n {
			return nil, fmt.Errorf("element %d of %s does not fit", i, tag)
		}
		out[i] = E(int64(n))
	}
	return out, nil
}

func floats[E float32 | float64](tag string, elems []any) ([]E, error) {
	out := make([]E, len(elems))
	for i, e := range elems {
		n, ok := e.(float64)
		if !ok {
			return nil, fmt.Errorf("element %d of %s is no number", i, tag)
		}
		out[i] = E(n)
	}
	return out, nil
}

func digits[E int64 | uint64](tag string, elems []any, parse func(string) (E, error)) ([]E, error) {
	out := make([]E, len(elems))
	for i, e := range elems {
		text, _ := e.(string)
		n, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("element %d of %s is no integer in quotes that fits", i, tag)
		}
		out[i] = n
	}
	return out, nil
}
