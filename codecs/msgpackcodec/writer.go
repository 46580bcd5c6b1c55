package msgpackcodec

import (
	"cmp"
	"encoding/binary"
	"math"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// writer writes a message in one pass: heads come with their counts, and only the flag that
// announces references is set afterwards.
type writer struct {
	out buffer
	enc *msgpack.Encoder // of out, for the heads of extensions and bytes
	err error

	left   int   // values that the current container lacks
	frames []int // the same of the containers around it

	pending int     // label of the value that comes next, -1: none
	labels  []int32 // label -> the value's number + 1
	next    int32   // number of the next value that can be shared
	refs    bool

	maxBytes int
}

// buffer is what the library's encoder writes to.
type buffer []byte

func (b *buffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

func (b *buffer) WriteByte(c byte) error {
	*b = append(*b, c)
	return nil
}

func newWriter() *writer {
	w := new(writer)
	w.enc = msgpack.NewEncoder(&w.out)
	return w
}

// start begins a message.
func (w *writer) start(l *fault.Limits) {
	w.maxBytes = cmp.Or(l.MessageBytes, defaults.MessageBytes)
	if w.maxBytes < 0 {
		w.maxBytes = math.MaxInt32 // what a document can name
	}
	w.out = append(w.out[:0], headCode, headExt, version<<4)
	w.left, w.pending = 1, -1
}

func (w *writer) release() {
	w.err = nil
	w.labels, w.frames = w.labels[:0], w.frames[:0]
	w.next, w.refs = 0, false
	if cap(w.out) <= 1<<20 && cap(w.labels) <= 1<<16 && cap(w.frames) <= 1<<12 {
		writers.Put(w)
	}
}

// Err returns the first failure.
func (w *writer) Err() error {
	if w.err == nil && len(w.out) > w.maxBytes {
		w.exceed(len(w.out))
	}
	return w.err
}

func (w *writer) exceed(n int) {
	if w.err == nil {
		w.err = fault.Exceeded(prefix+": bytes of a message", int64(n), int64(w.maxBytes), "MessageBytes")
	}
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fault.New(fault.CodeUnencodable, prefix+": "+format, args...)
	}
}

// finish completes the message.
func (w *writer) finish() error {
	if w.refs {
		w.out[headBytes-1] |= flagRefs
	}
	if w.left != 0 {
		w.fail("the value has %d parts too few", w.left)
	}
	return w.Err()
}

// Label gives the next value its label.
func (w *writer) Label(id int) { w.pending = id }

// identity counts a value that can be shared.
func (w *writer) identity() {
	w.left--
	if w.pending >= 0 {
		w.name(w.pending)
		w.pending = -1
	}
	w.next++
}

// name notes the number of the value that is about to be counted.
func (w *writer) name(label int) {
	for label >= len(w.labels) {
		w.labels = append(w.labels, 0)
	}
	w.labels[label] = w.next + 1
}

// Ref writes a reference.
func (w *writer) Ref(id int) {
	w.left--
	w.ref(id)
}

func (w *writer) ref(id int) {
	if id >= len(w.labels) || w.labels[id] == 0 {
		w.fail("reference to label %d, which there is not", id)
		return
	}
	w.refs = true
	switch n := uint32(w.labels[id] - 1); {
	case n <= math.MaxUint8:
		w.ext(extRef, 1)
		w.out = append(w.out, byte(n))
	case n <= math.MaxUint16:
		w.ext(extRef, 2)
		w.out = binary.BigEndian.AppendUint16(w.out, uint16(n))
	default:
		w.ext(extRef, 4)
		w.out = binary.BigEndian.AppendUint32(w.out, n)
	}
}

// Null writes null.
func (w *writer) Null() {
	w.left--
	w.out = append(w.out, codeNil)
}

// Bool writes a boolean.
func (w *writer) Bool(v bool) {
	w.left--
	if v {
		w.out = append(w.out, codeTrue)
	} else {
		w.out = append(w.out, codeFalse)
	}
}

// Number writes a number: a whole one within ±(2^53-1) as an integer, anything else, -0
// included, as a float.
func (w *writer) Number(v float64) {
	w.left--
	if i := int64(v); float64(i) == v && i >= -maxExact && i <= maxExact && (i != 0 || !math.Signbit(v)) {
		w.integer(i)
		return
	}
	w.float(codeFloat64, v)
}

// float writes 8 bytes, the same for every NaN, after what stands before them.
func (w *writer) float(code byte, v float64) {
	bits := math.Float64bits(v)
	if v != v {
		bits = canonicalNaN
	}
	w.out = binary.BigEndian.AppendUint64(append(w.out, code), bits)
}

const canonicalNaN = 0x7ff8 << 48

// integer writes i in its shortest form.
func (w *writer) integer(i int64) {
	switch {
	case i >= 0:
		w.unsigned(uint64(i))
	case i >= -32:
		w.out = append(w.out, byte(i))
	case i >= math.MinInt8:
		w.out = append(w.out, codeInt8, byte(i))
	case i >= math.MinInt16:
		w.out = binary.BigEndian.AppendUint16(append(w.out, codeInt16), uint16(i))
	case i >= math.MinInt32:
		w.out = binary.BigEndian.AppendUint32(append(w.out, codeInt32), uint32(i))
	default:
		w.out = binary.BigEndian.AppendUint64(append(w.out, codeInt64), uint64(i))
	}
}

func (w *writer) unsigned(u uint64) {
	switch {
	case u < 128:
		w.out = append(w.out, byte(u))
	case u <= math.MaxUint8:
		w.out = append(w.out, codeUint8, byte(u))
	case u <= math.MaxUint16:
		w.out = binary.BigEndian.AppendUint16(append(w.out, codeUint16), uint16(u))
	case u <= math.MaxUint32:
		w.out = binary.BigEndian.AppendUint32(append(w.out, codeUint32), uint32(u))
	default:
		w.out = binary.BigEndian.AppendUint64(append(w.out, codeUint64), u)
	}
}

// String writes a string.
func (w *writer) String(s string) {
	w.left--
	w.text(s)
}

// Key writes a member's key.
func (w *writer) Key(k string) { w.text(k) }

func (w *writer) text(s string) {
	n := len(s)
	switch {
	case n < 32:
		w.out = append(append(w.out, fixStr|byte(n)), s...)
		return
	case !w.fits(n):
		return
	case n <= math.MaxUint8:
		w.out = append(w.out, codeStr8, byte(n))
	case n <= math.MaxUint16:
		w.out = binary.BigEndian.AppendUint16(append(w.out, codeStr16), uint16(n))
	default:
		w.out = binary.BigEndian.AppendUint32(append(w.out, codeStr32), uint32(n))
	}
	w.out = append(w.out, s...)
}

// fits reports whether n more bytes may follow, so that large ones are not copied in vain.
func (w *writer) fits(n int) bool {
	if n > w.maxBytes-len(w.out) {
		w.exceed(len(w.out) + n)
		return false
	}
	return w.err == nil
}

// begin opens a container of n values, keys apart.
func (w *writer) begin(n int) {
	w.frames = append(w.frames, w.left)
	w.left = n
}

// array writes the head of an array of n elements.
func (w *writer) array(n int) {
	switch {
	case n < 16:
		w.out = append(w.out, fixArray|byte(n))
	case n <= math.MaxUint16:
		w.out = binary.BigEndian.AppendUint16(append(w.out, codeArray16), uint16(n))
	default:
		w.out = binary.BigEndian.AppendUint32(append(w.out, codeArray32), uint32(n))
	}
}

// BeginArray begins an array.
func (w *writer) BeginArray(n int) {
	w.identity()
	w.array(n)
	w.begin(n)
}

// BeginObject begins an object.
func (w *writer) BeginObject(n int) {
	w.identity()
	switch {
	case n < 16:
		w.out = append(w.out, fixMap|byte(n))
	case n <= math.MaxUint16:
		w.out = binary.BigEndian.AppendUint16(append(w.out, codeMap16), uint16(n))
	default:
		w.out = binary.BigEndian.AppendUint32(append(w.out, codeMap32), uint32(n))
	}
	w.begin(n)
}

// End ends the innermost container, whose head has told how much would come.
func (w *writer) End() {
	if w.left != 0 {
		w.fail("a container has %d parts fewer than it began with: it changed meanwhile", w.left)
	}
	n := len(w.frames) - 1
	w.left = w.frames[n]
	w.frames = w.frames[:n]
}

var _ clone.Events = (*writer)(nil)
