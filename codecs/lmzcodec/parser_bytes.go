package lmzcodec

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// arraybuffer reads {"subtype", "data"}, a DataView's with "byteOffset" and "byteLength".
func (p *parser) arraybuffer(at int) bool {
	s := &p.s
	name, ok := p.textPart(at, "subtype")
	if !ok {
		return false
	}
	kind, e := subtype(name)
	if e == nil {
		return s.Fail(at, "unknown subtype %.40q", name)
	}
	if !p.part(at, "data") || !p.open() {
		return false
	}
	p.data = p.data[:0]
	n := 0
	for first := true; s.More(first, ']'); first = false {
		if !p.element(e) {
			return false
		}
		n++
	}
	if s.Err != nil {
		return false
	}
	v := clone.View{Kind: kind, Elem: e.kind, Length: n, Buffer: p.data, BufferID: -1}
	switch kind {
	case clone.KindArrayBuffer:
		p.b.ArrayBuffer(p.data)
		return p.close()
	case clone.KindDataView:
		if v.Offset, ok = p.size(at, "byteOffset"); !ok {
			return false
		}
		if v.Length, ok = p.size(at, "byteLength"); !ok {
			return false
		}
		v.Elem = 0
	}
	p.b.View(v)
	return p.close()
}

// size reads a part that is a number of bytes.
func (p *parser) size(at int, name string) (int, bool) {
	if !p.part(at, name) {
		return 0, false
	}
	s := &p.s
	s.Next()
	from := s.Pos
	f, ok := s.Number()
	if !ok {
		return 0, false
	}
	if f != math.Trunc(f) || f < 0 || f > math.MaxInt32 {
		return 0, s.Fail(from, "%s %v", name, f)
	}
	return int(f), true
}

// element reads one element to the end of data.
func (p *parser) element(e *element) bool {
	s := &p.s
	c := s.Next()
	from := s.Pos
	switch e.kind {
	case value.Float32, value.Float64:
		f, ok := p.float(c)
		if !ok {
			return false
		}
		if e.kind == value.Float64 {
			p.data = binary.LittleEndian.AppendUint64(p.data, math.Float64bits(f))
			return true
		}
		p.data = binary.LittleEndian.AppendUint32(p.data, math.Float32bits(float32(f)))
		return true
	case value.BigInt64, value.BigUint64:
		t, ok := s.String()
		if !ok {
			return false
		}
		u, err := parseBig(string(s.Bytes(t)), e.kind == value.BigInt64)
		if err != nil {
			return s.Fail(from, "element %.40q of a %s", s.Bytes(t), e.name)
		}
		p.data = binary.LittleEndian.AppendUint64(p.data, u)
		return true
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

// float reads an element of a float array: a number, the name of one that JSON lacks,
// or null, which the npm package writes for those and reads as 0.
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
		f, ok := special(string(s.Bytes(t)))
		return f, ok || s.Fail(from, "element %.40q", s.Bytes(t))
	}
	return s.Number()
}

// parseBig reads -?[0-9]+ that fits 64 bits.
func parseBig(text string, signed bool) (uint64, error) {
	if slices.Contains([]byte(text), '+') {
		return 0, strconv.ErrSyntax
	}
	if signed {
		i, err := strconv.ParseInt(text, 10, 64)
		return uint64(i), err
	}
	return strconv.ParseUint(text, 10, 64)
}
