package value

import (
	"strings"
	"unicode/utf8"
)

// ValidText reports whether s is WTF-8: UTF-8 in which a lone UTF-16 surrogate may stand
// as its three byte form. Two such forms that make a pair are not allowed, because the
// pair has a form of its own.
func ValidText(s string) bool {
	if utf8.ValidString(s) {
		return true
	}
	high := false // what came just before is a high surrogate
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			high = false
			i++
			continue
		}
		if r, ok := surrogateAt(s, i); ok {
			if high && r >= lowSurrogate {
				return false
			}
			high = r < lowSurrogate
			i += 3
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return false
		}
		high = false
		i += n
	}
	return true
}

const (
	highSurrogate = 0xd800
	lowSurrogate  = 0xdc00
	endSurrogate  = 0xe000
)

// surrogateAt reads the three byte form of a surrogate at s[i].
func surrogateAt(s string, i int) (rune, bool) {
	if len(s)-i < 3 || s[i] != 0xed || s[i+1] < 0xa0 || s[i+1] > 0xbf || s[i+2] < 0x80 || s[i+2] > 0xbf {
		return 0, false
	}
	return rune(0xd000) | rune(s[i+1]&0x3f)<<6 | rune(s[i+2]&0x3f), true
}

// AppendUnit appends the UTF-16 code unit u to WTF-8 text: as the character it is, as a lone
// surrogate, or, when it is a low surrogate and text ends in a high one, as the pair's character.
func AppendUnit(text []byte, u uint16) []byte {
	r := rune(u)
	switch {
	case r < highSurrogate || r >= endSurrogate:
		return utf8.AppendRune(text, r)
	case r >= lowSurrogate && len(text) >= 3:
		n := len(text)
		if h, ok := surrogateAt(string(text[n-3:]), 0); ok && h < lowSurrogate {
			return utf8.AppendRune(text[:n-3], 0x10000+(h-highSurrogate)<<10+(r-lowSurrogate))
		}
	}
	return append(text, 0xed, 0x80|byte(r>>6&0x3f), 0x80|byte(r&0x3f))
}

// JoinText joins WTF-8 texts as JavaScript joins strings: a high surrogate at the end of one
// and a low one at the beginning of the next become one character.
func JoinText(parts ...string) string {
	var out []byte
	for _, s := range parts {
		if len(out) >= 3 {
			if r, ok := surrogateAt(s, 0); ok && r >= lowSurrogate {
				out = AppendUnit(out, uint16(r))
				s = s[3:]
			}
		}
		out = append(out, s...)
	}
	return string(out)
}

// ReplaceSurrogates returns text as UTF-8, U+FFFD in the place of lone surrogates
// and of bytes that are not text at all: for logs and for peers that know only UTF-8.
func ReplaceSurrogates(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if _, ok := surrogateAt(text, i); ok {
			n = 3
		}
		out.WriteRune(r)
		i += n
	}
	return out.String()
}
