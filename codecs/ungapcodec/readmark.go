package ungapcodec

import (
	"github.com/millrace/millrace/core/value"
)

// markOf is what an object marks: exactly in its shape, or nothing.
func (p *parser) markOf(e *entry) int {
	if e.mark == unknown {
		e.mark = markNone
		if m := p.named14(e); m != markNone && p.shaped(e, m) {
			e.mark = int8(m)
		}
	}
	return int(e.mark)
}

// named14 is the marker that a member names.
func (p *parser) named14(e *entry) int {
	parts := p.parts(e)
	for i := 0; i < len(parts); i += 2 {
		if m := p.recs[parts[i]].mark; m > markNone {
			if p.recs[parts[i+1]].kind != entTrue || p.member(e, markNames[m]) == nil {
				return markNone
			}
			return int(m)
		}
	}
	return markNone
}

// member is the value of a member, nil when there is none or more than one.
func (p *parser) member(e *entry, name string) *entry {
	var found *entry
	parts := p.parts(e)
	for i := 0; i < len(parts); i += 2 {
		if k := &p.recs[parts[i]]; p.isText(k, name) {
			if found != nil {
				return nil
			}
			found = &p.recs[parts[i+1]]
		}
	}
	return found
}

func (p *parser) isText(e *entry, s string) bool {
	return e.kind == entString && string(p.bytes(p.texts[e.off])) == s
}

// has reports whether there is a member, of any of the kinds.
func (p *parser) has(e *entry, name string, kinds ...entryKind) bool {
	m := p.member(e, name)
	if m == nil {
		return false
	}
	for _, k := range kinds {
		if m.kind == k {
			return true
		}
	}
	return false
}

// count is how many of the members there are.
func (p *parser) count(e *entry, kinds []entryKind, names ...string) int {
	n := 0
	for _, name := range names {
		if p.has(e, name, kinds...) {
			n++
		}
	}
	return n
}

var (
	kindText = []entryKind{entString}
	kindBool = []entryKind{entTrue, entFalse}
	kindNull = []entryKind{entNull}
)

// shaped reports whether an object has all members of a marker, of their types, and no other.
func (p *parser) shaped(e *entry, m int) bool {
	n := int(e.n)/2 - 1
	switch m {
	case markSpecial:
		if n != 1 || !p.has(e, "value", entString) {
			return false
		}
		f, ok := named(p.bytes(p.texts[p.member(e, "value").off]))
		e.num = f
		return ok
	case markError:
		return p.errorShaped(e)
	case markURL:
		return n == 1 && p.has(e, "href", entString) && absolute(p.look(e, "href"))
	case markHeaders:
		return n == 1 && p.has(e, "entries", entArray) && p.entriesShaped(p.member(e, "entries"))
	}
	h := p.member(e, "headers")
	if h == nil || !p.isHeaders(h) {
		return false
	}
	bodies, ok := p.bodyShaped(e)
	if !ok {
		return false
	}
	n -= 1 + bodies
	if m == markRequest {
		return p.has(e, "url", entString) && absolute(p.look(e, "url")) &&
			p.has(e, "method", entString) && validMethod(p.look(e, "method")) &&
			n == 2+p.count(e, kindText, "redirect", "integrity")+p.count(e, kindBool, "keepalive")+p.count(e, kindNull, "signal")
	}
	return p.has(e, "status", entNumber) && validStatus(p.member(e, "status").num) && p.has(e, "statusText", entString) &&
		n == 2+p.count(e, kindBool, "ok", "redirected")+p.count(e, kindText, "type", "url")
}

// isHeaders reports whether a record marks headers. Many requests may share one that does not,
// and may itself be of any shape: only this is found out of it, and once.
func (p *parser) isHeaders(e *entry) bool {
	if e.kind != entObject || e.other {
		return false
	}
	e.other = p.named14(e) != markHeaders || p.markOf(e) != markHeaders
	return !e.other
}

// errorShaped: an error has a name, a message, perhaps a stack, and any other members.
func (p *parser) errorShaped(e *entry) bool {
	if !p.has(e, "name", entString) || !p.has(e, "message", entString) {
		return false
	}
	if p.has(e, "stack", entString, entUndefined) {
		return true
	}
	for i, part := range p.parts(e) {
		if i%2 == 0 && p.isText(&p.recs[part], "stack") {
			return false
		}
	}
	return true
}

// look is the text of a member, of which many objects may share a long one.
func (p *parser) look(e *entry, name string) string {
	m := p.member(e, name)
	if !p.charge(int(p.texts[m.off].n)) {
		return ""
	}
	return p.textOf(m, 0)
}

// entriesShaped reports whether an array is a header list, with names and values that Fetch allows.
func (p *parser) entriesShaped(a *entry) bool {
	if a.mark == unknown {
		a.mark = markNone
		if entries, ok := p.entries(a); ok {
			if _, err := value.NewHeaders(entries...); err == nil {
				a.mark = markHeaders
			}
		}
	}
	return a.mark == markHeaders
}

func (p *parser) entries(a *entry) ([]value.HeaderEntry, bool) {
	entries := make([]value.HeaderEntry, 0, a.n)
	for _, part := range p.parts(a) {
		pair := &p.recs[part]
		if pair.kind != entArray || pair.n != 2 {
			return nil, false
		}
		k, v := &p.recs[p.parts(pair)[0]], &p.recs[p.parts(pair)[1]]
		if k.kind != entString || v.kind != entString {
			return nil, false
		}
		if !p.charge(int(p.texts[k.off].n + p.texts[v.off].n)) {
			return nil, false
		}
		entries = append(entries, value.HeaderEntry{Name: p.textOf(k, 0), Value: p.textOf(v, 0)})
	}
	return entries, true
}

// bodyShaped counts the members that make up a body.
func (p *parser) bodyShaped(e *entry) (int, bool) {
	t := p.member(e, "bodyType")
	switch {
	case t == nil:
		return 0, true
	case p.isText(t, bodyText):
		return 2, p.has(e, "body", entString)
	case p.isText(t, bodyBinary):
		return 2, p.has(e, "body", entBuffer, entView)
	case p.isText(t, bodyValue):
		return 2, p.member(e, "bodyValue") != nil
	}
	return 0, false
}

// use takes the primitives of a marker as told.
func (p *parser) use(e *entry) {
	for _, part := range p.parts(e) {
		if r := &p.recs[part]; r.kind < entDate {
			r.told = true
		}
	}
}

// marked tells what an object marks.
func (p *parser) marked(e *entry) {
	p.use(e)
	switch e.mark {
	case markError:
		p.error(e)
	case markURL:
		p.b.URL(p.textOf(p.member(e, "href"), 0))
	case markHeaders:
		p.headers(p.member(e, "entries"))
	case markRequest:
		p.b.BeginRequest(p.textOf(p.member(e, "url"), 0), p.textOf(p.member(e, "method"), 0))
		p.body(e)
	case markResponse:
		p.b.BeginResponse(int(p.member(e, "status").num), p.look(e, "statusText"))
		p.body(e)
	}
}

func (p *parser) error(e *entry) {
	name, message := p.textOf(p.member(e, "name"), 0), p.textOf(p.member(e, "message"), 0)
	var stack *string
	n := len(name) + len(message)
	if s := p.member(e, "stack"); s != nil && s.kind == entString {
		text := p.textOf(s, 0)
		stack = &text
		n += len(text)
	}
	if !p.charge(n) {
		return
	}
	p.b.BeginError(name, message, stack, -1)
	parts := p.parts(e)
	for i := 0; i < len(parts) && p.b.Err() == nil; i += 2 {
		switch k := &p.recs[parts[i]]; {
		case k.mark == markError, p.isText(k, "name"), p.isText(k, "message"), p.isText(k, "stack"):
		default:
			p.key(parts[i])
			p.value(parts[i+1])
			p.at = e.at
		}
	}
	p.b.End()
}

func (p *parser) headers(a *entry) {
	entries, ok := p.entries(a)
	if !ok {
		return
	}
	a.told = true
	for _, part := range p.parts(a) {
		pair := &p.recs[part]
		pair.told = true
		for _, part := range p.parts(pair) {
			p.recs[part].told = true
		}
	}
	p.b.Headers(entries)
}

// body tells the headers and the body of a request or response, and its end.
func (p *parser) body(e *entry) {
	parts := p.parts(e)
	body := int32(-1)
	for i := 0; i < len(parts) && p.b.Err() == nil; i += 2 {
		switch k := &p.recs[parts[i]]; {
		case p.isText(k, "headers"):
			p.value(parts[i+1])
		case p.isText(k, "body"), p.isText(k, "bodyValue"):
			body = parts[i+1]
		}
	}
	if body < 0 {
		p.b.Null()
	} else {
		p.value(body)
	}
	p.at = e.at
	p.b.End()
}
