package msgpackcodec

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// parser reads a message straight into a builder, which checks keys that occur
// twice, where holes are, and most limits. It keeps a stack of its own and never recurses.
type parser struct {
	data []byte
	pos  int
	err  error
	b    *clone.Builder

	frames   []frame // frames[0] is the root's
	maxDepth int
	maxNodes int

	refs   bool     // values are numbered
	shared []shared // by number, as far as refs is set

	// What reads the heads of extensions and bytes.
	reader bytes.Reader
	dec    *msgpack.Decoder
}

// frame is an open container.
type frame struct {
	left int  // values to come
	slot slot // what stands in front of values
}

type slot uint8

const (
	slotPlain  slot = iota
	slotKeyed       // a key
	slotHeader      // nothing, but the first of two values is a headers list
)

// shared is a value that a reference may name.
type shared struct {
	kind clone.Kind
	size int32 // of a buffer
}

func newParser() *parser {
	p := new(parser)
	p.dec = msgpack.NewDecoder(&p.reader)
	return p
}

func (p *parser) release() {
	p.reader.Reset(nil)
	p.data, p.b, p.err = nil, nil, nil
	if cap(p.frames) <= 1<<12 && cap(p.shared) <= 1<<14 {
		parsers.Put(p)
	}
}

func (p *parser) parse(data []byte, limits *fault.Limits) (*clone.Document, error) {
	p.data, p.pos = data, 0
	p.b = clone.NewBuilder(*limits)
	p.b.Borrow(data)
	p.maxDepth = cmp.Or(limits.ValueDepth, defaults.ValueDepth)
	p.maxNodes = cmp.Or(limits.ValueNodes, defaults.ValueNodes)
	p.frames = append(p.frames[:0], frame{left: 1})
	p.shared = p.shared[:0]
	p.reader.Reset(data)
	if !p.head() || !p.values() || !p.end() {
		p.b.Fail(p.err)
	}
	d, err := p.b.Finish()
	switch {
	case p.err != nil:
		return nil, p.err // it knows the byte, the builder does not
	case err != nil:
		return nil, fault.Wrap(fault.CodeOf(err), prefix, err)
	}
	return d, nil
}

// fail says what is wrong with the byte at.
func (p *parser) fail(at int, format string, args ...any) bool {
	if p.err == nil {
		e := fault.New(fault.CodeMalformed, format, args...)
		p.err = fault.New(fault.CodeMalformed, "%s: %s at byte %d", prefix, e.Message, at)
	}
	return false
}

// refused passes on what the builder says to the value at.
func (p *parser) refused(at int) bool {
	err := p.b.Err()
	if fault.CodeOf(err) == fault.CodeMalformed {
		return p.fail(at, "%v", err)
	}
	p.err = fault.Wrap(fault.CodeOf(err), prefix, err)
	return false
}

func (p *parser) exceed(what string, got, limit int, setting string) bool {
	p.err = fault.Exceeded(prefix+": "+what, int64(got), int64(limit), setting)
	return false
}

// head reads what stands in front of the value.
func (p *parser) head() bool {
	if len(p.data) < headBytes || p.data[0] != headCode || p.data[1] != headExt {
		return p.fail(0, "no message begins like this")
	}
	switch h := p.data[2]; {
	case h>>4 != version:
		return p.fail(2, "version %d of the format", h>>4)
	case h&flagsMask&^flagRefs != 0:
		return p.fail(2, "unknown flags %#x", h&flagsMask)
	default:
		p.refs = h&flagRefs != 0
	}
	p.pos = headBytes
	return true
}

func (p *parser) end() bool {
	return p.pos == len(p.data) || p.fail(p.pos, "bytes after the message")
}

// values reads the root and everything in it.
func (p *parser) values() bool {
	for {
		top := len(p.frames) - 1
		f := &p.frames[top]
		if f.left == 0 {
			if top == 0 {
				return true
			}
			p.frames = p.frames[:top]
			p.b.End()
			continue
		}
		f.left--
		if f.slot != slotPlain && !p.before(f) {
			return false
		}
		at := p.pos
		if !p.value(at) {
			return false
		}
		if p.b.Err() != nil {
			return p.refused(at)
		}
	}
}

// before reads a key, or looks whether a headers list follows.
func (p *parser) before(f *frame) bool {
	at := p.pos
	if f.slot == slotKeyed {
		off, n, ok := p.text()
		if !ok {
			return false
		}
		p.b.KeyAt(off, n)
		return p.b.Err() == nil || p.refused(at)
	}
	return f.left != 1 || p.isHeaders(at) || p.fail(at, "headers expected")
}

// open begins a container of n values, for which there are bytes.
func (p *parser) open(n int, s slot) bool {
	if depth := len(p.frames); fault.Over(depth, p.maxDepth) {
		return p.exceed("depth of containers", depth, p.maxDepth, "ValueDepth")
	}
	p.frames = append(p.frames, frame{n, s})
	return true
}

// value reads the value at, of a container only the head.
func (p *parser) value(at int) bool {
	if at >= len(p.data) {
		return p.short(at)
	}
	switch c := p.data[at]; {
	case c < fixMap:
		p.pos++
		p.b.Number(float64(c))
		return true
	case c >= fixNeg:
		p.pos++
		p.b.Number(float64(int8(c)))
		return true
	case c >= fixStr && c < codeNil, c >= codeStr8 && c <= codeStr32:
		off, n, ok := p.text()
		if ok {
			p.b.StringAt(off, n)
		}
		return ok
	case c < fixArray, c == codeMap16, c == codeMap32:
		return p.object(at, c)
	case c < fixStr, c == codeArray16, c == codeArray32:
		return p.array(at, c)
	case c >= codeFixExt1 && c <= codeFixExt16, c >= codeExt8 && c <= codeExt32:
		return p.extension(at)
	case c >= codeBin8 && c <= codeBin32:
		return p.bin(at)
	default:
		return p.scalar(at, c)
	}
}

// scalar reads what begins with c and has a fixed length.
func (p *parser) scalar(at int, c byte) bool {
	switch c {
	case codeNil:
		p.pos++
		p.b.Null()
		return true
	case codeFalse, codeTrue:
		p.pos++
		p.b.Bool(c == codeTrue)
		return true
	case codeFloat32:
		u, ok := p.fixed(at, 4)
		if ok {
			p.b.Number(float64(math.Float32frombits(uint32(u))))
		}
		return ok
	case codeFloat64:
		u, ok := p.fixed(at, 8)
		if ok {
			p.b.Number(math.Float64frombits(u))
		}
		return ok
	}
	i, ok := p.integer(at, c)
	if ok {
		p.b.Number(float64(i))
	}
	return ok
}

// short says that the message ends within what is read at.
func (p *parser) short(at int) bool { return p.fail(at, "the message ends too early") }

// fixed reads n bytes behind the code at, as an unsigned number.
func (p *parser) fixed(at, n int) (uint64, bool) {
	from := at + 1
	if n > len(p.data)-from {
		return 0, p.short(at)
	}
	p.pos = from + n
	b := p.data[from:p.pos]
	switch n {
	case 1:
		return uint64(b[0]), true
	case 2:
		return uint64(binary.BigEndian.Uint16(b)), true
	case 4:
		return uint64(binary.BigEndian.Uint32(b)), true
	}
	return binary.BigEndian.Uint64(b), true
}

// integer reads an integer that begins with c: any of MessagePack's forms of one that a number holds.
func (p *parser) integer(at int, c byte) (int64, bool) {
	switch {
	case c < fixMap:
		p.pos++
		return int64(c), true
	case c >= fixNeg:
		p.pos++
		return int64(int8(c)), true
	case c >= codeUint8 && c <= codeUint64:
		u, ok := p.fixed(at, 1<<(c-codeUint8))
		if ok && u > maxExact {
			return 0, p.fail(at, "%d is no number that can be told from its neighbours", u)
		}
		return int64(u), ok
	case c >= codeInt8 && c <= codeInt64:
		u, ok := p.fixed(at, 1<<(c-codeInt8))
		i := int64(u)
		switch c {
		case codeInt8:
			i = int64(int8(u))
		case codeInt16:
			i = int64(int16(u))
		case codeInt32:
			i = int64(int32(u))
		}
		if ok && (i > maxExact || i < -maxExact) {
			return 0, p.fail(at, "%d is no number that can be told from its neighbours", i)
		}
		return i, ok
	}
	return 0, p.fail(at, "code %#x", c)
}

// length reads the count of a head that begins with c: in the code, or in the bytes behind it.
func (p *parser) length(at int, c, fix, mask, first byte) (int, bool) {
	if c&^mask == fix {
		p.pos++
		return int(c & mask), true
	}
	n, ok := p.fixed(at, 1<<(c-first))
	if n > math.MaxInt32 {
		return 0, p.fail(at, "a length of %d", n)
	}
	return int(n), ok
}

// text reads a string's place.
func (p *parser) text() (off, n int, ok bool) {
	at := p.pos
	if at >= len(p.data) {
		return 0, 0, p.short(at)
	}
	c := p.data[at]
	if c&^0x1f != fixStr && (c < codeStr8 || c > codeStr32) {
		return 0, 0, p.fail(at, "a string expected, not code %#x", c)
	}
	if n, ok = p.length(at, c, fixStr, 0x1f, codeStr8); !ok {
		return 0, 0, false
	}
	if n > len(p.data)-p.pos {
		return 0, 0, p.fail(at, "a string of %d bytes, %d are left", n, len(p.data)-p.pos)
	}
	off = p.pos
	p.pos += n
	return off, n, p.valid(off, p.data[off:p.pos])
}

// valid reports whether the text at is WTF-8.
func (p *parser) valid(at int, text []byte) bool {
	return utf8.Valid(text) || value.ValidText(string(text)) || p.fail(at, "text that is not UTF-8")
}

// elements reports whether n values of at least size bytes each can be left.
func (p *parser) elements(at, n, size int) bool {
	return n <= (len(p.data)-p.pos)/size || p.fail(at, "a container of %d parts, %d bytes are left", n, len(p.data)-p.pos)
}

func (p *parser) object(at int, c byte) bool {
	n, ok := p.length(at, c, fixMap, 0x0f, codeMap16-1)
	if !ok || !p.elements(at, n, 2) {
		return false
	}
	p.identity(clone.KindObject)
	p.b.BeginObject(n)
	return p.open(n, slotKeyed)
}

func (p *parser) array(at int, c byte) bool {
	n, ok := p.length(at, c, fixArray, 0x0f, codeArray16-1)
	if !ok || !p.elements(at, n, 1) {
		return false
	}
	if n > 0 && p.tagAhead() {
		tag := p.data[p.pos+2]
		p.pos += 3
		return p.tagged(at, tag, n-1)
	}
	p.identity(clone.KindArray)
	p.b.BeginArray(n)
	return p.open(n, slotPlain)
}

// tagAhead reports whether a tag follows.
func (p *parser) tagAhead() bool {
	d := p.data[p.pos:]
	return len(d) >= 3 && d[0] == codeFixExt1 && d[1] == extTag
}

// identity numbers a value that a reference may name.
func (p *parser) identity(k clone.Kind) {
	if p.refs {
		p.b.Label(len(p.shared))
		p.shared = append(p.shared, shared{kind: k})
	}
}

// buffer numbers the buffer of a view, and returns what the builder is to call it.
func (p *parser) buffer(size int) int {
	if !p.refs {
		return -1
	}
	p.shared = append(p.shared, shared{clone.KindArrayBuffer, int32(size)})
	return len(p.shared) - 1
}
