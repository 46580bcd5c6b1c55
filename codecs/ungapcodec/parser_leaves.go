package ungapcodec

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// named reads the parts of a record whose tag is a string, the closed list of
// constructors that there are.
func (p *parser) named(e *entry, from int, tag []byte) bool {
	s := &p.s
	switch string(tag) {
	case "-0":
		e.kind, e.num = entNumber, math.Copysign(0, -1)
		return true
	case "Boolean", "Number", "String", "BigInt":
		e.kind = entBoxed
		name := string(tag)
		return s.Expect(',') && p.box(e, name)
	}
	kind, el := subtype(tag)
	if el == nil {
		return s.Fail(from, "unknown record %.40q", tag)
	}
	return s.Expect(',') && p.elements(e, kind, el)
}

// box reads the primitive of a boxed value.
func (p *parser) box(e *entry, name string) bool {
	s := &p.s
	c := s.Next()
	switch name {
	case "Boolean":
		switch c {
		case 't':
			e.prim = entTrue
			return s.Literal("true")
		case 'f':
			e.prim = entFalse
			return s.Literal("false")
		}
		return s.Fail(s.Pos, "a boolean expected")
	case "Number":
		e.prim = entNumber
		f, ok := p.float(c)
		e.num = f
		return ok
	case "String":
		e.prim = entString
		return p.string(e)
	}
	e.prim = entBigInt
	return p.bigint(e)
}

// float reads a number of a box or a float array: a number, the name of one that JSON
// lacks, or null, which the npm package writes for those and reads as 0.
func (p *parser) float(c byte) (float64, bool) {
	s := &p.s
	switch c {
	case 'n':
		return 0, s.Literal("null")
	case '"':
		from := s.Pos
		t, ok := s.String()
		if !ok {
			return 0, false
		}
		f, ok := named(s.Bytes(t))
		return f, ok || s.Fail(from, "number %.40q", s.Bytes(t))
	}
	return s.Number()
}

// named is the counterpart of special.
func named(name []byte) (float64, bool) {
	switch string(name) {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		return math.Inf(1), true
	case "-Infinity":
		return math.Inf(-1), true
	}
	return 0, false
}

// bigint reads decimal digits.
func (p *parser) bigint(e *entry) bool {
	s := &p.s
	from := s.Pos
	t, ok := p.text()
	if !ok {
		return false
	}
	e.off, e.extra = int32(len(p.texts)), -1
	p.texts = append(p.texts, t)
	digits := bytes.TrimPrefix(p.bytes(t), []byte("-"))
	if fault.Over(len(digits), p.maxDigits) {
		s.Err = fault.Exceeded(prefix+": digits of a bigint", int64(len(digits)), int64(p.maxDigits), "BigIntDigits")
		return false
	}
	for _, c := range digits {
		if c-'0' > 9 {
			return s.Fail(from, "bigint %.40q is not decimal", p.bytes(t))
		}
	}
	return len(digits) > 0 || s.Fail(from, "bigint %q has no digits", p.bytes(t))
}

// date reads a date as toISOString writes it; an invalid one is "".
func (p *parser) date(e *entry) bool {
	e.kind, e.num = entDate, math.NaN()
	s := &p.s
	s.Next()
	from := s.Pos
	t, ok := s.String()
	if !ok || len(s.Bytes(t)) == 0 {
		return ok
	}
	d, err := value.ParseDate(string(s.Bytes(t)))
	if err != nil {
		return s.Fail(from, "date %.40q", s.Bytes(t))
	}
	e.num = d.Milliseconds
	return true
}

func (p *parser) regexp(e *entry) bool {
	if !p.two(e, "source", "flags") {
		return false
	}
	if n := int(p.texts[e.off].n); fault.Over(n, p.maxSource) {
		p.s.Err = fault.Exceeded(prefix+": bytes of a regexp's source", int64(n), int64(p.maxSource), "RegExpSourceBytes")
		return false
	}
	return true
}

// elements reads the elements of bytes, and where a view lies in a buffer if that is told:
// of a typed array offset and buffer, of a DataView offset, length, and perhaps the buffer.
func (p *parser) elements(e *entry, kind clone.Kind, el *element) bool {
	s := &p.s
	if !s.Expect('[') {
		return false
	}
	p.data = p.data[:0]
	n := 0
	for first := true; s.More(first, ']'); first = false {
		if !p.element(el) {
			return false
		}
		n++
	}
	if s.Err != nil {
		return false
	}
	e.kind, e.off = entView, int32(len(p.views))
	v := clone.View{Kind: kind, Elem: el.kind, Length: n, Buffer: slices.Clone(p.data), BufferID: -1}
	switch kind {
	case clone.KindArrayBuffer:
		e.kind = entBuffer
		p.views = append(p.views, v)
		return true
	case clone.KindDataView:
		v.Elem = 0
	}
	ok := s.Next() != ',' || p.viewParts(e, &v)
	p.views = append(p.views, v)
	return ok
}

func (p *parser) viewParts(e *entry, v *clone.View) bool {
	s := &p.s
	s.Pos++
	n, ok := p.place()
	v.Offset = int(n)
	if ok && v.Kind == clone.KindDataView {
		if !s.Expect(',') {
			return false
		}
		n, ok = p.place()
		v.Length = int(n)
		if !ok || s.Next() != ',' {
			return ok
		}
	}
	if !ok || !s.Expect(',') {
		return false
	}
	e.extra, ok = p.place()
	return ok
}

// inBuffer checks a view against the buffer that it names, and makes it one of that.
func (p *parser) inBuffer(e *entry) bool {
	b := &p.recs[e.extra]
	if b.kind != entBuffer {
		return p.s.Fail(int(e.at), "record %d as the buffer of a view, which it is not,", e.extra)
	}
	v := &p.views[e.off]
	own, all := v.Buffer, p.views[b.off].Buffer
	if v.Kind == clone.KindTypedArray {
		if from := v.Offset; from > len(all) || len(own) > len(all)-from {
			return p.s.Fail(int(e.at), "a view at %d of %d bytes does not fit its buffer of %d", from, len(own), len(all))
		}
		all = all[v.Offset:][:len(own)]
	}
	if !bytes.Equal(own, all) {
		return p.s.Fail(int(e.at), "a view of other bytes than its buffer's")
	}
	b.many, b.refs = true, true
	v.Buffer = nil
	return true
}

// element reads one element to the end of data.
func (p *parser) element(e *element) bool {
	s := &p.s
	c := s.Next()
	from := s.Pos
	switch {
	case e.big:
		t, ok := s.String()
		if !ok {
			return false
		}
		u, ok := parseBig(s.Bytes(t), e.kind == value.BigInt64)
		p.data = binary.LittleEndian.AppendUint64(p.data, u)
		return ok || s.Fail(from, "element %.40q of a %s", s.Bytes(t), e.name)
	case e.kind == value.Float64:
		f, ok := p.float(c)
		p.data = binary.LittleEndian.AppendUint64(p.data, math.Float64bits(f))
		return ok
	case e.kind == value.Float32:
		f, ok := p.float(c)
		p.data = binary.LittleEndian.AppendUint32(p.data, math.Float32bits(float32(f)))
		return ok
	}
	f, ok := s.Number()
	if !ok {
		return false
	}
	if f != math.Trunc(f) || f < e.min || f > e.max {
		return s.Fail(from, "element %v of a %s", f, e.name)
	}
	i := uint64(int64(f))
	switch e.size {
	case 1:
		p.data = append(p.data, byte(i))
	case 2:
		p.data = binary.LittleEndian.AppendUint16(p.data, uint16(i))
	default:
		p.data = binary.LittleEndian.AppendUint32(p.data, uint32(i))
	}
	return true
}

// parseBig reads -?[0-9]+ that fits 64 bits.
func parseBig(digits []byte, signed bool) (uint64, bool) {
	if len(digits) == 0 || digits[0] == '+' {
		return 0, false
	}
	if signed {
		i, err := strconv.ParseInt(string(digits), 10, 64)
		return uint64(i), err == nil
	}
	u, err := strconv.ParseUint(string(digits), 10, 64)
	return u, err == nil
}
