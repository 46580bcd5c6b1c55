package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// kind is what is done with a block.
type kind int

const (
	kindText       kind = iota // nothing: it is not code
	kindOutput                 // compared with what a block before it printed
	kindOccurs                 // looked for in the file that it is shown from
	kindGo                     // compiled and vetted
	kindGoRun                  // and run
	kindScript                 // TypeScript or JavaScript, whose types are checked
	kindHTML                   // its tags are matched, its scripts are checked
	kindJSON                   // parsed
	kindShell                  // run in the document's session
	kindBackground             // run beside it, until the document ends
	kindDry                    // only parsed, and the targets of make looked up
	kindCommand                // given to a command
)

// kinds says for each kind how progress is told, what its blocks do for a sentence about them, and which words a
// docs-test comment may have.
var kinds = map[kind]struct {
	verb  string
	does  string
	words []string
}{
	kindText:       {"text", "is not code", []string{"text"}},
	kindOutput:     {"output", "is output", []string{"output", "of", "timeout"}},
	kindOccurs:     {"find in file", "is looked for in a file", []string{"file"}},
	kindGo:         {"go build, go vet", "is compiled", []string{"file", "in", "continues"}},
	kindGoRun:      {"go build, go vet, run", "is run", []string{"file", "in", "continues", "run", "timeout", "exit"}},
	kindScript:     {"tsc", "is type-checked", []string{"file", "in", "continues"}},
	kindHTML:       {"tags, tsc of its scripts", "is checked", []string{"file"}},
	kindJSON:       {"parse", "is parsed", []string{"file"}},
	kindShell:      {"sh", "is run", []string{"file", "run", "terminal", "timeout", "exit"}},
	kindBackground: {"sh in the background", "is run in the background", []string{"file", "terminal", "timeout", "background", "until", "name"}},
	kindDry:        {"sh -n, make -n", "is not run", []string{"file", "dry"}},
	kindCommand:    {"command", "is given to a command", []string{"file", "cmd", "timeout", "exit"}},
}

// kindOf decides by the language of a block, and by what its comment says.
func kindOf(b *block) (kind, error) {
	k, err := b.kind()
	if err != nil {
		return 0, err
	}
	for _, word := range b.says.words {
		if !slices.Contains(kinds[k].words, word) {
			return 0, fmt.Errorf("%s says nothing for a block of %s that %s", word, b.language(), kinds[k].does)
		}
	}
	if b.says.in != "" && b.says.has("continues") {
		return 0, fmt.Errorf("a block is either compiled in a wrapper or continues another")
	}
	if k == kindBackground && b.says.until == "" {
		return 0, fmt.Errorf(`a background block needs until="TEXT", what it prints when it is ready`)
	}
	return k, nil
}

func (b *block) kind() (kind, error) {
	says := b.says
	switch {
	case says.file != "" && len(says.words) == 1:
		return kindOccurs, nil
	case says.has("text"):
		return kindText, nil
	case says.cmd != "":
		return kindCommand, nil
	case says.has("output"), b.lang == "output":
		return kindOutput, nil
	}
	switch b.lang {
	case "text", "mermaid":
		return kindText, nil
	case "go":
		return b.goKind()
	case "ts", "js":
		return kindScript, nil
	case "html":
		return kindHTML, nil
	case "json":
		return kindJSON, nil
	case "sh":
		switch {
		case says.has("background"):
			return kindBackground, nil
		case says.has("dry"):
			return kindDry, nil
		}
		return kindShell, nil
	case "yaml":
		return 0, fmt.Errorf(`yaml needs a command that checks it, cmd="COMMAND", or the file that it is shown from, file=PATH`)
	case "":
		return 0, fmt.Errorf("the block has no language; text is one, too")
	}
	return 0, fmt.Errorf(`no rule for the language %q: the known ones are %s; others need cmd="COMMAND" or file=PATH`, b.lang, languages)
}

const languages = "go, ts, js, html, json, yaml, sh, output, text, mermaid"

// goKind tells a whole file, which is compiled as it is, from a part of one, which needs more.
func (b *block) goKind() (kind, error) {
	says := b.says
	switch {
	case says.has("run"):
		if b.goPackage() != "main" && says.in == "" && !says.has("continues") {
			return 0, fmt.Errorf("run is for programs, and this block is none")
		}
		return kindGoRun, nil
	case says.in != "", says.has("continues"):
		return kindGo, nil
	case b.goPackage() != "":
		return kindGo, nil
	}
	return 0, fmt.Errorf("a part of a Go program needs the file that it is shown from, file=PATH, " +
		"or a wrapper to compile it in, in=NAME")
}

// goPackage returns the name in the package clause that a block begins with, and nothing if it does
// not.
func (b *block) goPackage() string {
	if b.lang != "go" {
		return ""
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", b.text(), parser.PackageClauseOnly)
	if err != nil {
		return ""
	}
	return file.Name.Name
}

// extension of the file that a block is written to.
func (b *block) extension() string {
	if b.lang == "" || strings.ContainsAny(b.lang, `/\.{}`) {
		return "txt"
	}
	return b.lang
}
