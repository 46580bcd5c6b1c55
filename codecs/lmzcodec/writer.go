package lmzcodec

import (
	"cmp"
	"math"
	"math/big"

	"github.com/millrace/millrace/codecs/internal/jsontok"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// writer writes a document in one pass: each value where it occurs first, its place
// noted in marks. Only when a label turned up again, or a body has to be told
// twice, is the document put together anew from the pieces (see assemble.go).
type writer struct {
	buf []byte // the document
	err error

	frames []frame
	marks  []mark  // in the order of their beginnings
	labels []int32 // label -> its mark + 1; 0: no value of its own in buf
	views  map[int][]byte

	pending int   // label of the value that comes next, -1: none
	label   int32 // mark of the value that has just begun, -1: none
	anew    bool  // there is something to assemble
	boxed   bool  // the next value is boxed
	special int   // tags so far, for bodies
	escaped int   // escaped keys so far, for bodies

	maxBytes int

	spare []byte // the other buffer, of assemble
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

// mark is a piece of buf: a labelled value, a reference, or a body.
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

func (w *writer) start(l *fault.Limits) {
	w.maxBytes = cmp.Or(l.MessageBytes, defaults.MessageBytes)
	w.buf = append(w.buf[:0], `{"json":`...)
	w.frames = append(w.frames[:0], frame{label: -1})
	w.label, w.pending = -1, -1
}

func (w *writer) release() {
	clear(w.views)
	w.err = nil
	w.marks, w.labels = w.marks[:0], w.labels[:0]
	w.anew, w.boxed, w.special, w.escaped = false, false, 0, 0
	if cap(w.marks) <= 1<<14 && cap(w.labels) <= 1<<16 && cap(w.buf) <= 1<<20 && cap(w.spare) <= 1<<20 {
		writers.Put(w)
	}
}

// Err returns the first failure.
func (w *writer) Err() error {
	if w.err == nil && fault.Over(len(w.buf), w.maxBytes) {
		w.err = fault.Exceeded("lmzcodec: bytes of a message", int64(len(w.buf)), int64(w.maxBytes), "MessageBytes")
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
		w.buf = append(w.buf, `,"meta":{}}`...)
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
	w.marks = append(w.marks, mark{start: len(w.buf)})
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
			w.buf = append(w.buf, ',')
		}
	case clone.KindMap:
		switch {
		case f.n%2 == 1:
			w.buf = append(w.buf, ',')
		case f.n > 0:
			w.buf = append(w.buf, ",["...)
		default:
			w.buf = append(w.buf, '[')
		}
	case clone.KindRequest, clone.KindResponse:
		if f.n == 0 {
			w.buf = append(w.buf, `,"headers":`...)
		} else {
			w.buf = append(w.buf, `,"body":`...)
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
			w.buf = append(w.buf, ']')
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
	m.end, m.next = len(w.buf), int32(len(w.marks))
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
	start := len(w.buf)
	w.buf = append(w.buf, "null"...)
	w.marks = append(w.marks, mark{start: start, end: len(w.buf), next: int32(len(w.marks)) + 1, kind: markRef, id: at})
	w.after()
}

// Null writes null.
func (w *writer) Null() {
	w.lead()
	w.buf = append(w.buf, "null"...)
	w.after()
}

// Bool writes a boolean.
func (w *writer) Bool(v bool) {
	if w.boxed {
		w.box("boolean-object")
	} else {
		w.lead()
	}
	if v {
		w.buf = append(w.buf, "true"...)
	} else {
		w.buf = append(w.buf, "false"...)
	}
	w.unbox()
}

// Number writes a number: the four that JSON lacks as a tag.
func (w *writer) Number(v float64) {
	name := specialNumber(v)
	switch {
	case w.boxed:
		w.box("number-object")
		if name != "" {
			w.buf = append(append(append(w.buf, '"'), name...), '"')
		} else {
			w.buf = jsontok.AppendNumber(w.buf, v)
		}
		w.unbox()
	case name != "":
		w.tag("number-special", "value")
		w.buf = append(append(w.buf, name...), `"}`...)
		w.after()
	default:
		w.lead()
		w.buf = jsontok.AppendNumber(w.buf, v)
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
		w.buf = append(v.Append(append(w.buf, '"'), 10), '"')
		w.unbox()
		return
	}
	w.tag("bigint", "value")
	w.buf = append(v.Append(w.buf, 10), `"}`...)
	w.after()
}

// String writes a string.
func (w *writer) String(s string) {
	if w.boxed {
		w.box("string-object")
		w.buf = jsontok.AppendString(w.buf, s)
		w.unbox()
		return
	}
	w.lead()
	w.buf = jsontok.AppendString(w.buf, s)
	w.after()
}

// Key writes a member's key.
func (w *writer) Key(k string) {
	f := &w.frames[len(w.frames)-1]
	if f.n > 0 || f.kind == clone.KindError {
		w.buf = append(w.buf, ',')
	}
	f.n++
	f.keyed = true
	w.buf = append(w.buf, '"')
	if len(k) > 0 && (k[0] == '$' || k[0] == '_' || f.kind == clone.KindError) {
		w.oddKey(f, k)
	}
	w.buf = jsontok.AppendEscaped(w.buf, k)
	w.buf = append(w.buf, `":`...)
}

// oddKey escapes and refuses keys.
func (w *writer) oddKey(f *frame, k string) {
	switch {
	case k[0] == '$':
		w.escaped++
		w.buf = append(w.buf, '$')
	case k == "__proto__":
		w.fail(`a key "__proto__" would set a prototype in JavaScript readers`)
	case f.kind == clone.KindError && (k == "name" || k == "message" || k == "stack"):
		w.fail("an error's property %q has the name of one of its parts", k)
	}
}

// BeginArray begins an array.
func (w *writer) BeginArray(int) {
	w.lead()
	w.buf = append(w.buf, '[')
	w.begin(clone.KindArray)
}

// BeginObject begins an object.
func (w *writer) BeginObject(int) {
	w.lead()
	w.buf = append(w.buf, '{')
	w.begin(clone.KindObject)
}

// BeginMap begins a Map.
func (w *writer) BeginMap(int) {
	w.tagOpen("map")
	w.buf = append(w.buf, `,"entries":[`...)
	w.begin(clone.KindMap)
}

// BeginSet begins a Set.
func (w *writer) BeginSet(int) {
	w.tagOpen("set")
	w.buf = append(w.buf, `,"values":[`...)
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
	w.buf = append(w.buf, `,"data":{"url":`...)
	w.buf = jsontok.AppendString(w.buf, url)
	w.part("method", method)
	w.begin(clone.KindRequest)
}

// BeginResponse begins a ResponseSync, which JavaScript readers must be able to construct.
func (w *writer) BeginResponse(status int, statusText string) {
	if !validStatus(float64(status)) {
		w.fail("JavaScript has no response with status %d", status)
	}
	w.tagOpen("response-sync")
	w.buf = append(w.buf, `,"data":{"status":`...)
	w.buf = jsontok.AppendNumber(w.buf, float64(status))
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
	w.buf = append(w.buf, ends[f.kind]...)
	label := f.label
	w.frames = w.frames[:len(w.frames)-1]
	if label >= 0 {
		w.close(label)
	}
	w.after()
}

// part writes a member of a tag that is a string.
func (w *writer) part(name, s string) {
	w.buf = append(append(append(w.buf, `,"`...), name...), `":`...)
	w.buf = jsontok.AppendString(w.buf, s)
}

var _ clone.Events = (*writer)(nil)
