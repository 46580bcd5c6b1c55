package lmzcodec

import (
	"cmp"

	"github.com/millrace/millrace/codecs/internal/jsontok"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// parser reads a document straight into a builder, which checks the grammar of
// values, keys that occur twice, labels and most limits.
type parser struct {
	s jsontok.Scanner
	b *clone.Builder

	depth, maxDepth int

	data []byte // scratch for elements
}

// prefix is how failures begin.
const prefix = "lmzcodec"

func (p *parser) release() {
	p.s.Reset(nil, prefix)
	p.b = nil
	if cap(p.data) <= 1<<16 {
		parsers.Put(p)
	}
}

func (p *parser) parse(data []byte, limits *fault.Limits) (*clone.Document, error) {
	p.b = clone.NewBuilder(*limits)
	p.depth, p.maxDepth = 0, cmp.Or(limits.ValueDepth, defaults.ValueDepth)
	p.b.Borrow(data)
	if !p.s.Reset(data, prefix) || !p.document() || !p.s.End() {
		p.b.Fail(p.s.Err)
	}
	d, err := p.b.Finish()
	// A failure of the scanner has its prefix already.
	if err != nil && err != p.s.Err {
		err = fault.Wrap(fault.CodeOf(err), prefix, err)
	}
	return d, err
}

// document reads {"json": node, "meta": {...}}, its keys in either order.
func (p *parser) document() bool {
	s := &p.s
	if !s.Expect('{') {
		return false
	}
	var json, meta bool
	for first := true; s.More(first, '}'); first = false {
		at := s.Pos
		t, ok := s.Key()
		if !ok {
			return false
		}
		switch key := s.Bytes(t); {
		case string(key) == "json" && !json:
			json = true
			if !p.value() {
				return false
			}
		case string(key) == "meta" && !meta:
			meta = true
			if !p.meta() {
				return false
			}
		default:
			return s.Fail(at, "key %.40q in a document", key)
		}
	}
	return s.Err == nil && (json || s.Fail(s.Pos, `a document without "json"`))
}

// meta reads null, {} or {"aliases": {"0": node, ...}}.
func (p *parser) meta() bool {
	s := &p.s
	if s.Next() == 'n' {
		return s.Literal("null")
	}
	if !s.Expect('{') {
		return false
	}
	seen := false
	for first := true; s.More(first, '}'); first = false {
		at := s.Pos
		t, ok := s.Key()
		if !ok {
			return false
		}
		if key := s.Bytes(t); string(key) != "aliases" || seen {
			return s.Fail(at, "key %.40q in meta", key)
		}
		seen = true
		if !p.aliases() {
			return false
		}
	}
	return s.Err == nil
}

func (p *parser) aliases() bool {
	s := &p.s
	if !s.Expect('{') {
		return false
	}
	for first := true; s.More(first, '}'); first = false {
		at := s.Pos
		t, ok := s.Key()
		if !ok {
			return false
		}
		id, ok := index(s.Bytes(t))
		if !ok {
			return s.Fail(at, "alias %.40q is not a number", s.Bytes(t))
		}
		p.b.Aside()
		p.b.Label(id)
		if !p.value() {
			return false
		}
	}
	return s.Err == nil
}

// index reads the canonical number of an alias: up to nine digits.
func index(text []byte) (int, bool) {
	if len(text) == 0 || len(text) > 9 || text[0] == '0' && len(text) > 1 {
		return 0, false
	}
	n := 0
	for _, c := range text {
		if c-'0' > 9 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// enter and leave count the containers of the wire, which bounds the recursion.
func (p *parser) enter() bool {
	p.depth++
	if fault.Over(p.depth, p.maxDepth) {
		p.s.Err = fault.Exceeded(prefix+": depth of containers", int64(p.depth), int64(p.maxDepth), "ValueDepth")
		return false
	}
	return p.b.Err() == nil
}

func (p *parser) leave() bool {
	p.depth--
	p.b.End()
	return p.s.Err == nil
}

// value reads one node.
func (p *parser) value() bool {
	s := &p.s
	switch c := s.Next(); c {
	case '"':
		return p.text()
	case '{':
		return p.object()
	case '[':
		s.Pos++
		p.b.BeginArray(-1)
		if !p.enter() {
			return false
		}
		for first := true; s.More(first, ']'); first = false {
			if !p.value() {
				return false
			}
		}
		return p.leave()
	default:
		return p.scalar(c)
	}
}

// scalar reads what begins with c and is neither string nor container.
func (p *parser) scalar(c byte) bool {
	s := &p.s
	switch c {
	case 't':
		p.b.Bool(true)
		return s.Literal("true")
	case 'f':
		p.b.Bool(false)
		return s.Literal("false")
	case 'n':
		p.b.Null()
		return s.Literal("null")
	}
	f, ok := s.Number()
	if ok {
		p.b.Number(f)
	}
	return ok
}

func (p *parser) text() bool {
	t, ok := p.s.String()
	switch {
	case !ok:
	case t.Unquoted == nil:
		p.b.StringAt(t.Off, t.Len)
	default:
		p.b.StringBytes(t.Unquoted)
	}
	return ok
}

// object reads an object, a tagged value or a reference: its first key tells.
func (p *parser) object() bool {
	s := &p.s
	s.Pos++
	begun := false
	for first := true; s.More(first, '}'); first = false {
		at := s.Pos
		t, ok := s.Key()
		if !ok {
			return false
		}
		key := s.Bytes(t)
		if len(key) > 0 && key[0] == '$' {
			switch string(key) {
			case "$type":
				return first && p.tag(at) || !first && s.Fail(at, `"$type" must be the first key`)
			case "$ref":
				return first && p.ref(at) || !first && s.Fail(at, `"$ref" must be the only key`)
			}
		}
		if !begun {
			begun = true
			p.b.BeginObject(-1)
			if !p.enter() {
				return false
			}
		}
		p.key(t)
		if !p.value() {
			return false
		}
	}
	if !begun {
		p.b.BeginObject(-1)
		if s.Err != nil || !p.enter() {
			return false
		}
	}
	return p.leave()
}

// key passes a key on, without the "$" that escapes it.
func (p *parser) key(t jsontok.Text) {
	if t.Unquoted != nil {
		k := t.Unquoted
		if len(k) > 1 && k[0] == '$' && k[1] == '$' {
			k = k[1:]
		}
		p.b.KeyBytes(k)
		return
	}
	if d := p.s.Data; t.Len > 1 && d[t.Off] == '$' && d[t.Off+1] == '$' {
		t.Off++
		t.Len--
	}
	p.b.KeyAt(t.Off, t.Len)
}

// ref reads the rest of {"$ref": n}.
func (p *parser) ref(at int) bool {
	s := &p.s
	s.Next()
	start := s.Pos
	if _, ok := s.Number(); !ok {
		return false
	}
	id, ok := index(s.Data[start:s.Pos])
	if !ok {
		return s.Fail(start, "reference %.40q", s.Data[start:s.Pos])
	}
	if s.More(false, '}') {
		return s.Fail(at, `"$ref" must be the only key`)
	}
	p.b.Ref(id)
	return s.Err == nil
}

// plain reads a body: JSON in which "$" means nothing.
func (p *parser) plain() bool {
	s := &p.s
	switch c := s.Next(); c {
	case '"':
		return p.text()
	case '{', '[':
		s.Pos++
		if c == '{' {
			p.b.BeginObject(-1)
		} else {
			p.b.BeginArray(-1)
		}
		if !p.enter() {
			return false
		}
		for first := true; s.More(first, c+2); first = false {
			if c == '{' {
				t, ok := s.Key()
				if !ok {
					return false
				}
				if t.Unquoted != nil {
					p.b.KeyBytes(t.Unquoted)
				} else {
					p.b.KeyAt(t.Off, t.Len)
				}
			}
			if !p.plain() {
				return false
			}
		}
		return p.leave()
	default:
		return p.scalar(c)
	}
}
