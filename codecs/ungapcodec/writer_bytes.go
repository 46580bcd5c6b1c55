package ungapcodec

import (
	"github.com/millrace/millrace/core/clone"
)

// buffer is one that has views.
type buffer struct {
	bytes []byte
	views int
}

// view is the record of one.
type view struct {
	rec            int32
	buffer         int // label
	offset, length int
	whole          bool // it shows all of the buffer
	data           bool // a DataView
}

// ArrayBuffer writes an ArrayBuffer.
func (w *writer) ArrayBuffer(b []byte) {
	w.lead()
	off := len(w.text)
	w.bytes("ArrayBuffer", b)
	w.leaf(recBytes, off)
}

// bytes writes the record of bytes up to its end.
func (w *writer) bytes(name string, b []byte) {
	w.text = append(append(append(w.text, `["`...), name...), `",[`...)
	for i, c := range b {
		if i > 0 {
			w.text = append(w.text, ',')
		}
		w.text = appendByte(w.text, c)
	}
	w.text = append(w.text, ']')
}

// View writes a typed array by its elements and a DataView by its whole buffer, as
// the npm package does. What it loses is added at the end, when it is known who shares
// a buffer.
func (w *writer) View(v clone.View) {
	w.lead()
	off := len(w.text)
	data := v.Kind == clone.KindDataView
	e := &elements[v.Elem]
	switch {
	case data:
		w.bytes("DataView", v.Buffer)
	case e.append == nil:
		w.bytes(e.name, v.Buffer[v.Offset:v.Offset+v.Length])
	default:
		if e.big && w.plain {
			w.fail("plain records have no %s", e.name)
		}
		w.text = append(append(append(w.text, `["`...), e.name...), `",[`...)
		b := v.Buffer[v.Offset:]
		for i := range v.Length {
			if i > 0 {
				w.text = append(w.text, ',')
			}
			w.text = e.append(w, w.text, b[i*e.size:])
		}
		w.text = append(w.text, ']')
	}
	i := w.leaf(recBytes, off)
	if w.plain {
		return
	}
	b := w.bufs[v.BufferID]
	if b == nil {
		b = &buffer{bytes: v.Buffer}
		w.bufs[v.BufferID] = b
	}
	b.views++
	whole := v.Offset == 0 && v.Length == len(v.Buffer)
	w.views = append(w.views, view{i, v.BufferID, v.Offset, v.Length, whole, data})
}

// finishViews gives the views what the npm package does not write: their places in buffers
// that others show too, and a DataView its part of the buffer.
func (w *writer) finishViews() {
	for i := range w.views {
		v := &w.views[i]
		b := w.bufs[v.buffer]
		itself := v.buffer < len(w.labels) && w.labels[v.buffer] != 0
		shared := itself || b.views > 1
		if !shared && (v.whole || !v.data) {
			continue
		}
		if shared && !itself {
			// Nothing but its views refers to it.
			w.Label(v.buffer)
			off := len(w.text)
			w.bytes("ArrayBuffer", b.bytes)
			w.labelled(w.push(record{kind: recBytes, off: off, n: len(w.text) - off}))
		}
		r := &w.recs[v.rec]
		off := len(w.text)
		w.text = append(w.text, w.text[r.off:r.off+r.n]...)
		w.text = appendInt(append(w.text, ','), v.offset)
		if v.data {
			w.text = appendInt(append(w.text, ','), v.length)
		}
		if shared {
			w.text = appendInt(append(w.text, ','), int(w.labels[v.buffer]-1))
		}
		r.off, r.n = off, len(w.text)-off
	}
}
