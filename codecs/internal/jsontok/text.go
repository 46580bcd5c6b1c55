package jsontok

import (
	"encoding/binary"
	"math/bits"

	"github.com/millrace/millrace/core/value"
)

const hex = "0123456789abcdef"

// SWAR: eight bytes at a time, a high bit set for each that has the property.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special marks, exactly up to the first that is marked, the bytes of w that a
// string cannot hold as they are: below 0x20, the quote and the backslash.
func special(w uint64) uint64 {
	quote, slash := w^(ones*'"'), w^(ones*'\\')
	return ((w-ones*0x20)&^w | (quote-ones)&^quote | (slash-ones)&^slash) & highs
}

// AppendString appends s in quotes as JSON.stringify does: control characters as
// \b \t \n \f \r or \u00xx, lone surrogates as \udxxx, everything else as it is.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	b = AppendEscaped(b, s)
	return append(b, '"')
}

// AppendEscaped is AppendString without the quotes.
func AppendEscaped(b []byte, s string) []byte {
	done, i := 0, 0
	for i < len(s) {
		// 0xed begins surrogates, and Hangul, which is told apart below.
		if i+8 <= len(s) {
			w := load(s[i : i+8])
			ed := w ^ ones*0xed
			m := special(w) | (ed-ones)&^ed&highs
			if m == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(m) / 8
		}
		for i < len(s) && asItIs[s[i]] {
			i++
		}
		if i == len(s) {
			break
		}
		c := s[i]
		if c == 0xed {
			if i+2 >= len(s) || s[i+1] < 0xa0 {
				i++
				continue
			}
			b = append(b, s[done:i]...)
			b = append(b, '\\', 'u', 'd', hex[8|s[i+1]>>2&7], hex[s[i+1]&3<<2|s[i+2]>>4&3], hex[s[i+2]&15])
			i += 3
			done = i
			continue
		}
		b = append(b, s[done:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, '\\', 'b')
		case '\t':
			b = append(b, '\\', 't')
		case '\n':
			b = append(b, '\\', 'n')
		case '\f':
			b = append(b, '\\', 'f')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		done = i
	}
	return append(b, s[done:]...)
}

// asItIs is true for the bytes that need no look: all but controls, the quote, the backslash,
// and 0xed.
var asItIs = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c != '"' && c != '\\' && c != 0xed
	}
	return t
}()

// load reads eight bytes; the compiler makes it one instruction.
func load(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// Text is a string as it was read: where it lies in the data when it has no
// escapes, else its text in a buffer that the next string overwrites.
type Text struct {
	Off, Len int
	Unquoted []byte // nil: there are no escapes
}

// Bytes is the string's text, to be used before the next string is read.
func (s *Scanner) Bytes(t Text) []byte {
	if t.Unquoted != nil {
		return t.Unquoted
	}
	return s.Data[t.Off : t.Off+t.Len]
}

// String reads a string, of which Data holds valid UTF-8.
func (s *Scanner) String() (Text, bool) {
	d, i := s.Data, s.Pos
	if i >= len(d) || d[i] != '"' {
		return Text{}, s.Fail(i, "not a string")
	}
	i++
	start := i
	for {
		if i+8 <= len(d) {
			m := special(binary.LittleEndian.Uint64(d[i:]))
			if m == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(m) / 8
		} else {
			for i < len(d) && d[i] >= 0x20 && d[i] != '"' && d[i] != '\\' {
				i++
			}
		}
		switch {
		case i >= len(d):
			return Text{}, s.Fail(start-1, "a string has no end")
		case d[i] == '"':
			s.Pos = i + 1
			return Text{Off: start, Len: i - start}, true
		case d[i] == '\\':
			return s.unescape(start, i)
		case d[i] < 0x20:
			return Text{}, s.Fail(i, "control character %#02x in a string", d[i])
		}
		i++
	}
}

// unescape reads on from the first escape, at i.
func (s *Scanner) unescape(start, i int) (Text, bool) {
	d := s.Data
	b := append(s.buf[:0], d[start:i]...)
	for {
		from := i
		for i < len(d) && d[i] >= 0x20 && d[i] != '"' && d[i] != '\\' {
			i++
		}
		b = append(b, d[from:i]...)
		switch {
		case i >= len(d):
			return Text{}, s.Fail(start-1, "a string has no end")
		case d[i] == '"':
			s.Pos, s.buf = i+1, b
			return Text{Off: start, Len: i - start, Unquoted: b}, true
		case d[i] < 0x20:
			return Text{}, s.Fail(i, "control character %#02x in a string", d[i])
		}
		i++
		if i >= len(d) {
			return Text{}, s.Fail(start-1, "a string has no end")
		}
		switch c := d[i]; c {
		case '"', '\\', '/':
			b = append(b, c)
		case 'b':
			b = append(b, '\b')
		case 't':
			b = append(b, '\t')
		case 'n':
			b = append(b, '\n')
		case 'f':
			b = append(b, '\f')
		case 'r':
			b = append(b, '\r')
		case 'u':
			r, ok := hex4(d, i+1)
			if !ok {
				return Text{}, s.Fail(i-1, "a \\u escape without four hexadecimal digits")
			}
			i += 4
			b = value.AppendUnit(b, r)
		default:
			return Text{}, s.Fail(i-1, "unknown escape in a string")
		}
		i++
	}
}

func hex4(d []byte, i int) (uint16, bool) {
	if i+4 > len(d) {
		return 0, false
	}
	var r uint16
	for _, c := range d[i : i+4] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | uint16(c)
	}
	return r, true
}
