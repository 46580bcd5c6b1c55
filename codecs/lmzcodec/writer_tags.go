package lmzcodec

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/millrace/millrace/codecs/internal/jsontok"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// tagOpen begins a tagged value: {"$type":"name"
func (w *writer) tagOpen(name string) {
	w.lead()
	w.special++
	w.out.WriteRaw(`{"$type":"`)
	w.out.WriteRaw(name)
	w.out.WriteRaw(`"`)
}

// tag begins a tagged value of one part, a string of which the text follows.
func (w *writer) tag(name, part string) {
	w.tagOpen(name)
	w.out.WriteRaw(`,"`)
	w.out.WriteRaw(part)
	w.out.WriteRaw(`":"`)
}

// Boxed announces that the next value is boxed.
func (w *writer) Boxed() { w.boxed = true }

// box begins the tag of a boxed value.
func (w *writer) box(name string) {
	w.boxed = false
	w.tagOpen(name)
	w.out.WriteRaw(`,"value":`)
	w.frames[len(w.frames)-1].boxing = true
}

// unbox ends a primitive, and its box if it has one.
func (w *writer) unbox() {
	if f := &w.frames[len(w.frames)-1]; f.boxing {
		f.boxing = false
		w.out.WriteObjectEnd()
		w.trail()
		return
	}
	w.after()
}

// Undefined writes undefined.
func (w *writer) Undefined() {
	w.tagOpen("undefined")
	w.out.WriteObjectEnd()
	w.after()
}

// Hole writes the absence of an element: undefined to the npm package.
func (w *writer) Hole() {
	w.tagOpen("undefined")
	w.out.WriteRaw(`,"hole":true}`)
	w.after()
}

// Date writes a date; an invalid one as "", of which JavaScript makes one again.
func (w *writer) Date(milliseconds float64) {
	w.tag("date", "iso")
	if d := (value.Date{Milliseconds: milliseconds}); d.Valid() {
		w.out.SetBuffer(d.AppendISO(w.out.Buffer()))
	}
	w.out.WriteRaw(`"}`)
	w.trail()
}

// RegExp writes a regular expression.
func (w *writer) RegExp(source, flags string) {
	w.tagOpen("regexp")
	w.part("source", source)
	w.part("flags", flags)
	w.out.WriteObjectEnd()
	w.trail()
}

// URL writes a URL, which must be absolute, for readers construct one from it.
func (w *writer) URL(href string) {
	if !absolute(href) {
		w.fail("URL %.80q is not absolute", href)
	}
	w.tagOpen("url")
	w.part("href", href)
	w.out.WriteObjectEnd()
	w.trail()
}

// absolute reports whether a URL begins with a scheme.
func absolute(href string) bool {
	for i := range len(href) {
		c := href[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
		case i > 0 && c == ':':
			return true
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return false
}

// Function writes a function's name; one without is "anonymous".
func (w *writer) Function(name string) {
	if name == "" {
		name = "anonymous"
	}
	w.tagOpen("function")
	w.part("name", name)
	w.out.WriteObjectEnd()
	w.after()
}

// Headers writes a header list.
func (w *writer) Headers(entries []value.HeaderEntry) {
	w.tagOpen("headers")
	w.out.WriteRaw(`,"entries":[`)
	for i, e := range entries {
		if i > 0 {
			w.out.WriteMore()
		}
		w.out.WriteArrayStart()
		w.text(e.Name)
		w.out.WriteMore()
		w.text(e.Value)
		w.out.WriteArrayEnd()
	}
	w.out.WriteRaw("]}")
	w.trail()
}

// ArrayBuffer writes an ArrayBuffer.
func (w *writer) ArrayBuffer(b []byte) {
	w.bytes("ArrayBuffer", b)
	w.out.WriteObjectEnd()
	w.trail()
}

// bytes writes the tag of bytes up to their end.
func (w *writer) bytes(subtype string, b []byte) {
	w.tag("arraybuffer", "subtype")
	w.out.WriteRaw(subtype)
	w.out.WriteRaw(`","data":[`)
	for i, c := range b {
		if i > 0 {
			w.out.WriteMore()
		}
		w.out.WriteUint8(c)
	}
	w.out.WriteArrayEnd()
}

// View writes a typed array by its elements and a DataView by its whole buffer:
// the format has no buffers that views share.
func (w *writer) View(v clone.View) {
	if !v.Seen {
		if w.views == nil {
			w.views = map[int][]byte{}
		}
		w.views[v.BufferID] = v.Buffer
	}
	if v.Kind == clone.KindDataView {
		w.bytes("DataView", v.Buffer)
		w.out.WriteRaw(`,"byteOffset":`)
		w.out.WriteInt(v.Offset)
		w.out.WriteRaw(`,"byteLength":`)
		w.out.WriteInt(v.Length)
		w.out.WriteObjectEnd()
		w.trail()
		return
	}
	e := &elements[v.Elem]
	if e.append == nil {
		w.bytes(e.name, v.Buffer[v.Offset:v.Offset+v.Length])
	} else {
		w.tag("arraybuffer", "subtype")
		w.out.WriteRaw(e.name)
		w.out.WriteRaw(`","data":[`)
		b := v.Buffer[v.Offset:]
		for i := range v.Length {
			if i > 0 {
				w.out.WriteMore()
			}
			w.out.SetBuffer(e.append(w.out.Buffer(), b[i*e.size:]))
		}
		w.out.WriteArrayEnd()
	}
	w.out.WriteObjectEnd()
	w.trail()
}

// element is what the format needs to know of a typed array's kind.
type element struct {
	kind     value.ArrayKind
	name     string // of the constructor in JavaScript
	size     int
	min, max float64                       // of integers
	append   func(dst, from []byte) []byte // nil: bytes as they are
}

// elements is by kind, and closed: no other constructor exists for this codec.
var elements = [...]element{
	value.Int8:         {value.Int8, "Int8Array", 1, -1 << 7, 1<<7 - 1, func(d, b []byte) []byte { return strconv.AppendInt(d, int64(int8(b[0])), 10) }},
	value.Uint8:        {value.Uint8, "Uint8Array", 1, 0, 1<<8 - 1, nil},
	value.Uint8Clamped: {value.Uint8Clamped, "Uint8ClampedArray", 1, 0, 1<<8 - 1, nil},
	value.Int16: {value.Int16, "Int16Array", 2, -1 << 15, 1<<15 - 1, func(d, b []byte) []byte {
		return strconv.AppendInt(d, int64(int16(binary.LittleEndian.Uint16(b))), 10)
	}},
	value.Uint16: {value.Uint16, "Uint16Array", 2, 0, 1<<16 - 1, func(d, b []byte) []byte {
		return strconv.AppendUint(d, uint64(binary.LittleEndian.Uint16(b)), 10)
	}},
	value.Int32: {value.Int32, "Int32Array", 4, -1 << 31, 1<<31 - 1, func(d, b []byte) []byte {
		return strconv.AppendInt(d, int64(int32(binary.LittleEndian.Uint32(b))), 10)
	}},
	value.Uint32: {value.Uint32, "Uint32Array", 4, 0, 1<<32 - 1, func(d, b []byte) []byte {
		return strconv.AppendUint(d, uint64(binary.LittleEndian.Uint32(b)), 10)
	}},
	value.Float32: {value.Float32, "Float32Array", 4, 0, 0, func(d, b []byte) []byte {
		return appendFloat(d, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
	}},
	value.Float64: {value.Float64, "Float64Array", 8, 0, 0, func(d, b []byte) []byte {
		return appendFloat(d, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}},
	value.BigInt64: {value.BigInt64, "BigInt64Array", 8, 0, 0, func(d, b []byte) []byte {
		return append(strconv.AppendInt(append(d, '"'), int64(binary.LittleEndian.Uint64(b)), 10), '"')
	}},
	value.BigUint64: {value.BigUint64, "BigUint64Array", 8, 0, 0, func(d, b []byte) []byte {
		return append(strconv.AppendUint(append(d, '"'), binary.LittleEndian.Uint64(b), 10), '"')
	}},
}

// appendFloat writes what JSON lacks as a string, which the constructors convert.
func appendFloat(d []byte, f float64) []byte {
	if name := specialNumber(f); name != "" {
		return append(append(append(d, '"'), name...), '"')
	}
	return jsontok.AppendNumber(d, f)
}
