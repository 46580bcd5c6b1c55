package lmzcodec

import (
	"cmp"
	"math"
	"math/big"

	jsoniter "github.com/json-iterator/go"

	"github.com/millrace/millrace/codecs/internal/jsontok"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// writer writes a document in one pass: each value where it occurs first, its place
// noted in marks. Only when a label turned up again, or a body has to be told
// twice, is the document put together anew from the pieces (see assemble.go).
//
// The document grows in a stream of json-iterator, which writes punctuation, literals and
// integers; strings and other numbers are written by jsontok, as JavaScript has them.
type writer struct {
	out *jsoniter.Stream // the document
	err error

	frames []frame
	marks  []mark  // in the order of their beginnings
	labels []int32 // label -> its mark + 1; 0: no value of its own in the document
	views  map[int][]byte

	pending int   // label of the value that comes next, -1: none
	label   int32 // mark of the value that has just begun, -1: none
	anew    bool  // there is something to assemble
	boxed   bool  // the next value is boxed
	special int   // tags so far, for bodies
	escaped int   // escaped keys so far, for bodies

	maxBytes int

	spare *jsoniter.Stream // the other document, of assemble
}

// frame is an open container.
type frame struct {
	kind    clone.Kind
	label   int32 // its mark, -1: none
	n       int   // parts so far
	keyed   bool  // the next value follows its key
	boxing  bool  // the primitive that is written is in a box
	body    int32 // of a request: the mark of its body
	special int   // of a request: writer.special where its body begins
	escaped int   // of a request: writer.escaped where its body begins
}

// mark is a piece of the document: a labelled value, a reference, or a body.
type mark struct {
	start, end int
	next       int32 // the first mark that begins after the end
	kind       markKind
	alias      bool  // of a value: a reference to it follows
	rich       bool  // of a body: JSON.stringify would lose something
	escaped    bool  // of a body: it has keys with a "$" in front of their own
	id         int32 // of an alias, in the order of beginnings; of a reference: the mark it refers to
}

type markKind uint8

const (
	markValue markKind = iota
	markRef
	markBody
)

// defaults are what zero limits mean.
var defaults = fault.Limits{}.WithDefaults()

// streams is how json-iterator writes here, without indention; the library's own
// ConfigDefault may be set anew by any package of a program.
var streams = jsoniter.Config{}.Froze()

func newWriter() *writer {
	return &writer{out: jsoniter.NewStream(streams, nil, 0), spare: jsoniter.NewStream(streams, nil, 0)}
}

// start begins a document.
func (w *writer) start(l *fault.Limits) {
	w.maxBytes = cmp.Or(l.MessageBytes, defaults.MessageBytes)
	w.out.Reset(nil)
	w.out.WriteRaw(`{"json":`)
	w.frames = append(w.frames[:0], frame{label: -1})
	w.label, w.pending = -1, -1
}

func (w *writer) release() {
	clear(w.views)
	w.err = nil
	w.marks, w.labels = w.marks[:0], w.labels[:0]
	w.anew, w.boxed, w.special, w.escaped = false, false, 0, 0
	if cap(w.marks) <= 1<<14 && cap(w.labels) <= 1<<16 && kept(w.out) && kept(w.spare) {
		writers.Put(w)
	}
}

// kept reports whether a stream's buffer is worth pooling.
func kept(s *jsoniter.Stream) bool { return cap(s.Buffer()) <= 1<<20 }

// Err returns the first failure.
func (w *writer) Err() error {
	if w.err == nil && fault.Over(w.out.Buffered(), w.maxBytes) {
		w.err = fault.Exceeded("lmzcodec: bytes of a message", int64(w.out.Buffered()), int64(w.maxBytes), "MessageBytes")
	}
	return w.err
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fault.New(fault.CodeUnencodable, "lmzcodec: "+format, args...)
	}
}

// finish completes the document.
func (w *writer) finish() error {
	if w.anew {
		w.assemble()
	} else {
		w.out.WriteRaw(`,"meta":{}}`)
	}
	return w.Err()
}

// lead writes what stands between values, before each of them.
func (w *writer) lead() {
	f := &w.frames[len(w.frames)-1]
	if f.keyed {
		f.keyed = false
	} else {
		w.leadIn(f)
	}
	if w.pending >= 0 {
		w.mark()
	}
}

// mark notes where the value begins whose label is pending.
func (w *writer) mark() {
	w.label = int32(len(w.marks))
	w.marks = append(w.marks, mark{start: w.out.Buffered()})
	for w.pending >= len(w.labels) {
		w.labels = append(w.labels, 0)
	}
	w.labels[w.pending] = w.label + 1
	w.pending = -1
}

func (w *writer) leadIn(f *frame) {
	switch f.kind {
	case clone.KindArray, clone.KindSet:
		if f.n > 0 {
			w.out.WriteMore()
		}
	case clone.KindMap:
		switch {
		case f.n%2 == 1:
			w.out.WriteMore()
		case f.n > 0:
			w.out.WriteRaw(",[")
		default:
			w.out.WriteArrayStart()
		}
	case clone.KindRequest, clone.KindResponse:
		if f.n == 0 {
			w.out.WriteRaw(`,"headers":`)
		} else {
			w.out.WriteRaw(`,"body":`)
			w.beginBody(f)
		}
	}
	f.n++
}

// trail closes the label of a leaf, and what the leaf completes.
func (w *writer) trail() {
	if w.label >= 0 {
		w.close(w.label)
		w.label = -1
	}
	w.after()
}

// after is what follows each value, leaf or container, within its own container.
func (w *writer) after() {
	f := &w.frames[len(w.frames)-1]
	switch f.kind {
	case clone.KindMap:
		if f.n%2 == 0 {
			w.out.WriteArrayEnd()
		}
	case clone.KindRequest, clone.KindResponse:
		if f.n == 2 {
			w.endBody(f)
		}
	}
}

// close ends a mark.
func (w *writer) close(at int32) {
	m := &w.marks[at]
	m.end, m.next = w.out.Buffered(), int32(len(w.marks))
}

// begin opens a container, whose head has just been written.
func (w *writer) begin(k clone.Kind) {
	w.frames = append(w.frames, frame{kind: k, label: w.label})
	w.label = -1
}

// Label gives the next value its number.
func (w *writer) Label(id int) { w.pending = id }

// Ref writes a reference, as null until assemble puts its number there.
func (w *writer) Ref(id int) {
	if id >= len(w.labels) || w.labels[id] == 0 {
		// A buffer that only views have shown: this is where it stands by itself.
		b := w.views[id]
		w.Label(id)
		w.ArrayBuffer(b)
		return
	}
	w.lead()
	at := w.labels[id] - 1
	w.marks[at].alias = true
	w.anew = true
	start := w.out.Buffered()
	w.out.WriteNil()
	w.marks = append(w.marks, mark{start: start, end: w.out.Buffered(), next: int32(len(w.marks)) + 1, kind: markRef, id: at})
	w.after()
}

// Null writes null.
func (w *writer) Null() {
	w.lead()
	w.out.WriteNil()
	w.after()
}

// Bool writes a boolean.
func (w *writer) Bool(v bool) {
	if w.boxed {
		w.box("boolean-object")
	} else {
		w.lead()
	}
	w.out.WriteBool(v)
	w.unbox()
}

// Number writes a number: the four that JSON lacks as a tag.
func (w *writer) Number(v float64) {
	name := specialNumber(v)
	switch {
	case w.boxed:
		w.box("number-object")
		if name != "" {
			w.quoted(name)
		} else {
			w.number(v)
		}
		w.unbox()
	case name != "":
		w.tag("number-special", "value")
		w.out.WriteRaw(name)
		w.out.WriteRaw(`"}`)
		w.after()
	default:
		w.lead()
		w.number(v)
		w.after()
	}
}

// specialNumber names the numbers that JSON lacks, and is "" for all others.
func specialNumber(v float64) string {
	switch {
	case v != v:
		return "NaN"
	case v > math.MaxFloat64:
		return "Infinity"
	case v < -math.MaxFloat64:
		return "-Infinity"
	case v == 0 && math.Signbit(v):
		return "-0"
	}
	return ""
}

// BigInt writes a bigint.
func (w *writer) BigInt(v *big.Int) {
	if w.boxed {
		w.box("bigint-object")
		w.out.WriteRaw(`"`)
		w.out.SetBuffer(v.Append(w.out.Buffer(), 10))
		w.out.WriteRaw(`"`)
		w.unbox()
		return
	}
	w.tag("bigint", "value")
	w.out.SetBuffer(v.Append(w.out.Buffer(), 10))
	w.out.WriteRaw(`"}`)
	w.after()
}

// String writes a string.
func (w *writer) String(s string) {
	if w.boxed {
		w.box("string-object")
		w.text(s)
		w.unbox()
		return
	}
	w.lead()
	w.text(s)
	w.after()
}

// Key writes a member's key.
func (w *writer) Key(k string) {
	f := &w.frames[len(w.frames)-1]
	if f.n > 0 || f.kind == clone.KindError {
		w.out.WriteMore()
	}
	f.n++
	f.keyed = true
	w.out.WriteRaw(`"`)
	if len(k) > 0 && (k[0] == '$' || k[0] == '_' || f.kind == clone.KindError) {
		w.oddKey(f, k)
	}
	w.out.SetBuffer(jsontok.AppendEscaped(w.out.Buffer(), k))
	w.out.WriteRaw(`":`)
}

// oddKey escapes and refuses keys.
func (w *writer) oddKey(f *frame, k string) {
	switch {
	case k[0] == '$':
		w.escaped++
		w.out.WriteRaw("$")
	case k == "__proto__":
		w.fail(`a key "__proto__" would set a prototype in JavaScript readers`)
	case f.kind == clone.KindError && (k == "name" || k == "message" || k == "stack"):
		w.fail("an error's property %q has the name of one of its parts", k)
	}
}

// BeginArray begins an array.
func (w *writer) BeginArray(int) {
	w.lead()
	w.out.WriteArrayStart()
	w.begin(clone.KindArray)
}

// BeginObject begins an object.
func (w *writer) BeginObject(int) {
	w.lead()
	w.out.WriteObjectStart()
	w.begin(clone.KindObject)
}

// BeginMap begins a Map.
func (w *writer) BeginMap(int) {
	w.tagOpen("map")
	w.out.WriteRaw(`,"entries":[`)
	w.begin(clone.KindMap)
}

// BeginSet begins a Set.
func (w *writer) BeginSet(int) {
	w.tagOpen("set")
	w.out.WriteRaw(`,"values":[`)
	w.begin(clone.KindSet)
}

// BeginError begins an error. As in the npm package an empty name is "Error", and
// an empty stack is none.
func (w *writer) BeginError(name, message string, stack *string, _ int) {
	w.tagOpen("error")
	if name == "" {
		name = "Error"
	}
	w.part("name", name)
	w.part("message", message)
	if stack != nil && *stack != "" {
		w.part("stack", *stack)
	}
	w.begin(clone.KindError)
}

// BeginRequest begins a RequestSync, which JavaScript readers must be able to construct.
func (w *writer) BeginRequest(url, method string) {
	if !absolute(url) || !validMethod(method) {
		w.fail("JavaScript has no request for %.80q with method %.40q", url, method)
	}
	w.tagOpen("request-sync")
	w.out.WriteRaw(`,"data":{"url":`)
	w.text(url)
	w.part("method", method)
	w.begin(clone.KindRequest)
}

// BeginResponse begins a ResponseSync, which JavaScript readers must be able to construct.
func (w *writer) BeginResponse(status int, statusText string) {
	if !validStatus(float64(status)) {
		w.fail("JavaScript has no response with status %d", status)
	}
	w.tagOpen("response-sync")
	w.out.WriteRaw(`,"data":{"status":`)
	w.out.WriteInt(status)
	w.part("statusText", statusText)
	w.begin(clone.KindResponse)
}

// ends are what closes a container, by kind.
var ends = [...]string{
	clone.KindArray: "]", clone.KindObject: "}", clone.KindMap: "]}", clone.KindSet: "]}",
	clone.KindError: "}", clone.KindRequest: "}}", clone.KindResponse: "}}",
}

// End ends the innermost container.
func (w *writer) End() {
	f := &w.frames[len(w.frames)-1]
	w.out.WriteRaw(ends[f.kind])
	label := f.label
	w.frames = w.frames[:len(w.frames)-1]
	if label >= 0 {
		w.close(label)
	}
	w.after()
}

// text writes a string as JavaScript does.
func (w *writer) text(s string) { w.out.SetBuffer(jsontok.AppendString(w.out.Buffer(), s)) }

// number writes a finite number as JavaScript does.
func (w *writer) number(v float64) { w.out.SetBuffer(jsontok.AppendNumber(w.out.Buffer(), v)) }

// quoted writes a string that needs no escapes.
func (w *writer) quoted(s string) {
	w.out.WriteRaw(`"`)
	w.out.WriteRaw(s)
	w.out.WriteRaw(`"`)
}

// part writes a member of a tag that is a string.
func (w *writer) part(name, s string) {
	w.out.WriteRaw(`,"`)
	w.out.WriteRaw(name)
	w.out.WriteRaw(`":`)
	w.text(s)
}

var _ clone.Events = (*writer)(nil)
