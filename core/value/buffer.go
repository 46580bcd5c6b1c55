package value

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"math/big"
)

// arrayKinds holds names and sizes by kind: a closed list, so that no name from
// outside ever reaches anything but these.
var arrayKinds = [...]struct {
	name string
	size int
}{
	Int8: {"Int8", 1}, Uint8: {"Uint8", 1}, Uint8Clamped: {"Uint8Clamped", 1},
	Int16: {"Int16", 2}, Uint16: {"Uint16", 2}, Int32: {"Int32", 4}, Uint32: {"Uint32", 4},
	Float32: {"Float32", 4}, Float64: {"Float64", 8},
	BigInt64: {"BigInt64", 8}, BigUint64: {"BigUint64", 8},
}

// Valid reports whether k is one of the kinds.
func (k ArrayKind) Valid() bool { return int(k) < len(arrayKinds) }

// Size is the number of bytes of an element, 0 when k is not valid.
func (k ArrayKind) Size() int {
	if !k.Valid() {
		return 0
	}
	return arrayKinds[k].size
}

// String is the name of the kind's constructor, such as "Uint8Array".
func (k ArrayKind) String() string {
	if !k.Valid() {
		return fmt.Sprintf("ArrayKind(%d)", k)
	}
	return arrayKinds[k].name + "Array"
}

// ParseArrayKind returns the kind whose constructor has that name; false when there is none.
func ParseArrayKind(constructor string) (ArrayKind, bool) {
	for k := range arrayKinds {
		if n := arrayKinds[k].name; len(constructor) == len(n)+5 && constructor[:len(n)] == n && constructor[len(n):] == "Array" {
			return ArrayKind(k), true
		}
	}
	return 0, false
}

// Element is a Go type that elements of a [TypedArray] have: uint8 is both that of
// Uint8 and of Uint8Clamped.
type Element interface {
	int8 | uint8 | int16 | uint16 | int32 | uint32 | float32 | float64 | int64 | uint64
}

// NewTypedArray returns a view over a buffer of its own that holds a copy of elems. For
// uint8 its kind is Uint8.
func NewTypedArray[E Element](elems []E) *TypedArray {
	kind := kindOf[E]()
	size := kind.Size()
	t := &TypedArray{Kind: kind, Buffer: &ArrayBuffer{make([]byte, len(elems)*size)}, Length: len(elems)}
	b := t.Buffer.Bytes
	switch elems := any(elems).(type) {
	case []uint8:
		copy(b, elems)
	case []int8:
		for i, v := range elems {
			b[i] = byte(v)
		}
	case []int16:
		for i, v := range elems {
			binary.LittleEndian.PutUint16(b[2*i:], uint16(v))
		}
	case []uint16:
		for i, v := range elems {
			binary.LittleEndian.PutUint16(b[2*i:], v)
		}
	case []int32:
		for i, v := range elems {
			binary.LittleEndian.PutUint32(b[4*i:], uint32(v))
		}
	case []uint32:
		for i, v := range elems {
			binary.LittleEndian.PutUint32(b[4*i:], v)
		}
	case []float32:
		for i, v := range elems {
			binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(v))
		}
	case []float64:
		for i, v := range elems {
			binary.LittleEndian.PutUint64(b[8*i:], math.Float64bits(v))
		}
	case []int64:
		for i, v := range elems {
			binary.LittleEndian.PutUint64(b[8*i:], uint64(v))
		}
	case []uint64:
		for i, v := range elems {
			binary.LittleEndian.PutUint64(b[8*i:], v)
		}
	}
	return t
}

func kindOf[E Element]() ArrayKind {
	var zero E
	switch any(zero).(type) {
	case int8:
		return Int8
	case uint8:
		return Uint8
	case int16:
		return Int16
	case uint16:
		return Uint16
	case int32:
		return Int32
	case uint32:
		return Uint32
	case float32:
		return Float32
	case float64:
		return Float64
	case int64:
		return BigInt64
	}
	return BigUint64
}

// Elements returns a copy of the view's elements; false when they are not of type E or
// the view does not fit its buffer.
func Elements[E Element](t *TypedArray) ([]E, bool) {
	b, ok := t.Bytes()
	want := kindOf[E]()
	if !ok || t.Kind != want && !(t.Kind == Uint8Clamped && want == Uint8) {
		return nil, false
	}
	out := make([]E, t.Length)
	switch out := any(out).(type) {
	case []uint8:
		copy(out, b)
	case []int8:
		for i := range out {
			out[i] = int8(b[i])
		}
	case []int16:
		for i := range out {
			out[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
		}
	case []uint16:
		for i := range out {
			out[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
	case []int32:
		for i := range out {
			out[i] = int32(binary.LittleEndian.Uint32(b[4*i:]))
		}
	case []uint32:
		for i := range out {
			out[i] = binary.LittleEndian.Uint32(b[4*i:])
		}
	case []float32:
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
	case []float64:
		for i := range out {
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
	case []int64:
		for i := range out {
			out[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
		}
	case []uint64:
		for i := range out {
			out[i] = binary.LittleEndian.Uint64(b[8*i:])
		}
	}
	return out, true
}

// Bytes is the part of the buffer that the view shows, not a copy; false when the view
// does not fit its buffer.
func (t *TypedArray) Bytes() ([]byte, bool) {
	if t == nil || !t.Kind.Valid() {
		return nil, false
	}
	return window(t.Buffer, t.Offset, t.Length, t.Kind.Size())
}

// Bytes is the part of the buffer that the view shows, not a copy; false when the view
// does not fit its buffer.
func (d *DataView) Bytes() ([]byte, bool) {
	if d == nil {
		return nil, false
	}
	return window(d.Buffer, d.Offset, d.Length, 1)
}

func window(b *ArrayBuffer, offset, length, size int) ([]byte, bool) {
	if b == nil || offset < 0 || length < 0 || offset%size != 0 || offset > len(b.Bytes) || length > (len(b.Bytes)-offset)/size {
		return nil, false
	}
	return b.Bytes[offset:][: length*size : length*size], true
}

// At returns an element: a float64, or a *big.Int where the kind is one of bigints.
// Nil when i is out of range.
func (t *TypedArray) At(i int) any {
	b, ok := t.Bytes()
	if !ok || i < 0 || i >= t.Length {
		return nil
	}
	b = b[i*t.Kind.Size():]
	switch t.Kind {
	case BigInt64:
		return big.NewInt(int64(binary.LittleEndian.Uint64(b)))
	case BigUint64:
		return new(big.Int).SetUint64(binary.LittleEndian.Uint64(b))
	}
	return number(t.Kind, b)
}

// number reads the first element of b, whose kind is not one of bigints.
func number(k ArrayKind, b []byte) float64 {
	switch k {
	case Int8:
		return float64(int8(b[0]))
	case Int16:
		return float64(int16(binary.LittleEndian.Uint16(b)))
	case Uint16:
		return float64(binary.LittleEndian.Uint16(b))
	case Int32:
		return float64(int32(binary.LittleEndian.Uint32(b)))
	case Uint32:
		return float64(binary.LittleEndian.Uint32(b))
	case Float32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case Float64:
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return float64(b[0])
}

// Numbers yields the elements as float64, which holds all kinds exactly but those of bigints: of
// these, and of a view that does not fit its buffer, it yields nothing.
func (t *TypedArray) Numbers() iter.Seq2[int, float64] {
	return func(yield func(int, float64) bool) {
		b, ok := t.Bytes()
		if !ok || t.Kind == BigInt64 || t.Kind == BigUint64 {
			return
		}
		size := t.Kind.Size()
		for i := range t.Length {
			if !yield(i, number(t.Kind, b[i*size:])) {
				return
			}
		}
	}
}
