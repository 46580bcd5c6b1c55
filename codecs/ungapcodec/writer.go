package ungapcodec

import (
	"cmp"
	"math"
	"math/big"

	jsoniter "github.com/json-iterator/go"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// writer collects the records in the order in which the npm package numbers them: a
// value where it occurs first, a container before its parts. They are put into words at
// the end (see assemble.go), for a container's parts are known only then.
type writer struct {
	config
	err error

	recs   []record
	text   []byte  // of strings, bigints and functions as they are, of other leaves as JSON
	lists  []int32 // the parts of complete containers
	kids   []int32 // the parts of open ones, the innermost's last
	frames []frame
	labels []int32 // label -> its record + 1; 0: none
	memo   memo
	common [numCommon]int32 // record + 1 of what there is one of
	views  []view
	bufs   map[int]*buffer // by label: those with views

	pending int    // label of the value that comes next, -1: none
	boxed   bool   // the next value is boxed
	keyed   bool   // the next value follows key, which is yet to be written
	key     []byte // see keyed
	digits  []byte // scratch

	spread    int // bytes of strings and bigints, as often as they occur: readers count them
	maxSpread int
	maxBytes  int
	out       *jsoniter.Stream
}

// record is one of the document.
type record struct {
	kind   recordKind
	off, n int     // where its text or its parts are
	num    float64 // of a number
}

type recordKind uint8

const (
	recNumber recordKind = iota
	recString
	recBigInt
	recFunction
	recRaw   // text is the record
	recBytes // text is the record, but for its end, that of a buffer or view
	recArray
	recObject
	recMap
	recSet
)

// There is one record of each of these.
const (
	comUndefined = iota
	comHole
	comNull
	comTrue
	comFalse
	comNaN // plain: NaN and the infinities lose their names, but have one each
	comInfinity
	comMinusInfinity
	numCommon
)

// commons are those records.
var commons = [numCommon]string{
	comUndefined: "[-1]", comHole: "[-1]", comNull: "[0,null]", comTrue: "[0,true]", comFalse: "[0,false]",
	comNaN: "[0,null]", comInfinity: "[0,null]", comMinusInfinity: "[0,null]",
}

// frame is an open container.
type frame struct {
	kind clone.Kind
	rec  int32
	kids int // where its parts begin
	n    int // parts of a request or response so far
}

// streams is how json-iterator writes here, without indention; the library's own
// ConfigDefault may be set anew by any package of a program.
var streams = jsoniter.Config{}.Froze()

func newWriter() *writer {
	return &writer{out: jsoniter.NewStream(streams, nil, 0), bufs: map[int]*buffer{}}
}

// start begins a document.
func (w *writer) start(c config, l *fault.Limits) {
	w.config = c
	w.maxBytes = cmp.Or(l.MessageBytes, defaults.MessageBytes)
	w.spread, w.maxSpread = 0, times(w.maxBytes, spreading)
	w.frames = append(w.frames[:0], frame{rec: -1})
	w.pending = -1
}

func (w *writer) release() {
	w.recs, w.text, w.lists, w.kids, w.labels = w.recs[:0], w.text[:0], w.lists[:0], w.kids[:0], w.labels[:0]
	clear(w.bufs)
	w.views = w.views[:0]
	w.memo.reset()
	w.common = [numCommon]int32{}
	w.err, w.boxed, w.keyed = nil, false, false
	w.out.SetBuffer(nil)
	const keep = 1 << 14
	if cap(w.recs) <= keep && cap(w.lists) <= 4*keep && cap(w.kids) <= 4*keep && cap(w.labels) <= 4*keep &&
		cap(w.text) <= 1<<20 && cap(w.views) <= keep && cap(w.digits) <= keep {
		writers.Put(w)
	}
}

// Err returns the first failure. The bytes of the document are counted from below.
func (w *writer) Err() error {
	if n := len(w.text) + len(w.recs) + len(w.lists) + len(w.kids); w.err == nil && fault.Over(n, w.maxBytes) {
		w.err = tooLarge(n, w.maxBytes)
	}
	if w.err == nil && fault.Over(w.spread, w.maxSpread) {
		w.err = fault.Exceeded(prefix+": bytes of a value", int64(w.spread), int64(w.maxSpread), "MessageBytes")
	}
	return w.err
}

func tooLarge(n, limit int) error {
	return fault.Exceeded(prefix+": bytes of a message", int64(n), int64(limit), "MessageBytes")
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fault.New(fault.CodeUnencodable, prefix+": "+format, args...)
	}
}

// push adds a record.
func (w *writer) push(r record) int32 {
	w.recs = append(w.recs, r)
	return int32(len(w.recs) - 1)
}

// one returns a record that there is once.
func (w *writer) one(c int) int32 {
	if w.common[c] == 0 {
		w.common[c] = w.raw(commons[c]) + 1
	}
	return w.common[c] - 1
}

func (w *writer) raw(text string) int32 {
	w.text = append(w.text, text...)
	return w.push(record{kind: recRaw, off: len(w.text) - len(text), n: len(text)})
}

// lead comes before each value, and before its record: keys are numbered first.
func (w *writer) lead() {
	if w.keyed {
		w.keyed = false
		w.kids = append(w.kids, w.textual(recString, string(w.key)))
	}
	if f := &w.frames[len(w.frames)-1]; f.kind == clone.KindRequest || f.kind == clone.KindResponse {
		w.leadIn(f)
	}
}

// place makes the record a part of the innermost container.
func (w *writer) place(i int32) {
	if len(w.frames) > 1 {
		w.kids = append(w.kids, i)
	}
}

// labelled makes i the record of the label that was announced.
func (w *writer) labelled(i int32) {
	if w.pending < 0 {
		return
	}
	for w.pending >= len(w.labels) {
		w.labels = append(w.labels, 0)
	}
	w.labels[w.pending] = i + 1
	w.pending = -1
}

// leaf completes a leaf that has an identity, whose record's text begins at off.
func (w *writer) leaf(k recordKind, off int) int32 {
	i := w.push(record{kind: k, off: off, n: len(w.text) - off})
	w.labelled(i)
	w.place(i)
	return i
}

// open begins a container.
func (w *writer) open(k recordKind, kind clone.Kind) {
	w.lead()
	i := w.push(record{kind: k})
	w.labelled(i)
	w.place(i)
	w.frames = append(w.frames, frame{kind: kind, rec: i, kids: len(w.kids)})
}

// close ends the innermost container.
func (w *writer) close() {
	f := &w.frames[len(w.frames)-1]
	r := &w.recs[f.rec]
	r.off, r.n = len(w.lists), len(w.kids)-f.kids
	w.lists = append(w.lists, w.kids[f.kids:]...)
	w.kids = w.kids[:f.kids]
	w.frames = w.frames[:len(w.frames)-1]
}

// Label gives the next value its number.
func (w *writer) Label(id int) { w.pending = id }

// Ref writes a value that has a record.
func (w *writer) Ref(id int) {
	if id >= len(w.labels) || w.labels[id] == 0 {
		// A buffer that only views have shown: this is where it stands by itself.
		w.Label(id)
		w.ArrayBuffer(w.bufs[id].bytes)
		return
	}
	w.lead()
	w.place(w.labels[id] - 1)
}

// Undefined writes undefined.
func (w *writer) Undefined() { w.single(comUndefined) }

// Hole writes the absence of an element: a second undefined, which the array names.
func (w *writer) Hole() {
	if w.plain {
		w.single(comUndefined)
	} else {
		w.single(comHole)
	}
}

// Null writes null. A body that is null is none.
func (w *writer) Null() {
	if f := &w.frames[len(w.frames)-1]; f.n == 1 && (f.kind == clone.KindRequest || f.kind == clone.KindResponse) {
		w.between(f)
		f.n++
		return
	}
	w.single(comNull)
}

func (w *writer) single(c int) {
	w.lead()
	w.place(w.one(c))
}

// Bool writes a boolean.
func (w *writer) Bool(v bool) {
	c, text := comFalse, `["Boolean",false]`
	if v {
		c, text = comTrue, `["Boolean",true]`
	}
	if w.boxed {
		off := w.box("")
		w.text = append(w.text, text...)
		w.leaf(recRaw, off)
		return
	}
	w.single(c)
}

// Number writes a number.
func (w *writer) Number(v float64) {
	switch {
	case w.boxed:
		off := w.box("Number")
		w.text = append(w.appendFloat(w.text, v), ']')
		w.leaf(recRaw, off)
	case v == 0 && math.Signbit(v):
		w.negativeZero()
	case special(v) != "" && w.plain:
		w.single(plainSpecial(v))
	case special(v) != "":
		w.mark(markSpecial, clone.KindObject)
		w.part("value", special(v))
		w.close()
	default:
		w.lead()
		w.place(w.numeric(v))
	}
}

// negativeZero writes -0: as 1.4 does, or as a number of which JSON.parse makes -0
// in every version, though JSON.stringify does not write it.
func (w *writer) negativeZero() {
	w.lead()
	switch {
	case w.plain && (!w.profile14 || w.hasZero()):
		w.place(w.numeric(0))
	case w.profile14:
		w.place(w.raw(`["-0"]`))
	default:
		w.place(w.raw(`[0,-0]`))
	}
}

// special names the numbers that JSON lacks, and is "" for all others.
func special(v float64) string {
	switch {
	case v != v:
		return "NaN"
	case v > math.MaxFloat64:
		return "Infinity"
	case v < -math.MaxFloat64:
		return "-Infinity"
	}
	return ""
}

func plainSpecial(v float64) int {
	switch {
	case v > 0:
		return comInfinity
	case v < 0:
		return comMinusInfinity
	}
	return comNaN
}

// BigInt writes a bigint.
func (w *writer) BigInt(v *big.Int) {
	if w.boxed {
		off := w.box("BigInt")
		w.text = append(v.Append(append(w.text, '"'), 10), '"', ']')
		w.leaf(recRaw, off)
		return
	}
	w.lead()
	w.digits = v.Append(w.digits[:0], 10)
	w.place(w.textual(recBigInt, string(w.digits)))
}

// String writes a string.
func (w *writer) String(s string) {
	if w.boxed {
		off := w.box("String")
		w.text = append(appendString(w.text, s), ']')
		w.leaf(recRaw, off)
		return
	}
	w.lead()
	w.place(w.textual(recString, s))
}

// Boxed announces that the next value is boxed.
func (w *writer) Boxed() { w.boxed = true }

// box begins the record of a boxed value, and returns where.
func (w *writer) box(name string) int {
	w.boxed = false
	w.lead()
	off := len(w.text)
	if name != "" {
		w.text = append(append(append(w.text, `["`...), name...), `",`...)
	}
	return off
}

// Date writes a date, an invalid one as "".
func (w *writer) Date(milliseconds float64) {
	w.lead()
	off := len(w.text)
	w.text = append(w.text, `[3,"`...)
	if d := (value.Date{Milliseconds: milliseconds}); d.Valid() {
		w.text = d.AppendISO(w.text)
	}
	w.text = append(w.text, `"]`...)
	w.leaf(recRaw, off)
}

// RegExp writes a regular expression.
func (w *writer) RegExp(source, flags string) {
	w.lead()
	off := len(w.text)
	w.text = appendString(append(w.text, `[4,{"source":`...), source)
	w.text = appendString(append(w.text, `,"flags":`...), flags)
	w.text = append(w.text, "}]"...)
	w.leaf(recRaw, off)
}

// Function writes a function's name, beside the null that the npm package reads.
func (w *writer) Function(name string) {
	if w.plain {
		switch w.frames[len(w.frames)-1].kind {
		case clone.KindObject, clone.KindSet:
			w.keyed = false
			return
		case clone.KindMap:
			w.fail("plain records leave out a Map's entry with a function")
		}
	}
	w.lead()
	w.place(w.textual(recFunction, name))
}

// Key writes a member's key.
func (w *writer) Key(k string) {
	f := &w.frames[len(w.frames)-1]
	switch {
	case len(k) == 0 || f.kind != clone.KindError && k[0] != '_':
	case k == "__proto__" && (f.kind == clone.KindError || !w.profile14):
		w.fail(`a key "__proto__" would set a prototype in JavaScript readers`)
	case f.kind == clone.KindError && (k == "name" || k == "message" || k == "stack" || k == markNames[markError]):
		w.fail("an error's property %q has the name of one of its parts", k)
	}
	if w.plain {
		// A function would leave it out.
		w.keyed, w.key = true, append(w.key[:0], k...)
		return
	}
	w.kids = append(w.kids, w.textual(recString, k))
}

// BeginArray begins an array.
func (w *writer) BeginArray(int) { w.open(recArray, clone.KindArray) }

// BeginObject begins an object.
func (w *writer) BeginObject(int) { w.open(recObject, clone.KindObject) }

// BeginMap begins a Map.
func (w *writer) BeginMap(int) { w.open(recMap, clone.KindMap) }

// BeginSet begins a Set.
func (w *writer) BeginSet(int) { w.open(recSet, clone.KindSet) }

// End ends the innermost container.
func (w *writer) End() {
	switch f := &w.frames[len(w.frames)-1]; f.kind {
	case clone.KindRequest, clone.KindResponse:
		w.endBody(f)
	case clone.KindError:
		if w.plain {
			w.frames = w.frames[:len(w.frames)-1]
			return
		}
	}
	w.close()
}

var _ clone.Events = (*writer)(nil)
