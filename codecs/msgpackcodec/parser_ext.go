package msgpackcodec

import (
	"encoding/binary"
	"io"
	"math"
	"math/big"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// library puts the library's decoder at the current position.
func (p *parser) library() {
	_, _ = p.reader.Seek(int64(p.pos), io.SeekStart) // a position within the data
}

// took moves behind what the library's decoder has read, and takes n bytes more.
func (p *parser) took(at, n int, err error) ([]byte, bool) {
	if err != nil {
		return nil, p.short(at)
	}
	p.pos = len(p.data) - p.reader.Len()
	if n < 0 || n > len(p.data)-p.pos { // a negative one is a large one on 32 bits
		return nil, p.fail(at, "%d bytes, %d are left", uint32(n), len(p.data)-p.pos)
	}
	body := p.data[p.pos : p.pos+n]
	p.pos += n
	return body, true
}

// extHead reads the head of an extension, and returns its body.
func (p *parser) extHead(at int) (id int8, body []byte, ok bool) {
	p.library()
	id, n, err := p.dec.DecodeExtHeader()
	body, ok = p.took(at, n, err)
	return id, body, ok
}

// bin reads bytes, a Uint8Array.
func (p *parser) bin(at int) bool {
	p.library()
	n, err := p.dec.DecodeBytesLen()
	body, ok := p.took(at, n, err)
	if ok {
		p.whole(value.Uint8, body)
	}
	return ok
}

// whole adds a typed array that is all of its buffer.
func (p *parser) whole(k value.ArrayKind, body []byte) {
	p.identity(clone.KindTypedArray)
	p.b.View(clone.View{Kind: clone.KindTypedArray, Elem: k, Length: len(body) / k.Size(), Buffer: body, BufferID: p.buffer(len(body))})
}

// extension reads an extension that is a value.
func (p *parser) extension(at int) bool {
	id, body, ok := p.extHead(at)
	if !ok {
		return false
	}
	switch id {
	case extSimple:
		return p.simple(at, body)
	case extRef:
		n, ok := p.refTo(at, body)
		if ok {
			p.b.Ref(n)
		}
		return ok
	case extBigInt:
		return p.bigInt(at, body)
	case extDate:
		return p.date(at, body)
	case extURL, extFunction:
		if !p.valid(p.pos-len(body), body) {
			return false
		}
		if id == extFunction {
			p.b.Function(string(body))
			return true
		}
		p.identity(clone.KindURL)
		p.b.URL(string(body))
		return true
	case extBuffer:
		p.identity(clone.KindArrayBuffer)
		if p.refs {
			p.shared[len(p.shared)-1].size = int32(len(body))
		}
		p.b.ArrayBuffer(body)
		return true
	case extTyped:
		if len(body) == 0 || int(body[0]) >= len(elements) || (len(body)-1)%elements[body[0]].Size() != 0 {
			return p.fail(at, "a typed array of %d bytes that is none", len(body))
		}
		p.whole(elements[body[0]], body[1:])
		return true
	case extTag:
		return p.fail(at, "a tag that is not the first of an array")
	}
	return p.fail(at, "unknown extension %d", id)
}

func (p *parser) simple(at int, body []byte) bool {
	switch {
	case len(body) == 1 && body[0] == simpleUndefined:
		p.b.Undefined()
	case len(body) == 1 && body[0] == simpleHole:
		p.b.Hole()
	default:
		return p.fail(at, "a simple value %.8x", body)
	}
	return true
}

// refTo reads which value a reference names: one that began before.
func (p *parser) refTo(at int, body []byte) (int, bool) {
	if !p.refs {
		return 0, p.fail(at, "a reference in a message that announces none")
	}
	var n uint32
	switch len(body) {
	case 1:
		n = uint32(body[0])
	case 2:
		n = uint32(binary.BigEndian.Uint16(body))
	case 4:
		n = binary.BigEndian.Uint32(body)
	default:
		return 0, p.fail(at, "a reference of %d bytes", len(body))
	}
	if uint64(n) >= uint64(len(p.shared)) {
		return 0, p.fail(at, "a reference to value %d, %d began before", n, len(p.shared))
	}
	return int(n), true
}

func (p *parser) bigInt(at int, body []byte) bool {
	if len(body) == 0 || body[0] > 1 || len(body) == 1 && body[0] == 1 || len(body) > 1 && body[1] == 0 {
		return p.fail(at, "a bigint %.8x without its sign or with zeros in front", body)
	}
	v := new(big.Int).SetBytes(body[1:])
	if body[0] == 1 {
		v.Neg(v)
	}
	p.b.BigInt(v)
	return true
}

func (p *parser) date(at int, body []byte) bool {
	if len(body) != 8 {
		return p.fail(at, "a date of %d bytes", len(body))
	}
	ms := math.Float64frombits(binary.BigEndian.Uint64(body))
	if ms == ms && (ms != math.Trunc(ms) || math.Abs(ms) > value.MaxDate || ms == 0 && math.Signbit(ms)) {
		return p.fail(at, "a date of %v milliseconds", ms)
	}
	p.identity(clone.KindDate)
	p.b.Date(ms)
	return true
}

// tagged reads an array of n parts behind its tag, of a container only what precedes its values.
func (p *parser) tagged(at int, tag byte, n int) bool {
	switch tag {
	case tagMap:
		if n%2 != 0 {
			return p.misshapen(at, "map", n)
		}
		p.identity(clone.KindMap)
		p.b.BeginMap(n / 2)
		return p.open(n, slotPlain)
	case tagSet:
		p.identity(clone.KindSet)
		p.b.BeginSet(n)
		return p.open(n, slotPlain)
	case tagError:
		return p.error(at, n, 2)
	case tagErrorStack:
		return p.error(at, n, 3)
	case tagRequest:
		return p.request(at, n)
	case tagResponse:
		return p.response(at, n)
	case tagHeaders:
		return p.headers(at, n)
	case tagRegExp:
		return p.regexp(at, n)
	case tagBoxed:
		return p.boxed(at, n)
	case tagDataView:
		return p.view(at, n, clone.View{Kind: clone.KindDataView}, 1)
	}
	if i := int(tag) - tagTyped; i >= 0 && i < len(elements) {
		return p.view(at, n, clone.View{Kind: clone.KindTypedArray, Elem: elements[i]}, elements[i].Size())
	}
	return p.fail(at, "unknown tag %#x", tag)
}

func (p *parser) misshapen(at int, what string, n int) bool {
	return p.fail(at, "%s of %d parts", what, n)
}

// string reads a part that is a string.
func (p *parser) string() (string, bool) {
	off, n, ok := p.text()
	if !ok {
		return "", false
	}
	return string(p.data[off : off+n]), true
}

// strings reads as many strings as there are in into.
func (p *parser) strings(into ...*string) bool {
	for _, s := range into {
		var ok bool
		if *s, ok = p.string(); !ok {
			return false
		}
	}
	return true
}

func (p *parser) error(at, n, texts int) bool {
	n -= texts
	if n < 0 || n%2 != 0 {
		return p.misshapen(at, "error", n+texts)
	}
	var name, message, text string
	if !p.strings(&name, &message) {
		return false
	}
	var stack *string
	if texts == 3 {
		if !p.strings(&text) {
			return false
		}
		stack = &text
	}
	p.identity(clone.KindError)
	p.b.BeginError(name, message, stack, n/2)
	return p.open(n/2, slotKeyed)
}

func (p *parser) request(at, n int) bool {
	if n != 4 {
		return p.misshapen(at, "request", n)
	}
	var url, method string
	if !p.strings(&url, &method) {
		return false
	}
	p.identity(clone.KindRequest)
	p.b.BeginRequest(url, method)
	return p.open(2, slotHeader)
}

func (p *parser) response(at, n int) bool {
	if n != 4 {
		return p.misshapen(at, "response", n)
	}
	status, ok := p.number(math.MaxUint16)
	if !ok {
		return false
	}
	text, ok := p.string()
	if !ok {
		return false
	}
	p.identity(clone.KindResponse)
	p.b.BeginResponse(status, text)
	return p.open(2, slotHeader)
}

// number reads a part that is an integer from 0 to most.
func (p *parser) number(most int64) (int, bool) {
	at := p.pos
	if at >= len(p.data) {
		return 0, p.short(at)
	}
	i, ok := p.integer(at, p.data[at])
	if ok && (i < 0 || i > most) {
		return 0, p.fail(at, "%d where at most %d belongs", i, most)
	}
	return int(i), ok
}

// isHeaders reports whether a headers list follows, or a reference to one.
func (p *parser) isHeaders(at int) bool {
	if at >= len(p.data) {
		return p.short(at)
	}
	c := p.data[at]
	if c&^0x0f != fixArray && c != codeArray16 && c != codeArray32 {
		if c < codeFixExt1 || c > codeFixExt16 {
			return false
		}
		id, body, ok := p.extHead(at)
		p.pos = at
		if !ok || id != extRef {
			return false
		}
		n, ok := p.refTo(at, body)
		return ok && p.shared[n].kind == clone.KindHeaders
	}
	n, ok := p.length(at, c, fixArray, 0x0f, codeArray16-1)
	ok = ok && n > 0 && p.tagAhead() && p.data[p.pos+2] == tagHeaders
	p.pos = at
	return ok
}

func (p *parser) headers(at, n int) bool {
	if n%2 != 0 {
		return p.misshapen(at, "headers", n)
	}
	if fault.Over(n/2, p.maxNodes) {
		return p.exceed("values of one message", n/2, p.maxNodes, "ValueNodes")
	}
	entries := make([]value.HeaderEntry, n/2)
	for i := range entries {
		if !p.strings(&entries[i].Name, &entries[i].Value) {
			return false
		}
	}
	p.identity(clone.KindHeaders)
	p.b.Headers(entries)
	return true
}

func (p *parser) regexp(at, n int) bool {
	if n != 2 {
		return p.misshapen(at, "regexp", n)
	}
	var source, flags string
	if !p.strings(&source, &flags) {
		return false
	}
	p.identity(clone.KindRegExp)
	p.b.RegExp(source, flags)
	return true
}

func (p *parser) boxed(at, n int) bool {
	if n != 1 {
		return p.misshapen(at, "boxed value", n)
	}
	p.identity(clone.KindBoxed)
	p.b.Boxed()
	at = p.pos
	if at < len(p.data) {
		// Nothing that could hold a value: the builder looks at the rest.
		if c := p.data[at]; c >= fixMap && c < fixStr || c >= codeArray16 && c <= codeMap32 {
			return p.fail(at, "a boxed value is code %#x", c)
		}
	}
	return p.value(at)
}

// view reads a view of which the elements have size bytes: its buffer or a reference to one, and its place in that.
func (p *parser) view(at, n int, v clone.View, size int) bool {
	if n != 3 {
		return p.misshapen(at, "view", n)
	}
	p.identity(v.Kind)
	from := p.pos
	if from >= len(p.data) {
		return p.short(from)
	}
	if c := p.data[from]; (c < codeFixExt1 || c > codeFixExt16) && (c < codeExt8 || c > codeExt32) {
		return p.fail(from, "a buffer expected, not code %#x", c)
	}
	id, body, ok := p.extHead(from)
	length := len(body)
	switch {
	case !ok:
		return false
	case id == extBuffer:
		v.Buffer, v.BufferID = body, p.buffer(len(body))
	case id == extRef:
		if v.BufferID, ok = p.refTo(from, body); !ok {
			return false
		}
		s := p.shared[v.BufferID]
		if s.kind != clone.KindArrayBuffer {
			return p.fail(from, "a view of value %d, which is no buffer", v.BufferID)
		}
		v.Seen, length = true, int(s.size)
	default:
		return p.fail(from, "a buffer expected, not extension %d", id)
	}
	if v.Offset, ok = p.number(math.MaxInt32); !ok {
		return false
	}
	if v.Length, ok = p.number(math.MaxInt32); !ok {
		return false
	}
	if v.Offset%size != 0 || v.Offset > length || v.Length > (length-v.Offset)/size {
		return p.fail(at, "a view of %d elements at byte %d does not fit its buffer of %d bytes", v.Length, v.Offset, length)
	}
	p.b.View(v)
	return true
}
