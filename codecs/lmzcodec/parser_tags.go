package lmzcodec

import (
	"math"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/value"
)

// tag reads a tagged value, of which the object begins before at, from the colon of its
// "$type" on.
func (p *parser) tag(at int) bool {
	s := &p.s
	s.Next()
	t, ok := s.String()
	if !ok {
		return false
	}
	name := s.Bytes(t)
	switch string(name) {
	case "undefined":
		return p.undefined(at)
	case "bigint", "number-special", "date", "url", "function":
		return p.oneText(at, string(name))
	case "regexp":
		return p.regexp(at)
	case "map":
		return p.entries(at)
	case "set":
		return p.values(at)
	case "error":
		return p.error(at)
	case "headers":
		return p.headers(at)
	case "arraybuffer":
		return p.arraybuffer(at)
	case "boolean-object", "number-object", "string-object", "bigint-object":
		return p.boxed(at, string(name))
	case "request-sync":
		return p.message(at, "url", "method")
	case "response-sync":
		return p.message(at, "status", "statusText")
	}
	return s.Fail(at, "unknown $type %.40q", name)
}

// part reads the next part's key, which must be name.
func (p *parser) part(at int, name string) bool {
	s := &p.s
	if !s.More(false, '}') {
		return s.Fail(at, "%q is missing", name)
	}
	from := s.Pos
	t, ok := s.Key()
	if ok && string(s.Bytes(t)) != name {
		return s.Fail(from, "%q expected, not %.40q", name, s.Bytes(t))
	}
	return ok
}

// close reads the end of a tagged value.
func (p *parser) close() bool {
	if p.s.More(false, '}') {
		return p.s.Fail(p.s.Pos, "a tagged value has one part too many")
	}
	return p.s.Err == nil
}

// textPart reads a part that is a string, which stays valid.
func (p *parser) textPart(at int, name string) (string, bool) {
	if !p.part(at, name) {
		return "", false
	}
	return p.string()
}

func (p *parser) string() (string, bool) {
	p.s.Next()
	t, ok := p.s.String()
	if !ok {
		return "", false
	}
	return string(p.s.Bytes(t)), true
}

func (p *parser) undefined(at int) bool {
	s := &p.s
	if !s.More(false, '}') {
		p.b.Undefined()
		return s.Err == nil
	}
	t, ok := s.Key()
	if !ok {
		return false
	}
	if string(s.Bytes(t)) != "hole" {
		return s.Fail(at, "undefined with a part")
	}
	if s.Next() != 't' || !s.Literal("true") {
		return s.Fail(s.Pos, `"hole" can only be true`)
	}
	p.b.Hole()
	return p.close()
}

// oneText reads the tags that have a single part, a string.
func (p *parser) oneText(at int, name string) bool {
	part := "value"
	switch name {
	case "date":
		part = "iso"
	case "url":
		part = "href"
	case "function":
		part = "name"
	}
	if !p.part(at, part) {
		return false
	}
	s := &p.s
	from := s.Pos
	s.Next()
	t, ok := s.String()
	if !ok {
		return false
	}
	text := s.Bytes(t)
	switch name {
	case "bigint":
		p.b.BigIntText(text)
	case "number-special":
		f, ok := special(string(text))
		if !ok {
			return s.Fail(from, "number %.40q", text)
		}
		p.b.Number(f)
	case "date":
		if len(text) == 0 {
			p.b.Date(math.NaN())
			break
		}
		d, err := value.ParseDate(string(text))
		if err != nil {
			return s.Fail(from, "date %.40q", text)
		}
		p.b.Date(d.Milliseconds)
	case "url":
		if !absolute(string(text)) {
			return s.Fail(from, "URL %.80q is not absolute", text)
		}
		p.b.URL(string(text))
	case "function":
		p.b.Function(string(text))
	}
	return p.close()
}

// special is the counterpart of specialNumber.
func special(name string) (float64, bool) {
	switch name {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		return math.Inf(1), true
	case "-Infinity":
		return math.Inf(-1), true
	case "-0":
		return math.Copysign(0, -1), true
	}
	return 0, false
}

func (p *parser) regexp(at int) bool {
	source, ok := p.textPart(at, "source")
	if !ok {
		return false
	}
	flags, ok := p.textPart(at, "flags")
	if !ok {
		return false
	}
	p.b.RegExp(source, flags)
	return p.close()
}

func (p *parser) boxed(at int, name string) bool {
	if !p.part(at, "value") {
		return false
	}
	s := &p.s
	p.b.Boxed()
	c := s.Next()
	switch name {
	case "boolean-object":
		if c != 't' && c != 'f' {
			return s.Fail(s.Pos, "a boolean expected")
		}
		return p.scalar(c) && p.close()
	case "number-object":
		if c != '"' {
			f, ok := s.Number()
			p.b.Number(f)
			return ok && p.close()
		}
	}
	from := s.Pos
	t, ok := s.String()
	if !ok {
		return false
	}
	text := s.Bytes(t)
	switch name {
	case "number-object":
		f, ok := special(string(text))
		if !ok {
			return s.Fail(from, "number %.40q", text)
		}
		p.b.Number(f)
	case "string-object":
		p.b.StringBytes(text)
	default:
		p.b.BigIntText(text)
	}
	return p.close()
}

// open reads the bracket of a part that is an array.
func (p *parser) open() bool { return p.s.Expect('[') }

func (p *parser) entries(at int) bool {
	s := &p.s
	if !p.part(at, "entries") || !p.open() {
		return false
	}
	p.b.BeginMap(-1)
	if !p.enter() {
		return false
	}
	for first := true; s.More(first, ']'); first = false {
		if !p.open() || !p.value() || !s.Expect(',') || !p.value() || !s.Expect(']') {
			return false
		}
	}
	return p.leave() && p.close()
}

func (p *parser) values(at int) bool {
	s := &p.s
	if !p.part(at, "values") || !p.open() {
		return false
	}
	p.b.BeginSet(-1)
	if !p.enter() {
		return false
	}
	for first := true; s.More(first, ']'); first = false {
		if !p.value() {
			return false
		}
	}
	return p.leave() && p.close()
}

// error reads an error: name, message, perhaps stack, then its own properties.
func (p *parser) error(at int) bool {
	name, ok := p.textPart(at, "name")
	if !ok {
		return false
	}
	message, ok := p.textPart(at, "message")
	if !ok {
		return false
	}
	s := &p.s
	begun := false
	var stack *string
	begin := func() bool {
		begun = true
		p.b.BeginError(name, message, stack, -1)
		return p.enter()
	}
	for first := true; s.More(false, '}'); first = false {
		from := s.Pos
		t, ok := s.Key()
		if !ok {
			return false
		}
		switch key := s.Bytes(t); string(key) {
		case "stack":
			if !first {
				return s.Fail(from, `"stack" after a property`)
			}
			text, ok := p.string()
			if !ok {
				return false
			}
			stack = &text
			continue
		case "name", "message", "$type", "$ref":
			return s.Fail(from, "error with %q as a property", key)
		}
		if !begun && !begin() {
			return false
		}
		p.key(t)
		if !p.value() {
			return false
		}
	}
	if s.Err != nil || !begun && !begin() {
		return false
	}
	return p.leave()
}

func (p *parser) headers(at int) bool {
	s := &p.s
	if !p.part(at, "entries") || !p.open() {
		return false
	}
	var entries []value.HeaderEntry
	for first := true; s.More(first, ']'); first = false {
		if !p.open() {
			return false
		}
		name, ok := p.string()
		if !ok || !s.Expect(',') {
			return false
		}
		text, ok := p.string()
		if !ok || !s.Expect(']') {
			return false
		}
		entries = append(entries, value.HeaderEntry{Name: name, Value: text})
	}
	if s.Err != nil {
		return false
	}
	p.b.Headers(entries)
	return p.close()
}

// message reads a request or a response: its two own parts, its headers, its body.
func (p *parser) message(at int, first, second string) bool {
	s := &p.s
	if !p.part(at, "data") || !s.Expect('{') || s.Next() != '"' {
		return s.Fail(s.Pos, "%q expected", first)
	}
	t, ok := s.Key()
	if !ok {
		return false
	}
	if string(s.Bytes(t)) != first {
		return s.Fail(at, "%q expected, not %.40q", first, s.Bytes(t))
	}
	if first == "status" {
		s.Next()
		from := s.Pos
		status, ok := s.Number()
		if !ok {
			return false
		}
		if !validStatus(status) {
			return s.Fail(from, "status %v", status)
		}
		text, ok := p.textPart(at, second)
		if !ok {
			return false
		}
		p.b.BeginResponse(int(status), text)
	} else {
		url, ok := p.string()
		if !ok {
			return false
		}
		method, ok := p.textPart(at, second)
		if !ok {
			return false
		}
		if !absolute(url) || !validMethod(method) {
			return s.Fail(at, "request for %.80q with method %.40q", url, method)
		}
		p.b.BeginRequest(url, method)
	}
	return p.enter() && p.part(at, "headers") && p.value() && p.part(at, "body") && p.body() && p.leave() && p.close()
}

// body reads the body and the end of the data: the node under "$body" if there is
// one, else the plain JSON under "body".
func (p *parser) body() bool {
	s := &p.s
	s.Next()
	start := s.Pos
	if !s.Skip(p.depth, p.maxDepth) {
		return false
	}
	if !s.More(false, '}') {
		if s.Err != nil {
			return false
		}
		end := s.Pos
		s.Pos = start
		ok := p.plain()
		s.Pos = end
		return ok
	}
	from := s.Pos
	t, ok := s.Key()
	if !ok {
		return false
	}
	if string(s.Bytes(t)) != "$body" {
		return s.Fail(from, "%.40q after a body", s.Bytes(t))
	}
	return p.value() && p.close()
}

// subtype is the closed list of what an "arraybuffer" can be.
func subtype(name string) (clone.Kind, *element) {
	switch name {
	case "ArrayBuffer":
		return clone.KindArrayBuffer, &elements[value.Uint8]
	case "DataView":
		return clone.KindDataView, &elements[value.Uint8]
	}
	for i := range elements {
		if elements[i].name == name {
			return clone.KindTypedArray, &elements[i]
		}
	}
	return clone.KindNone, nil
}
