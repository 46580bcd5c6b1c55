package clone

import (
	"reflect"
	"unsafe"
)

var nodeWord = typeWord(reflect.TypeFor[Node]())

// encodeNode writes a received value as it was received. Its labels are
// numbered anew; within one walk a place of a document keeps its number.
func encodeNode(w *walker, p unsafe.Pointer) bool {
	n := *(*Node)(p)
	if w.err = n.emit(w.w, w.depth, w.maxDepth, w.labelNode); w.err != nil {
		return false
	}
	// A node may be a whole message's worth, and be there many times over: the writer is asked after each
	// whether it had enough.
	w.nodes++
	return w.countSlow()
}

func (w *walker) labelNode(d *Document, at uint32) (id int, seen bool) {
	id, seen = w.ids.lookup(unsafe.Pointer(d), nodeWord, int(at), w.next)
	if !seen {
		w.next++
	}
	return id, seen
}
