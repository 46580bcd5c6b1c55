package lmzcodec

import (
	"math"
	"strings"

	"github.com/millrace/millrace/codecs/internal/jsontok"
)

// The npm package writes the body of a request or response by JSON.stringify: no
// tags, no escaped keys, no references. What is plain in that sense is written
// so. Everything else is written twice: as JSON.stringify would, which may be
// little, for readers of the npm package, and whole, as a node under the key
// "$body", which those ignore.

// validStatus reports whether JavaScript can construct a Response of that status.
func validStatus(status float64) bool {
	return status >= 200 && status <= 599 && status == math.Trunc(status)
}

// validMethod reports whether JavaScript can construct a Request of that method: a
// token, and none of those that the Fetch standard forbids.
func validMethod(method string) bool {
	for i := range len(method) {
		c := method[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
		if !letter && !strings.Contains("!#$%&'*+-.^_`|~", string(rune(c))) {
			return false
		}
	}
	return method != "" && !strings.EqualFold(method, "CONNECT") &&
		!strings.EqualFold(method, "TRACE") && !strings.EqualFold(method, "TRACK")
}

// beginBody notes where a body begins.
func (w *writer) beginBody(f *frame) {
	f.body, f.special, f.escaped = int32(len(w.marks)), w.special, w.escaped
	w.marks = append(w.marks, mark{kind: markBody, start: w.out.Buffered()})
}

// endBody notes where it ends, and whether it takes more than a copy.
func (w *writer) endBody(f *frame) {
	w.close(f.body)
	m := &w.marks[f.body]
	m.rich, m.escaped = w.special > f.special, w.escaped > f.escaped
	w.anew = w.anew || m.rich || m.escaped
}

// appendPlain appends what JSON.stringify makes of a value that stands in node as
// this writer wrote it: dates and URLs are strings, members that are undefined or
// functions are missing, other tagged values are {}. References are null.
func appendPlain(out, node []byte) []byte {
	p := plainer{out: out}
	p.s.Reset(node, "lmzcodec")
	if !p.value() {
		p.out = append(p.out, "null"...)
	}
	return p.out
}

// plainer reads what the writer wrote, and so meets no failure.
type plainer struct {
	s   jsontok.Scanner
	out []byte
}

// value reports whether there is a value: undefined and functions are none.
func (p *plainer) value() bool {
	s := &p.s
	start := s.Pos
	switch s.Next() {
	case '[':
		s.Pos++
		p.out = append(p.out, '[')
		for first := true; s.More(first, ']'); first = false {
			if !first {
				p.out = append(p.out, ',')
			}
			if !p.value() {
				p.out = append(p.out, "null"...)
			}
		}
		p.out = append(p.out, ']')
	case '{':
		return p.object()
	default:
		s.Skip(0, -1)
		p.out = append(p.out, s.Data[start:s.Pos]...)
	}
	return true
}

func (p *plainer) object() bool {
	s := &p.s
	s.Pos++
	p.out = append(p.out, '{')
	written := false
	for first := true; s.More(first, '}'); first = false {
		start := s.Pos
		if first && strings.HasPrefix(string(s.Data[start:min(len(s.Data), start+8)]), `"$type":`) {
			p.out = p.out[:len(p.out)-1]
			return p.tag()
		}
		s.Key()
		back := len(p.out)
		if written {
			p.out = append(p.out, ',')
		}
		key := s.Data[start:s.Pos]
		if key[1] == '$' { // quote, escape, key
			p.out = append(p.out, '"')
			key = key[2:]
		}
		p.out = append(p.out, key...)
		if p.value() {
			written = true
		} else {
			p.out = p.out[:back]
		}
	}
	p.out = append(p.out, '}')
	return true
}

// tag reads a tagged value from its "$type" on.
func (p *plainer) tag() bool {
	s := &p.s
	s.Key()
	s.Next()
	t, _ := s.String()
	name := string(s.Bytes(t))
	first := []byte("{}")
	for i := 0; s.More(false, '}'); i++ {
		s.Key()
		start := s.Pos
		s.Skip(0, -1)
		if i == 0 {
			first = s.Data[start:s.Pos]
		}
	}
	switch name {
	case "undefined", "function":
		return false
	case "date", "url", "boolean-object", "number-object", "string-object", "number-special":
		p.out = append(p.out, plainPart(name, first)...)
	case "bigint", "bigint-object":
		p.out = append(p.out, first...) // JSON.stringify throws
	default:
		p.out = append(p.out, "{}"...)
	}
	return true
}

func plainPart(name string, part []byte) []byte {
	switch {
	case name == "date" && string(part) == `""`, name == "number-object" && part[0] == '"':
		return []byte("null")
	case name == "number-special" && string(part) == `"-0"`:
		return []byte("0")
	case name == "number-special":
		return []byte("null")
	}
	return part
}
