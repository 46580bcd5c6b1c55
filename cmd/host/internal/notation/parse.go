package notation

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/core/value"
)

// Parse reads one value, and nothing else, from text. The error is a [*SyntaxError].
func Parse(text string) (any, error) {
	v, n, err := ParsePrefix(text)
	if err != nil {
		return nil, err
	}
	s := scanner{text: text, at: n}
	if s.peek(); s.at < len(text) {
		return nil, s.unexpected("the end")
	}
	return v, nil
}

// ParsePrefix reads one value from the beginning of text and returns how many
// bytes it takes. The error is a [*SyntaxError].
func ParsePrefix(text string) (v any, n int, err error) {
	p := parser{scanner: scanner{text: text}, places: map[string]any{}}
	if v, err = p.value(); err != nil {
		return nil, 0, err
	}
	if !utf8.ValidString(text[:p.at]) {
		return nil, 0, &SyntaxError{Offset: 0, Reason: "the text is not UTF-8"}
	}
	return v, p.at, nil
}

// parser turns text into the value model of package value.
type parser struct {
	scanner
	path   []string       // where in the text the parser is: the tokens of a JSON pointer
	places map[string]any // what has an identity, by JSON pointer; kept for $ref
}

// value reads one value.
func (p *parser) value() (any, error) {
	switch c := p.peek(); {
	case c == '"':
		return p.str()
	case c == '{':
		return p.object()
	case c == '[':
		a := &value.Array{}
		p.place(a)
		return a, p.array(func(v any) { a.Elems = append(a.Elems, v) })
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case c == 't':
		return true, p.word("true")
	case c == 'f':
		return false, p.word("false")
	case c == 'n':
		return nil, p.word("null")
	}
	return nil, p.unexpected("a JSON value")
}

// in reads with one more token on the path, within one more container.
func (p *parser) in(token string, read func() error) error {
	if len(p.path) >= 2*maxDepth {
		return p.fail(p.at, "more than %d values within one another", maxDepth)
	}
	p.path = append(p.path, token)
	err := read()
	p.path = p.path[:len(p.path)-1]
	return err
}

// place makes v the value that stands here.
func (p *parser) place(v any) {
	if strings.Contains(p.text, refTag) { // else nobody will ask
		p.places[pointer(p.path)] = v
	}
}

// array reads an array, its bracket next, an element at a time.
func (p *parser) array(add func(v any)) error {
	if err := p.take('['); err != nil {
		return err
	}
	if p.peek() == ']' {
		p.at++
		return nil
	}
	for i := 0; ; i++ {
		err := p.in(strconv.Itoa(i), func() error {
			v, err := p.value()
			add(v)
			return err
		})
		if err != nil {
			return err
		}
		if p.peek() != ',' {
			return p.take(']')
		}
		p.at++
	}
}

// object reads an object or a tagged value, the brace next.
func (p *parser) object() (any, error) {
	from := p.at
	p.at++
	if p.peek() == '}' {
		p.at++
		o := value.NewObject()
		p.place(o)
		return o, nil
	}
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	if isTag(key) {
		return p.tagged(key, from)
	}
	o := value.NewObject()
	p.place(o)
	return o, p.members(o, key)
}

// members reads the members of an object, the first key of which was read, and
// its closing brace.
func (p *parser) members(o *value.Object, key string) error {
	for {
		err := p.in(key, func() error {
			v, err := p.value()
			o.Set(unescapeKey(key), v)
			return err
		})
		if err != nil {
			return err
		}
		if p.peek() != ',' {
			return p.take('}')
		}
		p.at++
		at := p.at
		if key, err = p.key(); err != nil {
			return err
		}
		if isTag(key) {
			return p.fail(at, "the key %q of an object: write it as %q", key, "$"+key)
		}
		if o.Has(unescapeKey(key)) {
			return p.fail(at, "the key %q stands there twice", key)
		}
	}
}

// key reads a key and its colon.
func (p *parser) key() (string, error) {
	if p.peek() != '"' {
		return "", p.unexpected("a key in double quotes")
	}
	key, err := p.str()
	if err != nil {
		return "", err
	}
	return key, p.take(':')
}

// isTag reports whether a key belongs to the notation and not to the value.
func isTag(key string) bool {
	return strings.HasPrefix(key, "$") && !strings.HasPrefix(key, "$$")
}

func unescapeKey(key string) string {
	if strings.HasPrefix(key, "$$") {
		return key[1:]
	}
	return key
}

// pointer is a path as a JSON pointer (RFC 6901) in a fragment.
func pointer(path []string) string {
	var b strings.Builder
	b.WriteByte('#')
	for _, token := range path {
		b.WriteByte('/')
		b.WriteString(pointerEscapes.Replace(token))
	}
	return b.String()
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")
