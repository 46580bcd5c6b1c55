package main

import (
	"cmp"
	"regexp"
	"strings"
)

// container is a block quote or an item of a list; what is in it is Markdown again.
type container struct {
	quote  bool
	indent int // of an item's content, in columns from that of its parent
}

// markdown finds code blocks as CommonMark does, by fence or by indentation. Of the rest it knows
// what decides where code begins and ends: containers, paragraphs and comments.
type markdown struct {
	file       string
	blocks     []*block
	containers []container

	open      *fence     // the fenced block that the line is in
	indented  *block     // the indented block that the line may belong to
	paragraph bool       // the line before is text that the next one may go on with
	comment   bool       // in an HTML comment of several lines
	pending   *directive // the directive on the line before
}

// parse returns the code blocks of a document, and what is wrong as blocks with a fault.
func parse(file, text string) []*block {
	m := markdown{file: file}
	text = strings.TrimPrefix(text, "\ufeff")
	n := 0
	for line := range strings.Lines(text) {
		n++
		m.line(n, strings.TrimRight(line, "\r\n"))
	}
	m.strayDirective()
	if m.open != nil {
		m.open.fault = unclosed
	}
	return m.blocks
}

func (m *markdown) line(n int, raw string) {
	depth, at := m.inside(cursor{rest: raw})
	if m.open != nil {
		if depth >= m.open.depth {
			if !m.open.take(raw, at) {
				m.open = nil
			}
			return
		}
		m.open.fault = unclosed
		m.open = nil
	}
	if m.comment {
		m.comment = !strings.Contains(raw, "-->")
		return
	}
	if depth < len(m.containers) {
		if m.paragraph && !at.blank() && !interrupts(at) {
			return // goes on with the paragraph although it is not indented as that is
		}
		m.containers = m.containers[:depth]
		m.paragraph, m.indented = false, nil
	}
	m.begin(n, raw, at)
}

// inside returns how many of the open containers the line is in, and what is left of it there.
func (m *markdown) inside(at cursor) (int, cursor) {
	for i, c := range m.containers {
		switch {
		case c.quote:
			inner, ok := unquote(at)
			if !ok {
				return i, at
			}
			at = inner
		case at.blank():
		case at.indent() >= c.indent:
			at = at.skip(c.indent)
		default:
			return i, at
		}
	}
	return len(m.containers), at
}

// begin looks at a line that is not in a fenced block: which blocks does it begin?
func (m *markdown) begin(n int, raw string, at cursor) {
	for {
		if at.blank() {
			m.strayDirective()
			m.paragraph = false
			return
		}
		indent := at.indent()
		if indent >= 4 {
			m.strayDirective()
			m.indent(n, raw, at)
			return
		}
		m.indented = nil
		if inner, ok := unquote(at); ok {
			m.containers = append(m.containers, container{quote: true})
			m.paragraph, at = false, inner
			continue
		}
		if inner, width, ok := item(at, m.paragraph); ok {
			m.containers = append(m.containers, container{indent: width})
			m.paragraph, at = false, inner
			continue
		}
		break
	}

	text := at.skip(3).rest
	if f, ok := openFence(text); ok {
		f.file, f.line, f.indent, f.depth = m.file, n, at.indent(), len(m.containers)
		if m.pending != nil {
			f.says, f.fault, m.pending = *m.pending, m.pending.fault, nil
		}
		m.open = f
		m.blocks = append(m.blocks, &f.block)
		m.paragraph = false
		return
	}
	m.strayDirective()
	switch {
	case strings.HasPrefix(text, "<!--"):
		m.comments(n, text)
	case preTag.MatchString(text):
		m.fault(n, "code in <pre> is not looked at: put it between fences")
		m.paragraph = true
	default:
		m.paragraph = !heading.MatchString(text) && !isBreak(text) && !underline.MatchString(text)
	}
}

// indent takes a line that is indented as code is.
func (m *markdown) indent(n int, raw string, at cursor) {
	if m.paragraph {
		return // the paragraph goes on
	}
	if m.indented == nil {
		m.indented = m.fault(n, "code by indentation has no language: put it between fences, such as ```sh or ```text")
	}
	rest := at.skip(4).rest
	m.indented.lines = append(m.indented.lines, rest)
	m.indented.shift = append(m.indented.shift, len(raw)-len(rest))
}

// comments takes the first line of an HTML comment.
func (m *markdown) comments(n int, text string) {
	m.paragraph = false
	end := strings.Index(text, "-->")
	m.comment = end < 0
	if !directiveLike.MatchString(text) {
		return
	}
	if m.comment {
		m.fault(n, "a docs-test comment is one line")
		return
	}
	d, err := parseDirective(text[:end+len("-->")])
	if err != nil {
		d.fault = err.Error()
	}
	d.line = n
	m.pending = &d
}

// strayDirective complains of a directive that no fence came after.
func (m *markdown) strayDirective() {
	if d := m.pending; d != nil {
		m.fault(d.line, cmp.Or(d.fault, "this docs-test comment is not on the line before a fence"))
	}
	m.pending = nil
}

func (m *markdown) fault(n int, sentence string) *block {
	b := &block{file: m.file, line: n, fault: sentence}
	m.blocks = append(m.blocks, b)
	return b
}

const unclosed = "the fence is not closed"

var (
	heading   = regexp.MustCompile(`^#{1,6}([ \t]|$)`)
	underline = regexp.MustCompile(`^(=+|-+)[ \t]*$`)
	marker    = regexp.MustCompile(`^([-+*]|(\d{1,9})[.)])([ \t]|$)`)
	preTag    = regexp.MustCompile(`(?i)^<pre[\s>]`)
)

// isBreak reports whether a line is a thematic break: three or more of -, _ or *, and nothing else.
func isBreak(text string) bool {
	bare := strings.NewReplacer(" ", "", "\t", "").Replace(text)
	return len(bare) >= 3 && strings.Contains("-_*", bare[:1]) && strings.Trim(bare, bare[:1]) == ""
}

// interrupts reports whether a line begins something else than text.
func interrupts(at cursor) bool {
	if at.indent() >= 4 {
		return false
	}
	if _, ok := unquote(at); ok {
		return true
	}
	if _, _, ok := item(at, true); ok {
		return true
	}
	text := at.skip(3).rest
	_, fenced := openFence(text)
	return fenced || heading.MatchString(text) || isBreak(text) || strings.HasPrefix(text, "<")
}

// unquote is what is behind the mark of a block quote.
func unquote(at cursor) (cursor, bool) {
	at = at.skip(3)
	if !strings.HasPrefix(at.rest, ">") {
		return at, false
	}
	return at.after(1).skip(1), true
}

// item is the content behind the mark of a list's item, and how far it is indented. Text is interrupted
// only by what cannot be a number or a dash of the text itself.
func item(at cursor, paragraph bool) (cursor, int, bool) {
	indent := at.indent()
	inner := at.skip(indent)
	m := marker.FindStringSubmatch(inner.rest)
	if m == nil || isBreak(inner.rest) {
		return at, 0, false
	}
	width := len(m[1])
	inner = inner.after(width)
	if paragraph && (inner.blank() || m[2] != "" && m[2] != "1") {
		return at, 0, false
	}
	space := inner.indent()
	if inner.blank() || space > 4 {
		space = 1 // the rest is of the content, which is nothing or indented code
	}
	return inner.skip(space), indent + width + space, true
}
