package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestParseDirective(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       directive
	}{
		{"flag", "<!-- docs-test: run -->", directive{words: []string{"run"}}},
		{"several", "<!-- docs-test: run  timeout=2s exit=3 -->",
			directive{words: []string{"run", "timeout", "exit"}, timeout: 2 * time.Second, exit: 3}},
		{"quoted", `<!-- docs-test: background until="listening \"on" name=srv -->`,
			directive{words: []string{"background", "until", "name"}, until: `listening "on`, name: "srv"}},
		{"paths", `<!-- docs-test: file=examples/a.go -->`, directive{words: []string{"file"}, file: "examples/a.go"}},
		{"arrow-in-quotes", `<!-- docs-test: cmd="x --config {}" -->`, directive{words: []string{"cmd"}, cmd: "x --config {}"}},
		{"narrow", "<!--docs-test: in=a of=b-->", directive{words: []string{"in", "of"}, in: "a", of: "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseDirective(tt.text)
			if err != nil || fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("parseDirective(%q) = %v, %v, want %v", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestParseDirective_Refuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"no-colon", "<!-- docs-test run -->", "not of the form"},
		{"unknown-word", "<!-- docs-test: runs -->", "runs is no word"},
		{"unknown-value", "<!-- docs-test: dir=x -->", "dir is no word"},
		{"flag-with-value", "<!-- docs-test: run=1 -->", "run takes no value"},
		{"no-value", "<!-- docs-test: file -->", "file needs a value"},
		{"empty-value", "<!-- docs-test: file= -->", "file needs a value"},
		{"twice", "<!-- docs-test: run run -->", "run is given twice"},
		{"open-quote", `<!-- docs-test: until="x -->`, "no closing quote"},
		{"after-quote", `<!-- docs-test: until="x"y -->`, `what is "y"`},
		{"sign", "<!-- docs-test: -x -->", `what is "-x"`},
		{"timeout", "<!-- docs-test: timeout=5 -->", "timeout: time: missing unit"},
		{"negative-timeout", "<!-- docs-test: timeout=-5s -->", "not positive"},
		{"exit", "<!-- docs-test: exit=0 -->", "0 is not in 1..255"},
		{"name", "<!-- docs-test: in=../x -->", "a name is made of letters"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if d, err := parseDirective(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("parseDirective(%q) = %v, %v, want an error with %q", tt.text, d, err, tt.want)
			}
		})
	}
}

func TestParse_Directives(t *testing.T) {
	t.Parallel()
	const fence = "```go\n```\n"
	tests := []struct{ name, text, want string }{
		{"before-fence", "<!-- docs-test: run -->\n" + fence, "2 go\n"},
		{"in-item", "- a\n\n  <!-- docs-test: run -->\n  ```go\n  ```\n", "4 go\n"},
		{"right-after-text", "a\n<!-- docs-test: run -->\n" + fence, "3 go\n"},
		{"another-comment", "<!-- prettier-ignore -->\n" + fence, "2 go\n"},
		{"in-code-span", "write `<!-- docs-test: run -->`\n", ""},
		{"empty-line-between", "<!-- docs-test: run -->\n\n" + fence, "1 (no language) !this docs-test comment is\n3 go\n"},
		{"text-between", "<!-- docs-test: run -->\na\n" + fence, "1 (no language) !this docs-test comment is\n3 go\n"},
		{"two", "<!-- docs-test: run -->\n<!-- docs-test: dry -->\n" + fence, "1 (no language) !this docs-test comment is\n3 go\n"},
		{"at-the-end", "<!-- docs-test: run -->\n", "1 (no language) !this docs-test comment is\n"},
		{"broken", "<!-- docs-test: walk -->\n" + fence, "2 go !walk is no word\n"},
		{"broken-and-alone", "<!-- docs-test: walk -->\n", "1 (no language) !walk is no word\n"},
		{"slip-of-the-pen", "<!-- doctest: run -->\n" + fence, "2 go !not of the form\n"},
		{"several-lines", "<!-- docs-test: run\n-->\n" + fence, "1 (no language) !a docs-test comment is\n3 go\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := found(parse("x.md", tt.text)); got != tt.want {
				t.Errorf("parse(%q) =\n%swant\n%s", tt.text, got, tt.want)
			}
		})
	}
}
