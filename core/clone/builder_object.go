package clone

import (
	"math"
	"slices"
	"strings"

	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// Date adds a date, clipped as JavaScript clips it: to whole milliseconds, and to an
// invalid date when it is further from 1970 than [value.MaxDate].
func (b *Builder) Date(milliseconds float64) {
	if !(math.Abs(milliseconds) <= value.MaxDate) {
		milliseconds = math.NaN()
	}
	b.leaf(KindDate, math.Float64bits(math.Trunc(milliseconds)+0))
}

// RegExp adds a regular expression: any source, flags that JavaScript has.
func (b *Builder) RegExp(source, flags string) {
	if !b.begun(KindRegExp) {
		return
	}
	if limit := b.doc.limits.RegExpSourceBytes; fault.Over(len(source), limit) {
		b.limit("bytes of a regexp's source", len(source), limit, "RegExpSourceBytes")
		return
	}
	if !validFlags(flags) {
		b.malformed("regexp flags %.40q", flags)
		return
	}
	b.putPart(KindRegExp, 0, part{a: clone(source), b: clone(flags)})
}

// validFlags reports whether flags holds each of JavaScript's flags at most once, and not
// both u and v.
func validFlags(flags string) bool {
	var seen [128]bool
	for i := range len(flags) {
		c := flags[i]
		switch c {
		case 'd', 'g', 'i', 'm', 's', 'u', 'v', 'y':
		default:
			return false
		}
		if seen[c] {
			return false
		}
		seen[c] = true
	}
	return !seen['u'] || !seen['v']
}

// clone copies a borrowed string.
func clone(s string) string { return strings.Clone(s) }

func (b *Builder) putPart(k Kind, fl flags, p part) {
	b.doc.parts = append(b.doc.parts, p)
	b.put(k, fl, uint64(len(b.doc.parts)-1)<<32)
}

// ArrayBuffer adds a copy of bytes.
func (b *Builder) ArrayBuffer(data []byte) {
	if b.room(len(data)) {
		b.ArrayBufferOwned(slices.Clone(data))
	}
}

// ArrayBufferOwned is ArrayBuffer for bytes that the document may keep.
func (b *Builder) ArrayBufferOwned(data []byte) {
	if b.begun(KindArrayBuffer) {
		b.putBuffer(data)
	}
}

func (b *Builder) putBuffer(data []byte) {
	b.doc.bytes = append(b.doc.bytes, data)
	b.put(KindArrayBuffer, 0, uint64(len(b.doc.bytes)-1))
}

// View adds a view. A BufferID below zero means that the buffer is this view's
// alone and has no label; Buffer is copied unless Seen. Elements are bytes, not values: a
// view counts as one value.
func (b *Builder) View(v View) {
	if !v.Seen {
		if !b.room(len(v.Buffer)) {
			return
		}
		v.Buffer = slices.Clone(v.Buffer)
	}
	b.ViewOwned(v)
}

// ViewOwned is View for a buffer that the document may keep.
func (b *Builder) ViewOwned(v View) {
	if v.Kind != KindTypedArray && v.Kind != KindDataView {
		b.malformed("a view is %s", nameOf(v.Kind))
		return
	}
	if v.Kind == KindTypedArray && elemSize(v.Elem) == 0 {
		b.malformed("typed array with elements of no kind, %d", v.Elem)
		return
	}
	if v.Seen && v.BufferID < 0 {
		b.malformed("a view of buffer %d, which there is not", v.BufferID)
		return
	}
	if !b.begun(v.Kind) {
		return
	}
	b.checks = true
	at := len(b.doc.tape)
	b.putPart(v.Kind, 0, part{x: v.Offset, y: v.Length})
	b.doc.tape[at].elem = v.Elem
	switch {
	case v.Seen:
		b.ref(v.BufferID)
	case v.BufferID >= 0 && !b.setPlace(v.BufferID, uint32(at+1)):
		b.malformed("label %d is given twice", v.BufferID)
		return
	default:
		b.putBuffer(v.Buffer)
	}
	b.doc.tape[at].end = uint32(len(b.doc.tape))
}

// Headers adds a headers list. The names need not be sorted nor distinct, but valid.
func (b *Builder) Headers(entries []value.HeaderEntry) {
	if !b.begun(KindHeaders) {
		return
	}
	if b.values += len(entries); b.values > b.maxValues {
		b.limit("values of one message", b.values, b.maxValues, "ValueNodes")
		return
	}
	h, err := value.NewHeaders(entries...)
	if err != nil {
		b.Fail(fault.Wrap(fault.CodeMalformed, "headers", err))
		return
	}
	list := h.Entries()
	for i, e := range list {
		list[i] = value.HeaderEntry{Name: clone(e.Name), Value: clone(e.Value)}
	}
	b.doc.headers = append(b.doc.headers, list)
	b.put(KindHeaders, 0, uint64(len(b.doc.headers)-1))
}

func (b *Builder) begin(k Kind, n int) bool {
	if !b.begun(k) {
		return false
	}
	if depth := len(b.frames); depth > b.maxDepth {
		return b.limit("containers within containers", depth, b.maxDepth, "ValueDepth")
	}
	if k == KindMap && n > 0 {
		n = min(n, math.MaxInt/2) * 2
	}
	b.frames = append(b.frames, frame{kind: k, at: uint32(len(b.doc.tape)), want: n, keys: len(b.keys)})
	return true
}

// BeginArray begins an array of n elements, -1 if that is not known.
func (b *Builder) BeginArray(n int) {
	if b.begin(KindArray, n) {
		b.put(KindArray, 0, 0)
	}
}

// BeginObject begins an object of n members, -1 if that is not known.
func (b *Builder) BeginObject(n int) {
	if b.begin(KindObject, n) {
		b.put(KindObject, 0, 0)
	}
}

// BeginMap begins a map of n entries, -1 if that is not known.
func (b *Builder) BeginMap(n int) {
	if b.begin(KindMap, n) {
		b.put(KindMap, 0, 0)
	}
}

// BeginSet begins a set of n members, -1 if that is not known.
func (b *Builder) BeginSet(n int) {
	if b.begin(KindSet, n) {
		b.put(KindSet, 0, 0)
	}
}

// BeginError begins an error with n own properties, -1 if that is not known.
func (b *Builder) BeginError(name, message string, stack *string, n int) {
	if b.begin(KindError, n) {
		b.putPart(KindError, 0, part{})
		b.SetError(name, message, stack)
	}
}

// SetError replaces what BeginError said, for wires on which it comes late. It
// belongs to the innermost container, which must be an error.
func (b *Builder) SetError(name, message string, stack *string) {
	if b.err != nil {
		return
	}
	f := &b.frames[len(b.frames)-1]
	if f.kind != KindError {
		b.malformed("the name of an error outside an error")
		return
	}
	e := &b.doc.tape[f.at]
	p := b.doc.part(e)
	p.a, p.b, p.c = clone(name), clone(message), ""
	e.flags &^= flagStack
	if stack != nil {
		p.c = clone(*stack)
		e.flags |= flagStack
	}
}

// BeginRequest begins a request: its headers and its body follow.
func (b *Builder) BeginRequest(url, method string) {
	if b.begin(KindRequest, 2) {
		b.putPart(KindRequest, 0, part{a: clone(url), b: clone(method)})
	}
}

// BeginResponse begins a response: its headers and its body follow.
func (b *Builder) BeginResponse(status int, statusText string) {
	if b.begin(KindResponse, 2) {
		b.putPart(KindResponse, 0, part{a: clone(statusText), x: status})
	}
}

// End ends the innermost container.
func (b *Builder) End() {
	if b.odd && !b.settled("an end") {
		return
	}
	f := &b.frames[len(b.frames)-1]
	switch {
	case f.kind == KindNone:
		b.malformed("an end without a beginning")
		return
	case f.keyed:
		b.malformed("%s: a key without a value", nameOf(f.kind))
		return
	case f.kind == KindMap && f.got%2 != 0:
		b.malformed("a map: a key without a value")
		return
	case f.want >= 0 && f.got != f.want:
		b.malformed("%s: %d parts, %d announced", nameOf(f.kind), f.got, f.want)
		return
	}
	n := f.got
	if f.kind == KindMap {
		n /= 2
	}
	d := b.doc
	e := &d.tape[f.at]
	e.end = uint32(len(d.tape))
	if f.kind != KindRequest && f.kind != KindResponse {
		e.bits |= uint64(n)
	}
	b.keys = b.keys[:f.keys]
	f.seen = nil
	b.frames = b.frames[:len(b.frames)-1]
}
