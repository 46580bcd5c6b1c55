package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// wrappers is where the programs around parts of programs are, by the name that in=... gives.
const wrappers = "docs/testdata/docstest"

// slot is the line of a wrapper that a block takes the place of.
var slot = regexp.MustCompile(`^\s*// ?BLOCK\s*$`)

// weave makes the sources of a program. With a wrapper it is one: each block takes the place of a slot, and
// those that remain stand behind each other in the last one. Without, a block that continues others stands
// behind them, or is another file of their package if it begins with a package clause.
func (ss *sources) weave(root string, t *task) ([]*source, error) {
	if t.first().says.in != "" {
		s := ss.new(t.first().lang)
		return []*source{s}, s.wrap(root, t.blocks)
	}
	var woven []*source
	for i, b := range t.blocks {
		if i == 0 || b.goPackage() != "" {
			woven = append(woven, ss.new(b.lang))
		}
		woven[len(woven)-1].addBlock(b)
	}
	return woven, nil
}

func (s *source) wrap(root string, parts []*block) error {
	name := path.Join(wrappers, parts[0].says.in+"."+parts[0].lang)
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		return fmt.Errorf("the wrapper %s: %w", name, cause(err))
	}
	lines := strings.Split(strings.ReplaceAll(strings.TrimSuffix(string(text), "\n"), "\r\n", "\n"), "\n")
	slots := 0
	for _, line := range lines {
		if slot.MatchString(line) {
			slots++
		}
	}
	if slots == 0 {
		return fmt.Errorf("the wrapper %s has no line //BLOCK", name)
	}
	for i, line := range lines {
		if !slot.MatchString(line) {
			s.add(line, origin{file: name, line: i + 1})
			continue
		}
		slots--
		for len(parts) > 0 {
			s.addBlock(parts[0])
			parts = parts[1:]
			if slots > 0 {
				break
			}
		}
	}
	return nil
}
