package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// read returns the blocks of documents: of those that are named, from the root, or of all.
func read(root string, names []string) ([][]*block, error) {
	if len(names) == 0 {
		var err error
		if names, err = all(root); err != nil {
			return nil, err
		}
	}
	documents := make([][]*block, 0, len(names))
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		documents = append(documents, parse(filepath.ToSlash(name), string(text)))
	}
	return documents, nil
}

// all lists the documents of the repository.
func all(root string) ([]string, error) {
	var names []string
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "bench/README.md", "web/README.md"} {
		if _, err := os.Stat(filepath.Join(root, name)); err == nil {
			names = append(names, name)
		}
	}
	trees := []struct{ dir, pattern string }{{"docs", "*.md"}, {"examples", "README.md"}}
	for _, tree := range trees {
		err := filepath.WalkDir(filepath.Join(root, tree.dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				if hidden := strings.HasPrefix(entry.Name(), "."); hidden || slices.Contains([]string{"testdata", "node_modules"}, entry.Name()) {
					return fs.SkipDir
				}
				return nil
			}
			if ok, _ := filepath.Match(tree.pattern, entry.Name()); ok { // the patterns are good
				name, err := filepath.Rel(root, path)
				names = append(names, name)
				return err
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return names, nil
}

// matches reports whether -run means a block.
func (b *block) matches(only *regexp.Regexp) bool {
	return only.MatchString(b.place() + " " + b.lang)
}

// choose returns the tasks with a block that -run means.
func choose(tasks []*task, only *regexp.Regexp) []*task {
	var chosen []*task
	for _, t := range tasks {
		means := func(b *block) bool { return b.matches(only) }
		if slices.ContainsFunc(t.blocks, means) || t.want != nil && means(t.want) {
			chosen = append(chosen, t)
		}
	}
	return chosen
}

// show lists blocks in order, with what would be done with them.
func show(w io.Writer, blocks []*block, tasks []*task, only *regexp.Regexp) {
	what := map[*block]string{}
	for _, t := range tasks {
		for i, b := range t.blocks {
			what[b] = kinds[t.kind].verb
			if i > 0 {
				what[b] += fmt.Sprintf(", with line %d", t.first().line)
			}
		}
		if t.want != nil {
			what[t.want] = fmt.Sprintf("compare with what line %d prints", t.last().line)
		}
	}
	for _, b := range blocks {
		if b.fault != "" && b.matches(only) {
			what[b] = "ERROR: " + b.fault
		}
		if text, ok := what[b]; ok {
			fmt.Fprintf(w, "%s %s: %s\n", b.place(), b.language(), text)
		}
	}
}
