package main

import (
	"fmt"
	"strings"
)

// block is a code block of a document.
type block struct {
	file  string   // the document, from the root, with slashes
	line  int      // of the opening fence
	lang  string   // the first word after the fence, in lower case
	lines []string // without the indentation of the fence
	shift []int    // the bytes that were cut off each of them
	says  directive

	// fault is what is wrong with the block as Markdown; nothing else is done with it then.
	fault string
}

// place is what failures and -run call the block.
func (b *block) place() string { return fmt.Sprintf("%s:%d", b.file, b.line) }

func (b *block) text() string { return strings.Join(b.lines, "\n") + "\n" }

// language is lang, or a word for its absence.
func (b *block) language() string {
	if b.lang == "" {
		return "(no language)"
	}
	return b.lang
}
