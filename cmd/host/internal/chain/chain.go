// Package chain reads a chain of operations as people write it: a.b(1).c[2].
package chain

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/millrace/millrace/cmd/host/internal/notation"
)

// Step is one step of a chain: a member, and when Called is set, the call of it.
type Step struct {
	Name   string // of the member; decimal digits for an element of an array
	Called bool
	Args   []any
}

// Error says what is wrong with a chain, and where.
type Error struct {
	Chain  string
	Offset int // bytes from the start
	Reason string
}

// Error returns the reason, and the chain with a mark at the place.
func (e *Error) Error() string {
	return fmt.Sprintf("%s\n  %s\n  %*s^", e.Reason, e.Chain, utf8.RuneCountInString(e.Chain[:e.Offset]), "")
}

// Parse reads a chain. Members are separated by dots; a name that has other
// characters than letters, digits, $, _, - and # is written as ["name"], an element of
// an array as [2]; arguments are JSON in the notation of package notation. The
// chain "." is empty: the object itself.
func Parse(text string) ([]Step, error) {
	p := parser{text: text}
	if text == "." {
		return nil, nil
	}
	first := p.name
	if strings.HasPrefix(text, "[") {
		first = p.bracket
	}
	if err := first(); err != nil {
		return nil, err
	}
	for p.at < len(p.text) {
		var err error
		switch p.text[p.at] {
		case '.':
			p.at++
			err = p.name()
		case '[':
			err = p.bracket()
		case '(':
			err = p.call()
		default:
			err = p.unexpected("a dot, a bracket or a parenthesis")
		}
		if err != nil {
			return nil, err
		}
	}
	return p.steps, nil
}

type parser struct {
	text  string
	at    int
	steps []Step
}

func (p *parser) fail(at int, format string, args ...any) error {
	return &Error{Chain: p.text, Offset: min(at, len(p.text)), Reason: fmt.Sprintf(format, args...)}
}

func (p *parser) unexpected(wanted string) error {
	if p.at >= len(p.text) {
		return p.fail(p.at, "the chain ends where %s should be", wanted)
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return p.fail(p.at, "unexpected %q where %s should be", r, wanted)
}

// name reads a bare name.
func (p *parser) name() error {
	from := p.at
	for p.at < len(p.text) {
		r, size := utf8.DecodeRuneInString(p.text[p.at:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("$_-#", r) {
			break
		}
		p.at += size
	}
	if p.at == from {
		return p.unexpected("a name")
	}
	p.steps = append(p.steps, Step{Name: p.text[from:p.at]})
	return nil
}

// bracket reads [2] or ["any name"].
func (p *parser) bracket() error {
	p.at++
	v, err := p.value("a number or a quoted name")
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case string:
		p.steps = append(p.steps, Step{Name: v})
	case float64:
		if v < 0 || v != float64(uint32(v)) {
			return p.fail(p.at, "%v is no index of an array", v)
		}
		p.steps = append(p.steps, Step{Name: strconv.FormatUint(uint64(v), 10)})
	default:
		return p.fail(p.at, "in brackets stands an index or a quoted name")
	}
	return p.take(']')
}

// call reads the arguments of a call, the parenthesis next.
func (p *parser) call() error {
	last := &p.steps[len(p.steps)-1]
	if last.Called {
		return p.fail(p.at, "the result of a call cannot be called in the same chain")
	}
	last.Called = true
	p.at++
	p.space()
	if p.at < len(p.text) && p.text[p.at] == ')' {
		p.at++
		return nil
	}
	for {
		v, err := p.value("an argument, as JSON,")
		if err != nil {
			return err
		}
		last.Args = append(last.Args, v)
		p.space()
		if p.at >= len(p.text) || p.text[p.at] != ',' {
			return p.take(')')
		}
		p.at++
	}
}

// value reads one value in the notation of the command line.
func (p *parser) value(wanted string) (any, error) {
	p.space()
	if p.at >= len(p.text) {
		return nil, p.unexpected(wanted)
	}
	v, n, err := notation.ParsePrefix(p.text[p.at:])
	if err != nil {
		if syntax, ok := err.(*notation.SyntaxError); ok {
			return nil, p.fail(p.at+syntax.Offset, "%s", syntax.Reason)
		}
		return nil, err
	}
	p.at += n
	return v, nil
}

func (p *parser) take(c byte) error {
	p.space()
	if p.at >= len(p.text) || p.text[p.at] != c {
		return p.unexpected(strconv.QuoteRune(rune(c)))
	}
	p.at++
	return nil
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}
