package jsontok

import (
	"unicode/utf8"

	"github.com/millrace/millrace/core/fault"
)

// Scanner reads tokens. After a failure Err is set and nothing else is told.
// Its buffer can be used for message after message: see [Scanner.Reset].
type Scanner struct {
	Data []byte
	Pos  int
	Err  error

	prefix string // of errors
	buf    []byte // of the last string with escapes
}

// Reset begins with data, which must be UTF-8. Errors begin with prefix.
func (s *Scanner) Reset(data []byte, prefix string) bool {
	*s = Scanner{Data: data, prefix: prefix, buf: s.buf[:0]}
	if !utf8.Valid(data) {
		at := 0
		for at < len(data) {
			r, n := utf8.DecodeRune(data[at:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			at += n
		}
		return s.Fail(at, "not UTF-8")
	}
	return true
}

// Fail keeps the first failure, which is at byte at, and returns false.
func (s *Scanner) Fail(at int, format string, args ...any) bool {
	if s.Err == nil {
		e := fault.New(fault.CodeMalformed, format, args...)
		s.Err = fault.New(fault.CodeMalformed, "%s: %s at byte %d", s.prefix, e.Message, at)
	}
	return false
}

// Next skips white space and returns the byte after it, 0 at the end.
func (s *Scanner) Next() byte {
	d, i := s.Data, s.Pos
	for i < len(d) {
		c := d[i]
		if c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			s.Pos = i
			return c
		}
		i++
	}
	s.Pos = i
	return 0
}

// Expect reads c, after white space.
func (s *Scanner) Expect(c byte) bool {
	if got := s.Next(); got != c || s.Pos >= len(s.Data) {
		return s.Fail(s.Pos, "%q expected", c)
	}
	s.Pos++
	return true
}

// Literal reads word, which begins at the next byte.
func (s *Scanner) Literal(word string) bool {
	if rest := s.Data[s.Pos:]; len(rest) < len(word) || string(rest[:len(word)]) != word {
		return s.Fail(s.Pos, "unknown literal")
	}
	s.Pos += len(word)
	return true
}

// More is called after '[' or '{' with first, and after each part without: it
// reads the comma or the closing byte and reports whether a part follows.
func (s *Scanner) More(first bool, closing byte) bool {
	switch c := s.Next(); {
	case c == closing:
		s.Pos++
		return false
	case first:
		return true
	case c == ',':
		s.Pos++
		if s.Next() == closing {
			return s.Fail(s.Pos, "a comma before %q", closing)
		}
		return true
	}
	return s.Fail(s.Pos, "',' or %q expected", closing)
}

// Key reads an object's key and the colon after it.
func (s *Scanner) Key() (Text, bool) {
	s.Next()
	t, ok := s.String()
	if !ok || !s.Expect(':') {
		return t, false
	}
	return t, true
}

// Skip reads one value, which lies within depth containers, and tells nothing of
// it. More than limit containers within containers are refused; below zero there
// is no limit.
func (s *Scanner) Skip(depth, limit int) bool {
	switch c := s.Next(); c {
	case '{', '[':
		if depth++; fault.Over(depth, limit) {
			s.Err = fault.Exceeded(s.prefix+": depth of containers", int64(depth), int64(limit), "ValueDepth")
			return false
		}
		s.Pos++
		for first := true; s.More(first, c+2); first = false {
			if c == '{' {
				if _, ok := s.Key(); !ok {
					return false
				}
			}
			if !s.Skip(depth, limit) {
				return false
			}
		}
		return s.Err == nil
	case '"':
		_, ok := s.String()
		return ok
	case 't':
		return s.Literal("true")
	case 'f':
		return s.Literal("false")
	case 'n':
		return s.Literal("null")
	default:
		_, ok := s.Number()
		return ok
	}
}

// End demands that nothing but white space is left.
func (s *Scanner) End() bool {
	if s.Next(); s.Pos < len(s.Data) {
		return s.Fail(s.Pos, "bytes after the message")
	}
	return true
}
