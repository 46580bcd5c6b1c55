package main

import "strings"

// cursor is what is left of a line, and at which column it begins: Markdown counts columns,
// and a tab reaches to the next multiple of four.
type cursor struct {
	rest   string
	column int
}

func (c cursor) blank() bool { return strings.TrimSpace(c.rest) == "" }

// indent is the width of the white space at the beginning.
func (c cursor) indent() int {
	column := c.column
	for i := range len(c.rest) {
		switch c.rest[i] {
		case ' ':
			column++
		case '\t':
			column += 4 - column%4
		default:
			return column - c.column
		}
	}
	return column - c.column
}

// skip is the cursor after at most n columns of white space. What is left of a tab that is cut
// in two becomes spaces.
func (c cursor) skip(n int) cursor {
	for n > 0 && c.rest != "" {
		width := 1
		switch c.rest[0] {
		case ' ':
		case '\t':
			width = 4 - c.column%4
		default:
			return c
		}
		if width > n {
			return cursor{strings.Repeat(" ", width-n) + c.rest[1:], c.column + n}
		}
		c = cursor{c.rest[1:], c.column + width}
		n -= width
	}
	return c
}

// after is the cursor behind n bytes that are no tabs.
func (c cursor) after(n int) cursor { return cursor{c.rest[n:], c.column + n} }
