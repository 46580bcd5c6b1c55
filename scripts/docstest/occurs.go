package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// occurs returns a sentence, and the line of the document that it is about, when a block is not a
// part of the file that it says it is shown from. Lines that are only ... or a comment of it stand
// for lines of the file that are not shown.
func occurs(root string, b *block) (sentence string, line int) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(b.says.file)))
	if err != nil {
		return fmt.Sprintf("%s: %v", b.says.file, cause(err)), b.line
	}
	file := toLines(string(text))
	chunks := cut(b)
	if len(chunks) == 0 {
		return "there is nothing in the block to look for", b.line
	}
	best := 0 // the first line of the document that could not be found
	for at := range file {
		prefix, ok := strings.CutSuffix(file[at], chunks[0].lines[0])
		if !ok || strings.TrimSpace(prefix) != "" {
			continue
		}
		missing := follow(chunks, file, at, prefix)
		if missing == 0 {
			return "", 0
		}
		best = max(best, missing)
	}
	if best == 0 {
		best = chunks[0].line
	}
	return fmt.Sprintf("%s has other lines than the block from here on", b.says.file), best
}

// chunk is what stands between lines that stand for others.
type chunk struct {
	line  int // in the document
	lines []string
}

// cut removes the common indentation of a block, and cuts it at the lines that stand for others.
func cut(b *block) []chunk {
	var chunks []chunk
	fresh := true
	lines := dedent(toLines(b.text()))
	for i, line := range lines {
		if slices.Contains(omissions, strings.TrimSpace(line)) {
			fresh = true
			continue
		}
		if fresh {
			if line == "" {
				continue
			}
			chunks = append(chunks, chunk{line: b.line + 1 + i})
			fresh = false
		}
		last := &chunks[len(chunks)-1]
		last.lines = append(last.lines, line)
	}
	for i := range chunks { // an empty line before an omission is for the eye
		chunks[i].lines = toLines(strings.Join(chunks[i].lines, "\n"))
	}
	return chunks
}

var omissions = []string{"...", "// ...", "# ...", "-- ...", "/* ... */", "<!-- ... -->", "…", "// …", "# …"}

// follow returns 0 if the chunks are in the file, the first one at the given line, or the first line of the
// document that is not there. Between two of them is at least one line.
func follow(chunks []chunk, file []string, at int, prefix string) int {
	first := chunks[0]
	if n := common(first.lines, file[at:], prefix); n < len(first.lines) {
		return first.line + n
	}
	at += len(first.lines)
	for _, c := range chunks[1:] {
		missing := c.line
		for at++; ; at++ {
			if at >= len(file) {
				return missing
			}
			n := common(c.lines, file[at:], prefix)
			if n == len(c.lines) {
				break
			}
			missing = max(missing, c.line+n)
		}
		at += len(c.lines)
	}
	return 0
}

// common counts the lines that are equal at the beginning.
func common(lines, file []string, prefix string) int {
	for i, line := range lines {
		if line != "" {
			line = prefix + line
		}
		if i >= len(file) || file[i] != line {
			return i
		}
	}
	return len(lines)
}

// dedent removes the white space that all lines begin with.
func dedent(lines []string) []string {
	prefix, first := "", true
	for _, line := range lines {
		if line == "" {
			continue
		}
		space := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		if first {
			prefix, first = space, false
		}
		for !strings.HasPrefix(space, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	cut := make([]string, len(lines))
	for i, line := range lines {
		cut[i] = strings.TrimPrefix(line, prefix)
	}
	return cut
}

// cause is an error of a file without its absolute name.
func cause(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}
