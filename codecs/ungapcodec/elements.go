package ungapcodec

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/millrace/millrace/codecs/internal/jsontok"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// element is what the format needs to know of a typed array's kind.
type element struct {
	kind     value.ArrayKind
	name     string // of the constructor in JavaScript
	size     int
	min, max float64                                  // of integers
	append   func(w *writer, dst, from []byte) []byte // nil: bytes as they are
	big      bool
}

// elements is by kind, and closed: no other constructor exists for this codec.
var elements = [...]element{
	value.Int8: {kind: value.Int8, name: "Int8Array", size: 1, min: -1 << 7, max: 1<<7 - 1, append: func(_ *writer, d, b []byte) []byte {
		return strconv.AppendInt(d, int64(int8(b[0])), 10)
	}},
	value.Uint8:        {kind: value.Uint8, name: "Uint8Array", size: 1, max: 1<<8 - 1},
	value.Uint8Clamped: {kind: value.Uint8Clamped, name: "Uint8ClampedArray", size: 1, max: 1<<8 - 1},
	value.Int16: {kind: value.Int16, name: "Int16Array", size: 2, min: -1 << 15, max: 1<<15 - 1, append: func(_ *writer, d, b []byte) []byte {
		return strconv.AppendInt(d, int64(int16(binary.LittleEndian.Uint16(b))), 10)
	}},
	value.Uint16: {kind: value.Uint16, name: "Uint16Array", size: 2, max: 1<<16 - 1, append: func(_ *writer, d, b []byte) []byte {
		return strconv.AppendUint(d, uint64(binary.LittleEndian.Uint16(b)), 10)
	}},
	value.Int32: {kind: value.Int32, name: "Int32Array", size: 4, min: -1 << 31, max: 1<<31 - 1, append: func(_ *writer, d, b []byte) []byte {
		return strconv.AppendInt(d, int64(int32(binary.LittleEndian.Uint32(b))), 10)
	}},
	value.Uint32: {kind: value.Uint32, name: "Uint32Array", size: 4, max: 1<<32 - 1, append: func(_ *writer, d, b []byte) []byte {
		return strconv.AppendUint(d, uint64(binary.LittleEndian.Uint32(b)), 10)
	}},
	value.Float32: {kind: value.Float32, name: "Float32Array", size: 4, append: func(w *writer, d, b []byte) []byte {
		return w.appendFloat(d, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
	}},
	value.Float64: {kind: value.Float64, name: "Float64Array", size: 8, append: func(w *writer, d, b []byte) []byte {
		return w.appendFloat(d, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}},
	value.BigInt64: {kind: value.BigInt64, name: "BigInt64Array", size: 8, big: true, append: func(_ *writer, d, b []byte) []byte {
		return append(strconv.AppendInt(append(d, '"'), int64(binary.LittleEndian.Uint64(b)), 10), '"')
	}},
	value.BigUint64: {kind: value.BigUint64, name: "BigUint64Array", size: 8, big: true, append: func(_ *writer, d, b []byte) []byte {
		return append(strconv.AppendUint(append(d, '"'), binary.LittleEndian.Uint64(b), 10), '"')
	}},
}

// subtype is the closed list of what bytes can be.
func subtype(name []byte) (clone.Kind, *element) {
	switch string(name) {
	case "ArrayBuffer":
		return clone.KindArrayBuffer, &elements[value.Uint8]
	case "DataView":
		return clone.KindDataView, &elements[value.Uint8]
	}
	for i := range elements {
		if elements[i].name == string(name) {
			return clone.KindTypedArray, &elements[i]
		}
	}
	return clone.KindNone, nil
}

// appendFloat writes a number of a typed array or a box. What JSON lacks is a string, which the
// constructors convert; of -0 JSON.parse makes -0. Plain, they are null and 0.
func (w *writer) appendFloat(d []byte, f float64) []byte {
	switch name := special(f); {
	case name != "" && w.plain:
		return append(d, "null"...)
	case name != "":
		return append(append(append(d, '"'), name...), '"')
	case f == 0 && math.Signbit(f) && !w.plain:
		return append(d, "-0"...)
	}
	return jsontok.AppendNumber(d, f)
}

func appendByte(d []byte, c byte) []byte { return strconv.AppendUint(d, uint64(c), 10) }

func appendInt(d []byte, i int) []byte { return strconv.AppendInt(d, int64(i), 10) }

func appendString(d []byte, s string) []byte { return jsontok.AppendString(d, s) }
