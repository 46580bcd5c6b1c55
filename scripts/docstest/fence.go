package main

import (
	"regexp"
	"strings"
)

// fence is a fenced block that is still open.
type fence struct {
	block
	mark   string // ``` or longer, or ~~~
	indent int    // of the opening fence; as much is cut off each line
	depth  int    // containers around it
}

var fenceMark = regexp.MustCompile("^(`{3,}|~{3,})[ \t]*(.*?)[ \t]*$")

// openFence reads the first line of a fenced block, without its indentation.
func openFence(text string) (*fence, bool) {
	m := fenceMark.FindStringSubmatch(text)
	if m == nil || m[1][0] == '`' && strings.Contains(m[2], "`") {
		return nil, false
	}
	f := &fence{mark: m[1]}
	if words := strings.Fields(m[2]); len(words) > 0 {
		f.lang = strings.ToLower(words[0])
	}
	return f, true
}

// take adds a line, and reports whether the block goes on.
func (f *fence) take(raw string, at cursor) bool {
	if at.indent() < 4 {
		rest := strings.TrimSpace(at.rest)
		if len(rest) >= len(f.mark) && strings.Trim(rest, f.mark[:1]) == "" {
			return false
		}
	}
	rest := at.skip(f.indent).rest
	f.lines = append(f.lines, rest)
	f.shift = append(f.shift, max(len(raw)-len(rest), 0))
	return true
}
