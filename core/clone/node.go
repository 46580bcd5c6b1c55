package clone

import (
	"iter"
	"math"
	"math/big"

	"github.com/millrace/millrace/core/fault"
)

// Node is one value of a document, references resolved. The zero Node has
// KindNone, and so has every node of a released document; every method is safe on it.
type Node struct {
	doc *Document
	at  uint32
	gen uint32
}

// entry returns the node's entry, nil for the zero Node.
func (n Node) entry() *entry {
	if n.doc == nil || n.gen != n.doc.gen || int(n.at) >= len(n.doc.tape) {
		return nil
	}
	return &n.doc.tape[n.at]
}

// Document is the document that the node belongs to; nil for the zero Node.
func (n Node) Document() *Document {
	if n.entry() == nil {
		return nil
	}
	return n.doc
}

// IsZero reports whether the node is the zero Node or one of a released document.
func (n Node) IsZero() bool { return n.entry() == nil }

// Kind is the kind of the value.
func (n Node) Kind() Kind {
	if e := n.entry(); e != nil {
		return e.kind
	}
	return KindNone
}

// Len is the number of elements of an array or set, of members of an object or
// error, of entries of a map, of bytes of a string; 0 for anything else.
func (n Node) Len() int {
	e := n.entry()
	if e == nil {
		return 0
	}
	if e.kind == KindString {
		return int(uint32(e.bits))
	}
	return e.size()
}

// Key is the member of an object or error; the zero Node when it is absent.
func (n Node) Key(name string) Node {
	e := n.entry()
	if e == nil || e.kind != KindObject && e.kind != KindError {
		return Node{}
	}
	tape := n.doc.tape
	for i := n.at + 1; i < e.end; i = tape[i+1].end {
		if k := &tape[i]; int(uint32(k.bits)) == len(name) && string(n.doc.raw(k)) == name {
			return n.doc.node(i + 1)
		}
	}
	return Node{}
}

// Index is the element of an array; the zero Node when i is out of range. Its cost
// grows with i: use [Node.Elems] to read all.
func (n Node) Index(i int) Node {
	e := n.entry()
	if e == nil || e.kind != KindArray || i < 0 || i >= e.size() {
		return Node{}
	}
	at := n.at + 1
	for range i {
		at = n.doc.tape[at].end
	}
	return n.doc.node(at)
}

// Elems yields the elements of an array or set.
func (n Node) Elems() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		e := n.entry()
		if e == nil || e.kind != KindArray && e.kind != KindSet {
			return
		}
		for i := n.at + 1; i < e.end; i = n.doc.tape[i].end {
			if !yield(n.doc.node(i)) || n.IsZero() { // released meanwhile
				return
			}
		}
	}
}

// Members yields the members of an object or error as they were received, an
// error's own properties only. The keys are copies.
func (n Node) Members() iter.Seq2[string, Node] {
	return func(yield func(string, Node) bool) {
		e := n.entry()
		if e == nil || e.kind != KindObject && e.kind != KindError {
			return
		}
		for i := n.at + 1; i < e.end; i = n.doc.tape[i+1].end {
			if !yield(string(n.doc.raw(&n.doc.tape[i])), n.doc.node(i+1)) || n.IsZero() {
				return
			}
		}
	}
}

// Entries yields the entries of a map as they were received.
func (n Node) Entries() iter.Seq2[Node, Node] {
	return func(yield func(Node, Node) bool) {
		e := n.entry()
		if e == nil || e.kind != KindMap {
			return
		}
		tape := n.doc.tape
		for i := n.at + 1; i < e.end; {
			v := tape[i].end
			if !yield(n.doc.node(i), n.doc.node(v)) || n.IsZero() {
				return
			}
			i = tape[v].end
		}
	}
}

// Text is a copy of a string's text.
func (n Node) Text() (string, bool) {
	b, ok := n.TextBytes()
	return string(b), ok
}

// TextBytes is a string's text as it lies in the document: not to be changed, and not to be
// used after Release.
func (n Node) TextBytes() ([]byte, bool) {
	if e := n.entry(); e != nil && e.kind == KindString {
		return n.doc.raw(e), true
	}
	return nil, false
}

// Is reports whether the node is the string s, without a copy.
func (n Node) Is(s string) bool {
	b, ok := n.TextBytes()
	return ok && string(b) == s
}

// Number is the value of a number.
func (n Node) Number() (float64, bool) {
	if e := n.entry(); e != nil && e.kind == KindNumber {
		return math.Float64frombits(e.bits), true
	}
	return 0, false
}

// Int is the value of a number that is an integer and fits.
func (n Node) Int() (int, bool) {
	f, ok := n.Number()
	if i := int(f); ok && f >= -maxSafe && f <= maxSafe && float64(i) == f {
		return i, true
	}
	return 0, false
}

// Bool is the value of a bool.
func (n Node) Bool() (v, ok bool) {
	if e := n.entry(); e != nil && e.kind == KindBool {
		return e.bits != 0, true
	}
	return false, false
}

// BigInt is a copy of a bigint, nil when the node is none.
func (n Node) BigInt() *big.Int {
	if e := n.entry(); e != nil && e.kind == KindBigInt {
		return n.doc.bigInt(e)
	}
	return nil
}

// Marked reports whether the node is an object with a key that begins with "__is".
func (n Node) Marked() bool {
	e := n.entry()
	return e != nil && e.flags&flagMarked != 0
}

// Same reports whether both nodes are the same value of the same document.
func (n Node) Same(m Node) bool { return n == m && n.entry() != nil }

// maxSafe is JavaScript's Number.MAX_SAFE_INTEGER.
const maxSafe = 1<<53 - 1

// hasIdentity reports whether values of the kind can bear a label.
func hasIdentity(k Kind) bool { return k >= KindDate && k <= KindResponse && k != KindFunction }

// emit tells w the node, which is depth containers below the root of what is
// written, of at most limit. label gives each value with an identity its number, and
// says whether that was given before: then a Ref is all that is written.
func (n Node) emit(w Events, depth, limit int, label func(doc *Document, at uint32) (id int, seen bool)) error {
	if n.entry() == nil {
		return fault.New(fault.CodeUnencodable, "a node of no document, or of a released one")
	}
	m := &emitter{doc: n.doc, w: w, label: label, depth: depth, limit: limit}
	m.emit(n.at)
	if m.err != nil {
		return m.err
	}
	return w.Err()
}

type emitter struct {
	doc          *Document
	w            Events
	label        func(doc *Document, at uint32) (id int, seen bool)
	depth, limit int
	err          error
}

// emit returns the place after the value at i.
func (m *emitter) emit(i uint32) uint32 {
	d, w := m.doc, m.w
	next := d.tape[i].end
	if d.tape[i].kind == kindRef {
		i = uint32(d.tape[i].bits)
	}
	e := &d.tape[i]
	if hasIdentity(e.kind) {
		id, seen := m.label(d, i)
		if seen {
			w.Ref(id)
			return next
		}
		w.Label(id)
	}
	switch e.kind {
	case KindUndefined:
		w.Undefined()
	case KindNull:
		w.Null()
	case KindHole:
		w.Hole()
	case KindBool:
		w.Bool(e.bits != 0)
	case KindNumber:
		w.Number(math.Float64frombits(e.bits))
	case KindBigInt:
		w.BigInt(d.bigInt(e))
	case KindString:
		w.String(string(d.raw(e)))
	case KindDate:
		w.Date(math.Float64frombits(e.bits))
	case KindRegExp:
		p := d.part(e)
		w.RegExp(p.a, p.b)
	case KindURL:
		w.URL(string(d.raw(e)))
	case KindFunction:
		w.Function(string(d.raw(e)))
	case KindBoxed:
		w.Boxed()
		m.emit(i + 1)
	case KindArrayBuffer:
		w.ArrayBuffer(d.bytes[e.bits])
	case KindTypedArray, KindDataView:
		m.view(i)
	case KindHeaders:
		w.Headers(d.headers[e.bits])
	default:
		m.container(i)
	}
	return next
}

func (m *emitter) view(i uint32) {
	d := m.doc
	e := &d.tape[i]
	at := d.node(i + 1).at
	id, seen := m.label(d, at)
	p := d.part(e)
	m.w.View(View{Kind: e.kind, Elem: e.elem, Offset: p.x, Length: p.y, Buffer: d.bytes[d.tape[at].bits], BufferID: id, Seen: seen})
}

func (m *emitter) container(i uint32) {
	d, w := m.doc, m.w
	e := &d.tape[i]
	if m.depth++; fault.Over(m.depth, m.limit) {
		m.err = fault.Exceeded("containers within containers", int64(m.depth), int64(m.limit), "ValueDepth")
		return
	}
	defer func() { m.depth-- }()
	keyed := false
	switch e.kind {
	case KindArray:
		w.BeginArray(e.size())
	case KindSet:
		w.BeginSet(e.size())
	case KindMap:
		w.BeginMap(e.size())
	case KindObject:
		keyed = true
		w.BeginObject(e.size())
	case KindError:
		keyed = true
		p := d.part(e)
		var stack *string
		if e.flags&flagStack != 0 {
			stack = &p.c
		}
		w.BeginError(p.a, p.b, stack, e.size())
	case KindRequest:
		p := d.part(e)
		w.BeginRequest(p.a, p.b)
	case KindResponse:
		p := d.part(e)
		w.BeginResponse(p.x, p.a)
	}
	for at := i + 1; at < e.end && m.err == nil && w.Err() == nil; {
		if keyed {
			w.Key(string(d.raw(&d.tape[at])))
			at++
		}
		at = m.emit(at)
	}
	w.End()
}
