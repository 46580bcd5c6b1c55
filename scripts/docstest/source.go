package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// source is a file that is made of blocks, and where each of its lines comes from.
type source struct {
	name    string // no other source has it
	lines   []string
	origins []origin
}

type origin struct {
	file  string
	line  int
	shift int // bytes before the line's text there
}

func (s *source) add(text string, from origin) {
	s.lines = append(s.lines, text)
	s.origins = append(s.origins, from)
}

func (s *source) addBlock(b *block) {
	for i, line := range b.lines {
		s.add(line, origin{b.file, b.line + 1 + i, b.shift[i]})
	}
}

func (s *source) text() string { return strings.Join(s.lines, "\n") + "\n" }

func (s *source) write(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, s.name), []byte(s.text()), 0o600)
}

// sources holds all of a run, to find places of documents in what compilers say.
type sources struct {
	all map[string]*source
}

// new returns an empty source. Its name has no special meaning for any tool.
func (ss *sources) new(extension string) *source {
	if ss.all == nil {
		ss.all = map[string]*source{}
	}
	s := &source{name: fmt.Sprintf("block%04d.%s", len(ss.all)+1, extension)}
	ss.all[s.name] = s
	return s
}

// mention is the name of a source, the directories before it, and the position after it in
// the notations of go, tsc and shells.
var mention = regexp.MustCompile(`(?:\./)?(?:[^\s:'"()]*/)?(block\d{4,}\.[a-z0-9+#-]+)` +
	`(?::(\d+)(?::(\d+))?|\((\d+),(\d+)\)|: (?:line )?(\d+)\b)?`)

// remap puts places of documents where a text has places of sources.
func (ss *sources) remap(text string) string {
	return mention.ReplaceAllStringFunc(text, func(found string) string {
		m := mention.FindStringSubmatch(found)
		s := ss.all[m[1]]
		if s == nil || len(s.origins) == 0 {
			return found
		}
		line, _ := strconv.Atoi(m[2] + m[4] + m[6]) // at most one is there, and it is digits
		column, _ := strconv.Atoi(m[3] + m[5])
		if line == 0 {
			return s.origins[0].file
		}
		o := s.origins[min(line, len(s.origins))-1] // a file that ends too early is told of the line after it
		if column == 0 {
			return fmt.Sprintf("%s:%d", o.file, o.line)
		}
		return fmt.Sprintf("%s:%d:%d", o.file, o.line, column+o.shift)
	})
}

// mentioned returns the first source that a text names.
func (ss *sources) mentioned(text string) *source {
	if m := mention.FindStringSubmatch(text); m != nil {
		return ss.all[m[1]]
	}
	return nil
}
