package clone

import (
	"strconv"
	"strings"
)

// Long paths are shown by their first and last steps.
const (
	shownHead = 24
	shownTail = 8
)

// String writes the path as JavaScript would: args[1].user["full name"]. Steps
// into anything but objects, errors and arrays stand in angle brackets: <map 0>.
// Of a long path only the ends are shown. The empty path is "".
func (p Path) String() string {
	var b strings.Builder
	for i, s := range p {
		if len(p) > shownHead+shownTail {
			if i == shownHead {
				b.WriteString("...")
			}
			if i >= shownHead && i < len(p)-shownTail {
				continue
			}
		}
		s.write(&b)
	}
	return b.String()
}

func (s Step) write(b *strings.Builder) {
	switch s.Kind {
	case KindObject, KindError:
		if !isIdentifier(s.Key) {
			b.WriteString("[" + strconv.Quote(shorten(s.Key)) + "]")
			return
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s.Key)
	case KindArray:
		b.WriteString("[" + strconv.Itoa(s.Index) + "]")
	case KindMap:
		b.WriteString("<map " + strconv.Itoa(s.Index) + ">")
	case KindSet:
		b.WriteString("<set " + strconv.Itoa(s.Index) + ">")
	default:
		part := "headers"
		if s.Index > 0 {
			part = "body"
		}
		b.WriteString("<" + part + ">")
	}
}

// shorten bounds what a hostile key adds to a message.
func shorten(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

func isIdentifier(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '$'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}
