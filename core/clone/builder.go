package clone

import (
	"math"
	"math/big"
	"strings"
	"sync"

	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// Builder is the [Events] of a document under construction. It checks the
// grammar of the events, so that a codec's reader can pass on what it reads:
// incomplete values, labels without a value or given twice, refs without a label,
// duplicate keys and holes outside arrays are errors with CodeMalformed; depth,
// number of values, digits of a bigint and length of a regexp's source are checked
// against the limits. After the first error everything is ignored, and [Builder.Err]
// and [Builder.Finish] return it.
//
// Beyond what Events says, the number of parts given to a Begin method may be -1,
// not known; values that bear a label may be added beside the root (see
// [Builder.Aside]); and text can be borrowed from the message.
//
// A Builder is for one document and one goroutine.
type Builder struct {
	doc    *Document
	err    error
	frames []frame // frames[0] is the root's
	odd    bool    // a label, a boxed value, an aside or an error is to be looked at
	label  int     // of the next value; -1: none
	boxed  bool    // the next value is boxed
	aside  bool    // the next value of the top level is not the root
	rooted bool

	values, maxValues, maxDepth int
	copied, maxCopied           int // bytes of text and buffers; see Bound

	labels   []uint32       // place + 1 of a label's value
	sparse   map[int]uint32 // the same for labels far beyond the others
	labelled int            // how many labels have values
	refs     []uint32       // places of refs
	keys     []keyMark      // of all open objects
	checks   bool           // there is a headers' ref or a view's buffer to check

	scratch *scratch
}

// frame is an open container.
type frame struct {
	kind  Kind
	keyed bool // a key waits for its value
	at    uint32
	want  int // declared number of parts, -1: not declared
	got   int
	keys  int                 // where its keys begin in Builder.keys
	bloom uint64              // of the keys' hashes
	seen  map[uint64]struct{} // the keys' hashes, once there are many
}

// keyMark is a key as far as it takes to find another one different.
type keyMark struct {
	hash uint64
	at   uint32
}

// scratch is a builder's memory that the next one can use.
type scratch struct {
	frames []frame
	labels []uint32
	refs   []uint32
	keys   []keyMark
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// NewBuilder starts a document within the limits; zero limits mean the defaults.
func NewBuilder(limits fault.Limits) *Builder {
	s := scratches.Get().(*scratch)
	d := documents.Get().(*Document)
	d.limits = limits.WithDefaults()
	return &Builder{
		doc: d, label: -1, scratch: s,
		maxValues: bound(d.limits.ValueNodes), maxDepth: bound(d.limits.ValueDepth), maxCopied: fault.NoLimit,
		frames: append(s.frames[:0], frame{want: -1}),
		labels: s.labels[:0], refs: s.refs[:0], keys: s.keys[:0],
	}
}

// free gives the scratch memory back, unless it has grown beyond use, and ends the builder.
func (b *Builder) free() {
	const keep = 1 << 12
	if s := b.scratch; cap(b.frames) <= keep && cap(b.labels) <= keep && cap(b.refs) <= keep && cap(b.keys) <= keep {
		clear(b.frames)
		*s = scratch{b.frames, b.labels, b.refs, b.keys}
		scratches.Put(s)
	}
	*b = Builder{err: b.err}
	b.Fail(errFinished)
	b.odd = true
}

var errFinished = fault.New(fault.CodeMalformed, "a builder is for one document")

// bound gives "no limit" one that keeps places within 32 bits.
func bound(n int) int {
	if n < 0 {
		return 1 << 30
	}
	return min(n, 1<<30)
}

// Borrow gives the builder the message's bytes, which the document keeps and which must
// not change while it is in use. Call it once, before [Builder.StringAt] and its kin.
func (b *Builder) Borrow(data []byte) {
	if b.doc == nil {
		return
	}
	if len(data) > maxText {
		b.limit("bytes of a message", len(data), maxText, "MessageBytes")
		return
	}
	b.doc.data = data
}

// Bound bounds the bytes of text and buffers that the builder copies, so that a value in which long ones occur
// many times over does not take more memory than a message may have: a negative number is no bound, as without a
// call of Bound. What lies in borrowed bytes is not copied.
func (b *Builder) Bound(bytes int) { b.maxCopied = bytes }

// room counts bytes that are about to be copied.
func (b *Builder) room(n int) bool {
	if b.copied += n; fault.Over(b.copied, b.maxCopied) {
		return b.limit("bytes of a value", b.copied, b.maxCopied, "MessageBytes")
	}
	return true
}

// Err returns the first error.
func (b *Builder) Err() error { return b.err }

// Fail makes err the builder's error unless there is one already.
func (b *Builder) Fail(err error) {
	if b.err == nil {
		b.err, b.odd = err, true
	}
}

func (b *Builder) malformed(format string, args ...any) bool {
	if b.err == nil {
		b.Fail(fault.New(fault.CodeMalformed, format, args...))
	}
	return false
}

func (b *Builder) limit(what string, got, limit int, setting string) bool {
	if b.err == nil {
		b.Fail(fault.Exceeded(what, int64(got), int64(limit), setting))
	}
	return false
}

// Finish checks that the value is complete and every Ref has its Label, and returns
// the document. Labels that nothing refers to are allowed. The builder is used up then.
func (b *Builder) Finish() (*Document, error) {
	if b.doc == nil {
		return nil, b.err
	}
	if b.err == nil {
		b.finish()
	}
	d, err := b.doc, b.err
	b.free()
	if err != nil {
		d.Release()
		return nil, err
	}
	return d, nil
}

func (b *Builder) finish() {
	switch {
	case len(b.frames) > 1:
		b.malformed("%s is not complete", nameOf(b.frames[len(b.frames)-1].kind))
	case b.boxed:
		b.malformed("a boxed value is not complete")
	case b.label >= 0:
		b.malformed("label %d has no value", b.label)
	case !b.rooted:
		b.malformed("there is no value")
	}
	if b.err != nil {
		return
	}
	d := b.doc
	for _, at := range b.refs {
		e := &d.tape[at]
		target, ok := b.place(int(e.bits))
		if !ok {
			b.malformed("reference to label %d, which there is not", e.bits)
			return
		}
		e.bits = uint64(target)
		d.tape[target].flags |= flagShared
	}
	if b.checks {
		b.check()
	}
}

// check looks at what could not be checked while a ref was not resolved.
func (b *Builder) check() {
	d := b.doc
	for i := range d.tape {
		e := &d.tape[i]
		switch e.kind {
		case KindRequest, KindResponse:
			if k := d.node(uint32(i) + 1).Kind(); k != KindHeaders {
				b.malformed("%s: its headers are %s", nameOf(e.kind), nameOf(k))
				return
			}
		case KindTypedArray, KindDataView:
			n := d.node(uint32(i) + 1)
			if n.Kind() != KindArrayBuffer {
				b.malformed("%s: its buffer is %s", nameOf(e.kind), nameOf(n.Kind()))
				return
			}
			p, size, length := d.part(e), 1, len(d.bytes[n.entry().bits])
			if e.kind == KindTypedArray {
				size = elemSize(e.elem)
			}
			if size == 0 || p.x < 0 || p.y < 0 || p.x%size != 0 || p.x > length || p.y > (length-p.x)/size {
				b.malformed("%s: offset %d and length %d do not fit a buffer of %d bytes", nameOf(e.kind), p.x, p.y, length)
				return
			}
		}
	}
}

func elemSize(k value.ArrayKind) int {
	switch k {
	case value.Int8, value.Uint8, value.Uint8Clamped:
		return 1
	case value.Int16, value.Uint16:
		return 2
	case value.Int32, value.Uint32, value.Float32:
		return 4
	case value.Float64, value.BigInt64, value.BigUint64:
		return 8
	}
	return 0
}

// begun makes room for one value of kind k and returns false when there must be none.
func (b *Builder) begun(k Kind) bool {
	if b.odd {
		if b.boxed {
			return b.unbox(k)
		}
		if !b.admit(k) {
			return false
		}
	}
	f := &b.frames[len(b.frames)-1]
	switch f.kind {
	case KindObject, KindError:
		if !f.keyed {
			return b.malformed("%s: %s in the place of a key", nameOf(f.kind), nameOf(k))
		}
		f.keyed = false
	case KindArray, KindSet, KindMap:
		f.got++
		if f.want >= 0 && f.got > f.want {
			return b.malformed("%s: more than the %d values announced", nameOf(f.kind), f.want)
		}
	default:
		if !b.placed(f, k) {
			return false
		}
	}
	if k == KindHole && f.kind != KindArray {
		return b.malformed("a hole outside an array")
	}
	b.values++
	if b.values > b.maxValues {
		return b.limit("values of one message", b.values, b.maxValues, "ValueNodes")
	}
	return true
}

// placed admits a value at the top level or within a request or response.
func (b *Builder) placed(f *frame, k Kind) bool {
	if f.kind != KindNone {
		f.got++
		if f.got == 1 && k != KindHeaders && k != kindRef {
			return b.malformed("%s: its headers are %s", nameOf(f.kind), nameOf(k))
		}
		if f.got > f.want {
			return b.malformed("%s: a value after its body", nameOf(f.kind))
		}
		return true
	}
	if b.aside {
		b.aside = false
		b.odd = b.err != nil
		return true
	}
	if b.rooted {
		return b.malformed("a second value beside the root")
	}
	b.rooted = true
	b.doc.root = uint32(len(b.doc.tape))
	return true
}

// admit looks at what was said about the next value, before it.
func (b *Builder) admit(k Kind) bool {
	if b.err != nil {
		return false
	}
	top := len(b.frames) == 1
	if b.aside && top && b.label < 0 {
		return b.malformed("a value beside the root without a label")
	}
	if b.label >= 0 {
		switch {
		case k == kindRef:
			return b.malformed("label %d is only another name of a label", b.label)
		case !hasIdentity(k):
			return b.malformed("label %d is that of %s, which has no identity", b.label, nameOf(k))
		case !b.setPlace(b.label, uint32(len(b.doc.tape))):
			return b.malformed("label %d is given twice", b.label)
		}
		b.label = -1
	}
	b.odd = b.aside
	return true
}

// unbox admits the primitive of a boxed value, in the place that its box has taken.
func (b *Builder) unbox(k Kind) bool {
	if b.err != nil {
		return false
	}
	b.boxed, b.odd = false, false
	if k != KindBool && k != KindNumber && k != KindString && k != KindBigInt {
		return b.malformed("a boxed value is %s", nameOf(k))
	}
	return true
}

func (b *Builder) put(k Kind, fl flags, bits uint64) {
	d := b.doc
	d.tape = append(d.tape, entry{kind: k, flags: fl, end: uint32(len(d.tape)) + 1, bits: bits})
}

func (b *Builder) leaf(k Kind, bits uint64) {
	if b.begun(k) {
		b.put(k, 0, bits)
	}
}

// Undefined adds undefined.
func (b *Builder) Undefined() { b.leaf(KindUndefined, 0) }

// Null adds null.
func (b *Builder) Null() { b.leaf(KindNull, 0) }

// Hole adds the absence of an element to an array.
func (b *Builder) Hole() { b.leaf(KindHole, 0) }

// Bool adds a boolean.
func (b *Builder) Bool(v bool) {
	var bits uint64
	if v {
		bits = 1
	}
	b.leaf(KindBool, bits)
}

// Number adds a number.
func (b *Builder) Number(v float64) { b.leaf(KindNumber, math.Float64bits(v)) }

// BigInt adds a copy of v.
func (b *Builder) BigInt(v *big.Int) {
	if v == nil {
		b.malformed("a bigint is nil")
		return
	}
	if !b.begun(KindBigInt) {
		return
	}
	if v.IsInt64() {
		b.put(KindBigInt, 0, uint64(v.Int64()))
		return
	}
	if limit := b.doc.limits.BigIntDigits; limit >= 0 {
		if n := digits(v, limit); n > limit {
			b.limit("digits of a bigint", n, limit, "BigIntDigits")
			return
		}
	}
	b.putBig(new(big.Int).Set(v))
}

func (b *Builder) putBig(v *big.Int) {
	b.doc.bigs = append(b.doc.bigs, v)
	b.put(KindBigInt, flagBig, uint64(len(b.doc.bigs)-1))
}

// digits counts decimal digits, exactly only where the limit is near.
func digits(v *big.Int, limit int) int {
	n := int(float64(v.BitLen()) * math.Log10(2)) // at most one too few
	if n+1 <= limit || n > limit {
		return n + 1
	}
	return len(strings.TrimPrefix(v.String(), "-"))
}

// Boxed announces that the next value, a primitive, is boxed.
func (b *Builder) Boxed() {
	if b.begun(KindBoxed) {
		b.put(KindBoxed, 0, 0)
		b.doc.tape[len(b.doc.tape)-1].end++
		b.boxed, b.odd = true, true
	}
}

// nameOf names a kind in an error, with its article.
func nameOf(k Kind) string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "a reference"
}

var kindNames = [...]string{
	KindNone: "nothing", KindUndefined: "undefined", KindNull: "null", KindHole: "a hole",
	KindBool: "a boolean", KindNumber: "a number", KindBigInt: "a bigint", KindString: "a string",
	KindDate: "a date", KindRegExp: "a regexp", KindURL: "a url", KindFunction: "a function",
	KindBoxed: "a boxed value", KindArrayBuffer: "an array buffer", KindTypedArray: "a typed array",
	KindDataView: "a data view", KindHeaders: "a headers list", KindArray: "an array",
	KindObject: "an object", KindMap: "a map", KindSet: "a set", KindError: "an error",
	KindRequest: "a request", KindResponse: "a response",
}

var _ Events = (*Builder)(nil)
