package ungapcodec

import (
	"math/big"

	"github.com/millrace/millrace/core/fault"
)

// tell tells the builder the root and everything that it leads to. What it does not lead to follows
// in an array aside, where the builder checks and counts it, and nothing ever finds it.
func (p *parser) tell() bool {
	p.recs[0].many = p.recs[0].refs
	if !p.value(0) {
		return false
	}
	begun := false
	for i := range p.recs {
		e := &p.recs[i]
		if e.told {
			continue
		}
		if !begun {
			begun = true
			p.b.Aside()
			p.b.Label(p.next())
			p.b.BeginArray(-1)
		}
		e.many = e.refs
		if !p.value(int32(i)) {
			return false
		}
	}
	if begun {
		p.b.End()
	}
	return true
}

// next is a label that was not given yet.
func (p *parser) next() int {
	p.labels++
	return p.labels - 1
}

// labelOf is the label of a record that has one, and gives it one before.
func (p *parser) labelOf(e *entry) int {
	if e.label < 0 {
		e.label = int32(p.next())
	}
	return int(e.label)
}

// charge counts the bytes of texts and bigints as often as they occur, which is how often a build copies them.
func (p *parser) charge(n int) bool {
	if p.copied += n; fault.Over(p.copied, p.maxCopied) {
		p.b.Fail(fault.Exceeded("bytes of a value", int64(p.copied), int64(p.maxCopied), "MessageBytes"))
		return false
	}
	return true
}

// value tells one record, or refers to it when it was told before.
func (p *parser) value(i int32) bool {
	e := &p.recs[i]
	p.at = e.at
	if e.kind < entDate {
		e.told = true
		p.leaf(e.kind, e)
		return p.b.Err() == nil
	}
	if e.kind == entObject && !p.plain {
		if p.markOf(e) == markSpecial {
			e.told = true
			p.use(e)
			p.b.Number(e.num)
			return p.b.Err() == nil
		}
	}
	if e.told && e.label >= 0 {
		p.b.Ref(int(e.label))
		return p.b.Err() == nil
	}
	e.told = true
	if e.many {
		p.b.Label(p.labelOf(e))
	}
	p.identified(e)
	return p.b.Err() == nil
}

// identified tells a value that has an identity.
func (p *parser) identified(e *entry) {
	switch e.kind {
	case entDate:
		p.b.Date(e.num)
	case entRegExp:
		p.b.RegExp(p.textOf(e, 0), p.textOf(e, 1))
	case entBoxed:
		p.b.Boxed()
		p.leaf(e.prim, e)
	case entBuffer:
		p.b.ArrayBufferOwned(p.views[e.off].Buffer)
	case entView:
		v := p.views[e.off]
		if e.extra >= 0 {
			v.Seen, v.BufferID = true, p.labelOf(&p.recs[e.extra])
		}
		p.b.ViewOwned(v)
	case entError:
		p.b.BeginError(p.textOf(e, 0), p.textOf(e, 1), nil, 0)
		p.b.End()
	case entArray:
		p.b.BeginArray(int(e.n))
		p.values(e)
	case entSet:
		p.b.BeginSet(int(e.n))
		p.values(e)
	case entMap:
		p.b.BeginMap(int(e.n) / 2)
		p.values(e)
	default:
		p.object(e)
	}
}

// values tells the parts of a container, and its end.
func (p *parser) values(e *entry) {
	if p.b.Err() != nil {
		return
	}
	for _, part := range p.parts(e) {
		if part == e.extra {
			p.recs[part].told = true
			p.b.Hole()
		} else if !p.value(part) {
			return
		}
	}
	p.at = e.at
	p.b.End()
}

// object tells an object, or what it marks.
func (p *parser) object(e *entry) {
	if !p.plain && p.markOf(e) != markNone {
		p.marked(e)
		return
	}
	p.b.BeginObject(int(e.n) / 2)
	parts := p.parts(e)
	for i := 0; i < len(parts) && p.b.Err() == nil; i += 2 {
		p.key(parts[i])
		p.value(parts[i+1])
		p.at = e.at
	}
	p.b.End()
}

// key tells a member's key.
func (p *parser) key(i int32) {
	e := &p.recs[i]
	e.told = true
	t := p.texts[e.off]
	switch {
	case !p.charge(int(t.n)):
	case t.side:
		p.b.KeyBytes(p.bytes(t))
	default:
		p.b.KeyAt(int(t.off), int(t.n))
	}
}

// textOf is a copy of one of a record's texts.
func (p *parser) textOf(e *entry, i int32) string { return string(p.bytes(p.texts[e.off+i])) }

// leaf tells a primitive.
func (p *parser) leaf(k entryKind, e *entry) {
	switch k {
	case entUndefined:
		p.b.Undefined()
	case entNull:
		p.b.Null()
	case entTrue, entFalse:
		p.b.Bool(k == entTrue)
	case entNumber:
		p.b.Number(e.num)
	case entString:
		switch t := p.texts[e.off]; {
		case !p.charge(int(t.n)):
		case t.side:
			p.b.StringBytes(p.bytes(t))
		default:
			p.b.StringAt(int(t.off), int(t.n))
		}
	case entFunction:
		p.b.Function(p.textOf(e, 0))
	default:
		p.big(e)
	}
}

// big tells a bigint, of which a long one is read once however often it occurs.
func (p *parser) big(e *entry) {
	t := p.texts[e.off]
	if t.n <= 18 {
		p.b.BigIntText(p.bytes(t))
		return
	}
	if !p.charge(int(t.n) / 2) {
		return
	}
	if e.extra < 0 {
		v, _ := new(big.Int).SetString(string(p.bytes(t)), 10)
		e.extra = int32(len(p.bigs))
		p.bigs = append(p.bigs, v)
	}
	p.b.BigInt(p.bigs[e.extra])
}
