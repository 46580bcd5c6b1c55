package main

import (
	"fmt"
	"strings"
	"testing"
)

// planned writes tasks as VERB LINES with the line of the output, and then the faults.
func planned(text string) string {
	blocks := parse("x.md", text)
	var out strings.Builder
	for _, t := range plan(blocks) {
		out.WriteString(kinds[t.kind].verb)
		for _, b := range t.blocks {
			fmt.Fprintf(&out, " %d", b.line)
		}
		if t.want != nil {
			fmt.Fprintf(&out, " = %d", t.want.line)
		}
		out.WriteString("\n")
	}
	for _, b := range blocks {
		if b.fault != "" {
			fmt.Fprintf(&out, "%d: %s\n", b.line, b.fault)
		}
	}
	return out.String()
}

// says is a block of two or three lines.
func says(directive, lang, line string) string {
	if directive != "" {
		directive = "<!-- docs-test: " + directive + " -->\n"
	}
	return directive + "```" + lang + "\n" + line + "\n```\n"
}

func TestPlan(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"text", says("", "text", "x"), "text 1\n"},
		{"mermaid", says("", "mermaid", "x"), "text 1\n"},
		{"declared-text", says("text", "ts", "x"), "text 2\n"},
		{"package", says("", "go", "package x"), "go build, go vet 1\n"},
		{"program-after-comment", says("", "go", "// x\npackage main"), "go build, go vet 1\n"},
		{"run", says("run", "go", "package main"), "go build, go vet, run 2\n"},
		{"part-in-wrapper", says("in=a", "go", "x()"), "go build, go vet 2\n"},
		{"part-in-wrapper-run", says("in=a run", "go", "x()"), "go build, go vet, run 2\n"},
		{"part-of-file", says("file=a.go", "go", "x()"), "find in file 2\n"},
		{"program-of-file", says("file=a.go", "go", "package main"), "find in file 2\n"},
		{"program-of-file-run", says("file=a.go run", "go", "package main"), "go build, go vet, run 2\n"},
		{"continues", says("in=a", "go", "x()") + says("", "json", "1") + says("continues run", "go", "y()"),
			"go build, go vet, run 2 9\nparse 5\n"},
		{"ts", says("", "ts", "x"), "tsc 1\n"},
		{"js-continues", says("", "js", "x") + says("continues", "js", "y"), "tsc 1 5\n"},
		{"ts-of-file", says("file=a.ts", "ts", "x"), "find in file 2\n"},
		{"html", says("", "html", "<p>"), "tags, tsc of its scripts 1\n"},
		{"sh", says("", "sh", "x"), "sh 1\n"},
		{"sh-of-file", says("file=a.sh", "sh", "x"), "find in file 2\n"},
		{"sh-of-file-run", says("file=a.sh run", "sh", "x"), "sh 2\n"},
		{"dry", says("dry", "sh", "x"), "sh -n, make -n 2\n"},
		{"background", says(`background until=x name=a`, "sh", "x") + says("of=a", "output", "x"),
			"sh in the background 2\noutput 6\n"},
		{"command", says(`cmd="x"`, "yaml", "a: 1"), "command 2\n"},
		{"command-for-any", says(`cmd="x"`, "toml", "a = 1"), "command 2\n"},
		{"file-for-any", says(`file=x`, "sql", "a"), "find in file 2\n"},
		{"output", says("", "sh", "x") + says("", "output", "x"), "sh 1 = 4\n"},
		{"text-as-output", says("", "sh", "x") + says("output", "text", "x"), "sh 1 = 5\n"},
		{"json-as-output", says(`cmd=x`, "yaml", "x") + says("output", "json", "1"), "command 2 = 6\n"},
		{"output-of-run", says("run", "go", "package main") + says("", "output", "x"), "go build, go vet, run 2 = 5\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := planned(tt.text); got != tt.want {
				t.Errorf("plan(%q) =\n%swant\n%s", tt.text, got, tt.want)
			}
		})
	}
}

// Each is an error in its last block, which is not done.
func TestPlan_Refuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"no-language", says("", "", "x"), "1: the block has no language"},
		{"unknown-language", says("", "python", "x"), `1: no rule for the language "python"`},
		{"part-alone", says("", "go", "x()"), "1: a part of a Go program needs"},
		{"run-of-part", says("run", "go", "x()"), "2: run is for programs"},
		{"run-of-package", says("run", "go", "package x"), "2: run is for programs"},
		{"yaml-alone", says("", "yaml", "a: 1"), "1: yaml needs a command"},
		{"word-of-another-kind", says("dry", "go", "package x"), "2: dry says nothing for a block of go that is compiled"},
		{"timeout-of-dry", says("dry timeout=1s", "sh", "x"), "2: timeout says nothing for a block of sh that is not run"},
		{"wrapper-and-continues", says("in=a continues", "go", "x()"), "2: a block is either"},
		{"background-without-until", says("background", "sh", "x"), `2: a background block needs until=`},
		{"continues-nothing", says("continues", "go", "x()"), "2: no block of go that is compiled comes before"},
		{"output-of-nothing", says("", "output", "x"), "1: no block that is run comes right before"},
		{"output-of-output", says("", "sh", "x") + says("", "output", "x") + says("", "output", "x"), "7: no block that is run"},
		{"output-of-text", says("", "text", "x") + says("", "output", "x"), "4: the block of line 1 before this output is not code"},
		{"output-of-package", says("", "go", "package main") + says("", "output", "x"), "4: the block of line 1 before this output is compiled"},
		{"output-of-broken", says("", "", "x") + says("", "output", "x"), "4: no block that is run"},
		{"output-of-background", says(`background until=x`, "sh", "x") + says("", "output", "x"), "5: the block of line 2 runs on"},
		{"timeout-of-output", says("", "sh", "x") + says("timeout=1s", "output", "x"), "5: timeout says something for output only"},
		{"of-nobody", says("of=a", "output", "x"), "2: no background block before this one has the name a"},
		{"name-twice", says("background until=x name=a", "sh", "x") + says("background until=x name=a", "sh", "x"), "6: another background block has the name a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := planned(tt.text); !strings.Contains("\n"+got, "\n"+tt.want) {
				t.Errorf("plan(%q) =\n%swant in it\n%s", tt.text, got, tt.want)
			}
		})
	}
}
