package ungapcodec

import (
	"cmp"
	"math"
	"math/big"

	"github.com/millrace/millrace/codecs/internal/jsontok"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// parser reads a document in two passes. The first reads all records, checks each
// by itself, and counts who refers to whom. The second (see build.go) goes from the
// root along the references and tells a builder, as readers of the npm package go,
// so that what is referred to is told before another reference to it. The builder checks
// keys that occur twice and most limits.
type parser struct {
	config
	s jsontok.Scanner
	b *clone.Builder

	recs  []entry
	lists []int32      // parts of containers
	texts []text       // of records that have several
	side  []byte       // texts that had escapes
	views []clone.View // of buffers, too
	data  []byte       // scratch for elements
	bigs  []*big.Int

	labels int   // given so far
	at     int32 // of the record that the builder is told

	maxRecords, maxDigits, maxSource int
	copied, maxCopied                int
}

// entry is a record that was read.
type entry struct {
	kind  entryKind
	prim  entryKind // of a boxed value: that of its primitive
	mark  int8      // of an object: the marker it is, unknown if not yet looked at; of a string: the marker it names
	told  bool      // the builder knows it, or it was a part of a marker
	many  bool      // more than one reference to it
	refs  bool      // there is one
	other bool      // of an object: it does not mark headers

	at     int32 // byte of its beginning
	label  int32 // -1: none
	off, n int32 // where its parts, its texts or its view are
	extra  int32 // array: the hole's record, -1: none; bytes: the buffer's, -1: none
	num    float64
}

type entryKind uint8

const (
	entUndefined entryKind = iota
	entNull
	entTrue
	entFalse
	entNumber
	entString
	entFunction
	entBigInt
	entDate // the first that has an identity
	entRegExp
	entBoxed
	entBuffer
	entView
	entArray
	entObject
	entMap
	entSet
	entError
)

// unknown is the mark of an object that was not looked at.
const unknown = -1

// text is where a string lies: in the data, or beside it when it had escapes.
type text struct {
	off, n int32
	side   bool
}

// spreading is how many times MessageBytes the texts of a value may be: a string of which
// there is one record can occur any number of times, for some bytes each.
const spreading = 8

// recordsPerValue is more than any value takes: a Request has most.
const recordsPerValue = 16

func (p *parser) release() {
	p.s.Reset(nil, prefix)
	p.b = nil
	clear(p.bigs)
	clear(p.views)
	p.recs, p.lists, p.texts, p.side = p.recs[:0], p.lists[:0], p.texts[:0], p.side[:0]
	p.bigs, p.views = p.bigs[:0], p.views[:0]
	const keep = 1 << 12
	if cap(p.recs) <= keep && cap(p.lists) <= 4*keep && cap(p.texts) <= keep && cap(p.views) <= keep && cap(p.side) <= 1<<16 && cap(p.data) <= 1<<16 {
		parsers.Put(p)
	}
}

func (p *parser) parse(data []byte, c config, l *fault.Limits) (*clone.Document, error) {
	p.config = c
	p.b = clone.NewBuilder(*l)
	p.labels, p.copied, p.at = 0, 0, 0
	p.maxDigits = cmp.Or(l.BigIntDigits, defaults.BigIntDigits)
	p.maxSource = cmp.Or(l.RegExpSourceBytes, defaults.RegExpSourceBytes)
	p.maxRecords = times(cmp.Or(l.ValueNodes, defaults.ValueNodes), recordsPerValue)
	p.maxCopied = times(cmp.Or(l.MessageBytes, defaults.MessageBytes), spreading)
	p.b.Borrow(data)
	p.b.Bound(p.maxCopied)
	if !p.s.Reset(data, prefix) || !p.document() || !p.s.End() || !p.link() || !p.tell() {
		p.b.Fail(p.s.Err)
	}
	d, err := p.b.Finish()
	// A failure of the scanner has its prefix already.
	if err != nil && err != p.s.Err {
		if code := fault.CodeOf(err); code == fault.CodeMalformed {
			err = fault.New(code, "%s: %w at byte %d", prefix, err, p.at)
		} else {
			err = fault.Wrap(code, prefix, err)
		}
	}
	return d, err
}

// times multiplies a limit, of which there may be none.
func times(limit, n int) int {
	if limit < 0 || limit > math.MaxInt32/n {
		return fault.NoLimit
	}
	return limit * n
}

// document reads [record, ...].
func (p *parser) document() bool {
	s := &p.s
	if !s.Expect('[') {
		return false
	}
	for first := true; s.More(first, ']'); first = false {
		if fault.Over(len(p.recs)+1, p.maxRecords) {
			s.Err = fault.Exceeded(prefix+": records of one message", int64(len(p.recs)+1), int64(p.maxRecords), "ValueNodes")
			return false
		}
		if !p.record() {
			return false
		}
	}
	return s.Err == nil && (len(p.recs) > 0 || s.Fail(s.Pos, "a document without records"))
}

// record reads [tag, part...].
func (p *parser) record() bool {
	s := &p.s
	e := entry{at: int32(s.Pos), label: -1, extra: -1, mark: unknown}
	if !s.Expect('[') {
		return false
	}
	from := s.Pos
	if s.Next() == '"' {
		t, ok := s.String()
		if !ok || !p.named(&e, from, s.Bytes(t)) {
			return false
		}
	} else if !p.numbered(&e, from) {
		return false
	}
	p.recs = append(p.recs, e)
	if s.More(false, ']') {
		return s.Fail(s.Pos, "a record has one part too many")
	}
	return s.Err == nil
}

// numbered reads the parts of a record whose tag is a number.
func (p *parser) numbered(e *entry, from int) bool {
	s := &p.s
	tag, ok := p.digits()
	if !ok {
		return false
	}
	if string(tag) == "-1" {
		e.kind = entUndefined
		return true
	}
	if len(tag) != 1 || tag[0] > '8' {
		return s.Fail(from, "unknown record %.40s", tag)
	}
	if !s.Expect(',') {
		return false
	}
	switch tag[0] {
	case '0':
		return p.primitive(e)
	case '1':
		return p.array(e)
	case '2':
		e.kind = entObject
		return p.pairs(e)
	case '3':
		return p.date(e)
	case '4':
		e.kind = entRegExp
		return p.regexp(e)
	case '5':
		e.kind = entMap
		return p.pairs(e)
	case '6':
		e.kind = entSet
		return p.list(e)
	case '7':
		e.kind = entError
		return p.two(e, "name", "message")
	}
	e.kind = entBigInt
	return p.bigint(e)
}

// digits reads a number as it is written.
func (p *parser) digits() ([]byte, bool) {
	s := &p.s
	s.Next()
	from := s.Pos
	if _, ok := s.Number(); !ok {
		return nil, false
	}
	return s.Data[from:s.Pos], true
}

// place reads the place of a record: up to nine digits.
func (p *parser) place() (int32, bool) {
	d, ok := p.digits()
	if !ok {
		return 0, false
	}
	s, n := &p.s, int32(0)
	from := s.Pos - len(d)
	for _, c := range d {
		if c-'0' > 9 || len(d) > 9 {
			return 0, s.Fail(from, "place %.40s of a record", d)
		}
		n = n*10 + int32(c-'0')
	}
	return n, true
}

// primitive reads null, a boolean, a number, a string, or null and a function's name.
func (p *parser) primitive(e *entry) bool {
	s := &p.s
	switch s.Next() {
	case 't':
		e.kind = entTrue
		return s.Literal("true")
	case 'f':
		e.kind = entFalse
		return s.Literal("false")
	case 'n':
		return s.Literal("null") && p.function(e)
	case '"':
		e.kind = entString
		return p.string(e)
	}
	e.kind = entNumber
	f, ok := s.Number()
	e.num = f
	return ok
}

func (p *parser) function(e *entry) bool {
	e.kind = entNull
	if p.s.Next() != ',' {
		return true
	}
	p.s.Pos++
	p.s.Next()
	e.kind = entFunction
	return p.string(e)
}

// text reads a string.
func (p *parser) text() (text, bool) {
	p.s.Next()
	t, ok := p.s.String()
	if !ok || t.Unquoted == nil {
		return text{off: int32(t.Off), n: int32(t.Len)}, ok
	}
	p.side = append(p.side, t.Unquoted...)
	return text{off: int32(len(p.side) - len(t.Unquoted)), n: int32(len(t.Unquoted)), side: true}, true
}

// bytes is a string's text.
func (p *parser) bytes(t text) []byte {
	if t.side {
		return p.side[t.off:][:t.n]
	}
	return p.s.Data[t.off:][:t.n]
}

// string reads a string that is all of a record.
func (p *parser) string(e *entry) bool {
	t, ok := p.text()
	e.off = int32(len(p.texts))
	p.texts = append(p.texts, t)
	if b := p.bytes(t); len(b) > len("__is") && string(b[:4]) == "__is" {
		e.mark = markNone
		for m := range markNames {
			if m != markNone && string(b) == markNames[m] {
				e.mark = int8(m)
			}
		}
	}
	return ok
}

// two reads an object of two members, both strings.
func (p *parser) two(e *entry, first, second string) bool {
	s := &p.s
	if !s.Expect('{') {
		return false
	}
	e.off = int32(len(p.texts))
	for i, name := range [...]string{first, second} {
		if !s.More(i == 0, '}') {
			return s.Fail(s.Pos, "%q is missing", name)
		}
		from := s.Pos
		t, ok := s.Key()
		if !ok {
			return false
		}
		if string(s.Bytes(t)) != name {
			return s.Fail(from, "%q expected, not %.40q", name, s.Bytes(t))
		}
		x, ok := p.text()
		if !ok {
			return false
		}
		p.texts = append(p.texts, x)
	}
	return s.Err == nil && (!s.More(false, '}') || s.Fail(s.Pos, "a record has one member too many"))
}

// list reads [place, ...].
func (p *parser) list(e *entry) bool {
	s := &p.s
	if !s.Expect('[') {
		return false
	}
	e.off = int32(len(p.lists))
	for first := true; s.More(first, ']'); first = false {
		i, ok := p.place()
		if !ok {
			return false
		}
		p.lists = append(p.lists, i)
	}
	e.n = int32(len(p.lists)) - e.off
	return s.Err == nil
}

// array reads a list, and perhaps the place of what stands for a hole.
func (p *parser) array(e *entry) bool {
	e.kind = entArray
	if !p.list(e) {
		return false
	}
	if p.s.Next() != ',' {
		return true
	}
	p.s.Pos++
	hole, ok := p.place()
	e.extra = hole
	return ok
}

// pairs reads [[place, place], ...].
func (p *parser) pairs(e *entry) bool {
	s := &p.s
	if !s.Expect('[') {
		return false
	}
	e.off = int32(len(p.lists))
	for first := true; s.More(first, ']'); first = false {
		if !s.Expect('[') {
			return false
		}
		k, ok := p.place()
		if !ok || !s.Expect(',') {
			return false
		}
		v, ok := p.place()
		if !ok || !s.Expect(']') {
			return false
		}
		p.lists = append(p.lists, k, v)
	}
	e.n = int32(len(p.lists)) - e.off
	return s.Err == nil
}

// parts are the places of a container's parts.
func (p *parser) parts(e *entry) []int32 {
	if e.n == 0 { // or not a container
		return nil
	}
	return p.lists[e.off : e.off+e.n]
}

// link checks what records say of one another, and counts.
func (p *parser) link() bool {
	n := int32(len(p.recs))
	for i := range p.recs {
		e := &p.recs[i]
		p.at = e.at
		for j, part := range p.parts(e) {
			if part >= n {
				return p.s.Fail(int(e.at), "reference to record %d, which there is not,", part)
			}
			r := &p.recs[part]
			if e.kind == entObject && j%2 == 0 && r.kind != entString {
				return p.s.Fail(int(e.at), "record %d as a key, which is no string,", part)
			}
			r.many = r.many || r.refs
			r.refs = true
		}
		if e.extra < 0 {
			continue
		}
		if e.extra >= n {
			return p.s.Fail(int(e.at), "reference to record %d, which there is not,", e.extra)
		}
		if e.kind == entArray && !p.hasHole(e) || e.kind == entView && !p.inBuffer(e) {
			return false
		}
	}
	return true
}

// hasHole checks the hole of an array.
func (p *parser) hasHole(e *entry) bool {
	if p.recs[e.extra].kind == entUndefined {
		for _, part := range p.parts(e) {
			if part == e.extra {
				return true
			}
		}
	}
	return p.s.Fail(int(e.at), "record %d as a hole, which is none of the array's,", e.extra)
}
