package ungapcodec

import (
	"slices"
	"unsafe"

	"github.com/millrace/millrace/codecs/internal/jsontok"
	"github.com/millrace/millrace/core/fault"
)

// finish appends the document to dst: all records, in the order of their numbers.
func (w *writer) finish(dst []byte) ([]byte, error) {
	w.finishViews()
	if w.err != nil {
		return dst, w.err
	}
	out := w.out
	out.SetBuffer(slices.Grow(dst, len(w.text)+8*len(w.recs)+4*len(w.lists)))
	out.WriteArrayStart()
	for i := range w.recs {
		if i > 0 {
			out.WriteMore()
		}
		w.record(&w.recs[i])
		if n := out.Buffered() - len(dst); fault.Over(n, w.maxBytes) {
			return dst, tooLarge(n, w.maxBytes)
		}
	}
	out.WriteArrayEnd()
	if n := out.Buffered() - len(dst); fault.Over(n, w.maxBytes) {
		return dst, tooLarge(n, w.maxBytes)
	}
	return out.Buffer(), nil
}

// record puts one record into words.
func (w *writer) record(r *record) {
	out := w.out
	switch r.kind {
	case recNumber:
		out.WriteRaw("[0,")
		out.SetBuffer(jsontok.AppendNumber(out.Buffer(), r.num))
	case recString:
		out.WriteRaw("[0,")
		w.quoted(r)
	case recBigInt:
		out.WriteRaw("[8,")
		w.quoted(r)
	case recFunction:
		out.WriteRaw("[0,null")
		if !w.plain {
			out.WriteMore()
			w.quoted(r)
		}
	case recRaw:
		out.SetBuffer(append(out.Buffer(), w.text[r.off:r.off+r.n]...))
		return
	case recBytes:
		out.SetBuffer(append(out.Buffer(), w.text[r.off:r.off+r.n]...))
	case recArray:
		out.WriteRaw("[1,")
		if w.list(r) && w.common[comHole] > 0 {
			out.WriteMore()
			out.WriteInt32(w.common[comHole] - 1)
		}
	case recSet:
		out.WriteRaw("[6,")
		w.list(r)
	case recObject:
		out.WriteRaw("[2,")
		w.pairs(r)
	case recMap:
		out.WriteRaw("[5,")
		w.pairs(r)
	}
	out.WriteArrayEnd()
}

// quoted writes the text of a record, which is borrowed for that long.
func (w *writer) quoted(r *record) {
	text := unsafe.String(unsafe.SliceData(w.text[r.off:]), r.n)
	w.out.SetBuffer(jsontok.AppendString(w.out.Buffer(), text))
}

// list writes parts, and reports whether a hole is among them.
func (w *writer) list(r *record) bool {
	holes, hole := false, w.common[comHole]-1
	w.out.WriteArrayStart()
	for i, part := range w.lists[r.off : r.off+r.n] {
		if i > 0 {
			w.out.WriteMore()
		}
		w.out.WriteInt32(part)
		holes = holes || part == hole
	}
	w.out.WriteArrayEnd()
	return holes
}

func (w *writer) pairs(r *record) {
	w.out.WriteArrayStart()
	for i, part := range w.lists[r.off : r.off+r.n] {
		switch {
		case i == 0:
			w.out.WriteArrayStart()
		case i%2 == 0:
			w.out.WriteRaw("],[")
		default:
			w.out.WriteMore()
		}
		w.out.WriteInt32(part)
	}
	if r.n > 0 {
		w.out.WriteArrayEnd()
	}
	w.out.WriteArrayEnd()
}
