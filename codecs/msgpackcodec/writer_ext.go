package msgpackcodec

import (
	"encoding/binary"
	"math"
	"math/big"
	"strings"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// ext writes the head of an extension of n bytes.
func (w *writer) ext(id int8, n int) {
	_ = w.enc.EncodeExtHeader(id, n) // a buffer never fails
}

// extText writes an extension that is a text.
func (w *writer) extText(id int8, s string) {
	if w.fits(len(s)) {
		w.ext(id, len(s))
		w.out = append(w.out, s...)
	}
}

// tagged begins an array of n parts behind a tag.
func (w *writer) tagged(tag byte, n int) {
	w.array(n + 1)
	w.out = append(w.out, codeFixExt1, extTag, tag)
}

// Undefined writes undefined.
func (w *writer) Undefined() { w.simple(simpleUndefined) }

// Hole writes the absence of an element.
func (w *writer) Hole() { w.simple(simpleHole) }

func (w *writer) simple(which byte) {
	w.left--
	w.out = append(w.out, codeFixExt1, extSimple, which)
}

// BigInt writes a bigint: its sign, and its magnitude without leading zeros.
func (w *writer) BigInt(v *big.Int) {
	w.left--
	n := (v.BitLen() + 7) / 8
	if !w.fits(n) {
		return
	}
	w.ext(extBigInt, 1+n)
	sign := byte(0)
	if v.Sign() < 0 {
		sign = 1
	}
	w.out = append(w.out, sign)
	if v.IsInt64() {
		var b [8]byte
		i := v.Int64()
		binary.BigEndian.PutUint64(b[:], uint64(max(i, -i))) // the least of all is its own magnitude
		w.out = append(w.out, b[8-n:]...)
		return
	}
	at := len(w.out)
	w.out = append(w.out, make([]byte, n)...)
	v.FillBytes(w.out[at:])
}

// Date writes a date; NaN if it is invalid.
func (w *writer) Date(milliseconds float64) {
	w.identity()
	w.ext(extDate, 8)
	if milliseconds != milliseconds {
		w.out = binary.BigEndian.AppendUint64(w.out, canonicalNaN)
		return
	}
	w.out = binary.BigEndian.AppendUint64(w.out, math.Float64bits(milliseconds))
}

// RegExp writes a regular expression.
func (w *writer) RegExp(source, flags string) {
	w.identity()
	w.tagged(tagRegExp, 2)
	w.text(source)
	w.text(flags)
}

// URL writes a URL, as it stands.
func (w *writer) URL(href string) {
	w.identity()
	w.extText(extURL, href)
}

// Function writes a function's name.
func (w *writer) Function(name string) {
	w.left--
	w.extText(extFunction, name)
}

// Boxed announces that the next value is boxed.
func (w *writer) Boxed() {
	w.identity()
	w.tagged(tagBoxed, 1)
	w.left++ // the primitive counts itself
}

// ArrayBuffer writes an ArrayBuffer.
func (w *writer) ArrayBuffer(b []byte) {
	w.identity()
	w.bytes(b)
}

func (w *writer) bytes(b []byte) {
	if w.fits(len(b)) {
		w.ext(extBuffer, len(b))
		w.out = append(w.out, b...)
	}
}

// View writes a typed array that is the whole of its buffer by its bytes, and any other view
// by its buffer, which may be a reference, and its place in it.
func (w *writer) View(v clone.View) {
	w.identity()
	whole := !v.Seen && v.Kind == clone.KindTypedArray && v.Offset == 0 && v.Length*v.Elem.Size() == len(v.Buffer)
	if !v.Seen {
		w.name(v.BufferID)
		w.next++
	}
	switch {
	case !whole:
		tag := byte(tagDataView)
		if v.Kind == clone.KindTypedArray {
			tag = tagTyped | numbers[v.Elem]
		}
		w.tagged(tag, 3)
		if v.Seen {
			w.ref(v.BufferID)
		} else {
			w.bytes(v.Buffer)
		}
		w.integer(int64(v.Offset))
		w.integer(int64(v.Length))
	case !w.fits(len(v.Buffer)):
	case v.Elem == value.Uint8:
		_ = w.enc.EncodeBytesLen(len(v.Buffer)) // a buffer never fails
		w.out = append(w.out, v.Buffer...)
	default:
		w.ext(extTyped, 1+len(v.Buffer))
		w.out = append(append(w.out, numbers[v.Elem]), v.Buffer...)
	}
}

// Headers writes a headers list. A value that ends with ", " was joined from some of which the last was
// empty: readers join them again, but would trim it.
func (w *writer) Headers(entries []value.HeaderEntry) {
	w.identity()
	n := len(entries)
	for _, e := range entries {
		n += emptyAtEnd(e.Value)
	}
	w.tagged(tagHeaders, 2*n)
	for _, e := range entries {
		n := emptyAtEnd(e.Value)
		w.text(e.Name)
		w.text(e.Value[:len(e.Value)-2*n])
		for range n {
			w.text(e.Name)
			w.text("")
		}
	}
}

// emptyAtEnd counts the empty values at the end of a joined one.
func emptyAtEnd(v string) int {
	n := 0
	for strings.HasSuffix(v, ", ") {
		v = v[:len(v)-2]
		n++
	}
	return n
}

// BeginMap begins a Map.
func (w *writer) BeginMap(n int) {
	w.identity()
	w.tagged(tagMap, 2*n)
	w.begin(2 * n)
}

// BeginSet begins a Set.
func (w *writer) BeginSet(n int) {
	w.identity()
	w.tagged(tagSet, n)
	w.begin(n)
}

// BeginError begins an error.
func (w *writer) BeginError(name, message string, stack *string, n int) {
	w.identity()
	if stack == nil {
		w.tagged(tagError, 2+2*n)
	} else {
		w.tagged(tagErrorStack, 3+2*n)
	}
	w.text(name)
	w.text(message)
	if stack != nil {
		w.text(*stack)
	}
	w.begin(n)
}

// BeginRequest begins a request.
func (w *writer) BeginRequest(url, method string) {
	w.identity()
	w.tagged(tagRequest, 4)
	w.text(url)
	w.text(method)
	w.begin(2)
}

// BeginResponse begins a response, whose status is what Fetch calls an unsigned short.
func (w *writer) BeginResponse(status int, statusText string) {
	w.identity()
	if status < 0 || status > math.MaxUint16 {
		w.fail("JavaScript has no response with status %d", status)
	}
	w.tagged(tagResponse, 4)
	w.integer(int64(status))
	w.text(statusText)
	w.begin(2)
}
