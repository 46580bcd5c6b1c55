package notation

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/core/value"
)

// maxDepth is how many containers may lie within one another in a text: what
// the wire takes by default.
const maxDepth = 256

// SyntaxError says what is wrong with a text, and where.
type SyntaxError struct {
	Offset int // bytes from the start
	Reason string
}

// Error returns the reason and the place.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset) }

// scanner reads the tokens of JSON.
type scanner struct {
	text string
	at   int
}

func (s *scanner) fail(at int, format string, args ...any) error {
	return &SyntaxError{Offset: at, Reason: fmt.Sprintf(format, args...)}
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// unexpected describes what stands at the current place.
func (s *scanner) unexpected(wanted string) error {
	if s.at >= len(s.text) {
		return s.fail(s.at, "the text ends where %s should be", wanted)
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.at:])
	return s.fail(s.at, "unexpected %q where %s should be", r, wanted)
}

// take reads the byte c.
func (s *scanner) take(c byte) error {
	if s.peek() != c {
		return s.unexpected(strconv.QuoteRune(rune(c)))
	}
	s.at++
	return nil
}

// word reads one of the three literal names.
func (s *scanner) word(w string) error {
	if !strings.HasPrefix(s.text[s.at:], w) {
		return s.unexpected("a JSON value")
	}
	s.at += len(w)
	return nil
}

// number reads a number as JSON writes it. Large integers are refused unless they
// are what the number prints as: the caller meant another value than would travel.
func (s *scanner) number() (float64, error) {
	from := s.at
	if s.at < len(s.text) && s.text[s.at] == '-' {
		s.at++
	}
	whole := s.digits()
	if whole == 0 {
		return 0, s.unexpected("a digit")
	}
	if first := s.text[s.at-whole]; first == '0' && whole > 1 {
		return 0, s.fail(s.at-whole, "a number does not begin with 0")
	}
	integer := true
	if s.at < len(s.text) && s.text[s.at] == '.' {
		integer = false
		s.at++
		if s.digits() == 0 {
			return 0, s.unexpected("a digit")
		}
	}
	if s.at < len(s.text) && (s.text[s.at] == 'e' || s.text[s.at] == 'E') {
		integer = false
		s.at++
		if s.at < len(s.text) && (s.text[s.at] == '+' || s.text[s.at] == '-') {
			s.at++
		}
		if s.digits() == 0 {
			return 0, s.unexpected("a digit")
		}
	}
	lit := s.text[from:s.at]
	f, err := strconv.ParseFloat(lit, 64)
	if err != nil {
		return 0, s.fail(from, "the number %s is too large", lit)
	}
	if integer && (f > 1<<53-1 || f < -(1<<53-1)) && strconv.FormatFloat(f, 'f', -1, 64) != lit {
		return 0, s.fail(from, `the integer %s does not fit a number exactly; write {"$bigint":"%[1]s"}`, lit)
	}
	return f, nil
}

func (s *scanner) digits() int {
	from := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at - from
}

// str reads a string, its opening quote next.
func (s *scanner) str() (string, error) {
	open := s.at
	s.at++
	from := s.at
	var b []byte // set from the first escape on
	for {
		if s.at >= len(s.text) {
			return "", s.fail(open, "the string is not closed")
		}
		switch c := s.text[s.at]; {
		case c == '"':
			out := s.text[from:s.at]
			s.at++
			if b != nil {
				out = string(append(b, out...))
			}
			return out, nil
		case c < 0x20:
			return "", s.fail(s.at, "a raw control character (%#02x) in a string", c)
		case c == '\\':
			b = append(b, s.text[from:s.at]...)
			var err error
			if b, err = s.escape(b); err != nil {
				return "", err
			}
			if b == nil {
				b = []byte{}
			}
			from = s.at
		default:
			s.at++
		}
	}
}

const simpleEscapes = "\"\\/bfnrt"
const simpleMeaning = "\"\\/\b\f\n\r\t"

// escape reads one escape sequence, the backslash next. A lone surrogate gets
// its three byte form, as in the value model, and two of them become one character.
func (s *scanner) escape(b []byte) ([]byte, error) {
	from := s.at
	s.at++
	if s.at < len(s.text) {
		if i := strings.IndexByte(simpleEscapes, s.text[s.at]); i >= 0 {
			s.at++
			return append(b, simpleMeaning[i]), nil
		}
	}
	u, ok := s.unit()
	if !ok {
		return nil, s.fail(from, "a backslash that begins no escape sequence")
	}
	return value.AppendUnit(b, u), nil
}

// unit reads uXXXX.
func (s *scanner) unit() (uint16, bool) {
	if len(s.text)-s.at < 5 || s.text[s.at] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s.text[s.at+1:s.at+5], 16, 16)
	if err != nil {
		return 0, false
	}
	s.at += 5
	return uint16(n), true
}
