package main

import (
	"fmt"
	"strings"
	"testing"
)

// found writes blocks as LINE LANGUAGE followed by their lines, or by the fault.
func found(blocks []*block) string {
	var out strings.Builder
	for _, b := range blocks {
		fmt.Fprintf(&out, "%d %s", b.line, b.language())
		if b.fault != "" {
			words := strings.Fields(b.fault)
			fmt.Fprintf(&out, " !%s", strings.Join(words[:min(4, len(words))], " "))
		}
		for _, line := range b.lines {
			fmt.Fprintf(&out, "|%s", line)
		}
		out.WriteString("\n")
	}
	return out.String()
}

func TestParse_Fences(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"backticks", "a\n```go\nx\n\ny\n```\nb\n", "2 go|x||y\n"},
		{"tildes", "~~~sh\nx\n~~~\n", "1 sh|x\n"},
		{"after-text-at-once", "text\n```sh\nx\n```\n", "2 sh|x\n"},
		{"no-language", "```\nx\n```\n", "1 (no language)|x\n"},
		{"language-in-lower-case", "```JSON title=\"x\"\n1\n```\n", "1 json|1\n"},
		{"space-before-language", "``` go\nx\n```\n", "1 go|x\n"},
		{"tildes-in-backticks", "```text\n~~~\n```\n", "1 text|~~~\n"},
		{"backticks-in-tildes", "~~~text\n```go\n```\n~~~\n", "1 text|```go|```\n"},
		{"longer-fence", "````text\n```go\nx\n```\n````\n", "1 text|```go|x|```\n"},
		{"longer-end", "```text\nx\n`````\n", "1 text|x\n"},
		{"end-with-a-word-is-none", "```text\nx\n``` y\n```\n", "1 text|x|``` y\n"},
		{"code-span-is-no-fence", "```x``` is code\n", ""},
		{"two-backticks", "``\nx\n``\n", ""},
		{"indented-fence", "  ```go\n    x\n  y\n z\n  ```\n", "1 go|  x|y|z\n"},
		{"indented-end", "```text\nx\n    ```\n   ```\n", "1 text|x|    ```\n"},
		{"tab-in-code", "```go\n\tx\n```\n", "1 go|\tx\n"},
		{"crlf", "a\r\n```go\r\nx\r\n```\r\n", "2 go|x\n"},
		{"byte-order-mark", "\ufeff```go\nx\n```\n", "1 go|x\n"},
		{"no-end-of-line", "```go\nx\n```", "1 go|x\n"},
		{"not-closed", "```go\nx\n", "1 go !the fence is not|x\n"},
		{"empty", "```text\n```\n", "1 text\n"},
		{"two", "```a\n```\n```b\n```\n", "1 a\n3 b\n"},
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

func TestParse_Containers(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"in-item", "- a\n\n  ```sh\n  x\n    y\n  ```\n", "3 sh|x|  y\n"},
		{"in-item-at-once", "1. ```sh\n   x\n   ```\n", "1 sh|x\n"},
		{"in-second-item", "1. a\n2. b\n   ```sh\n   x\n   ```\n", "3 sh|x\n"},
		{"in-item-of-item", "- a\n  - b\n\n    ```sh\n    x\n    ```\n- c\n", "4 sh|x\n"},
		{"in-wide-item", "10. a\n\n    ```sh\n    x\n    ```\n", "3 sh|x\n"},
		{"empty-line-in-item", "- ```sh\n  x\n\n  y\n  ```\n", "1 sh|x||y\n"},
		{"tab-in-item", "- a\n\n  ```go\n  \tx\n  ```\n", "3 go|\tx\n"},
		{"tab-as-indentation", "- a\n\n\t```go\n\tx\n\t```\n", "3 go|x\n"},
		{"item-ends-fence", "- ```sh\n  x\ny\n", "1 sh !the fence is not|x\n"},
		{"after-list", "- a\n\n```sh\nx\n```\n", "3 sh|x\n"},
		{"in-quote", "> a\n> ```sh\n> x\n>\n> y\n> ```\n", "2 sh|x||y\n"},
		{"in-quote-in-item", "- > ```sh\n  > x\n  > ```\n", "1 sh|x\n"},
		{"quote-ends-fence", "> ```sh\n> x\ny\n", "1 sh !the fence is not|x\n"},
		{"break-is-no-item", "- - -\n\n    x\n", "3 (no language) !code by indentation has|x\n"},
		{"number-in-text", "in\n2026. That\n    was\n", ""},
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

func TestParse_CodeByIndentation(t *testing.T) {
	t.Parallel()
	const fault = " (no language) !code by indentation has"
	tests := []struct{ name, text, want string }{
		{"alone", "a\n\n    make x\n      y\n\n    z\n\nb\n", "3" + fault + "|make x|  y|z\n"},
		{"tab", "a\n\n\tx\n", "3" + fault + "|x\n"},
		{"after-heading", "# a\n    x\n", "2" + fault + "|x\n"},
		{"after-fence", "```text\n```\n    x\n", "1 text\n3" + fault + "|x\n"},
		{"two", "    x\n\na\n\n    y\n", "1" + fault + "|x\n5" + fault + "|y\n"},
		{"in-item", "- a\n\n      x\n", "3" + fault + "|x\n"},
		{"behind-mark", "-     x\n", "1" + fault + "|x\n"},
		{"text-goes-on", "a\n    b\n", ""},
		{"text-of-item", "- a\n\n  b\n      c\n", ""},
		{"text-of-item-without-indentation", "- a\nb\n    c\n", ""},
		{"item-after-text-without-indentation", "1. a\nb\n\n     c\n", ""},
		{"in-comment", "<!--\n\n    x\n\n-->\n", ""},
		{"in-table", "| a |\n|---|\n    b\n", ""},
		{"pre", "<pre>\nx\n</pre>\n", "1 (no language) !code in <pre> is\n"},
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

// TestBlock_shift is about columns: what was cut off a line is added to those that tools tell.
func TestBlock_shift(t *testing.T) {
	t.Parallel()
	b := parse("x.md", "- a\n\n  ```go\n  \tx\n\n  y\n  ```\n")[0]
	if got, want := fmt.Sprint(b.shift), "[2 0 2]"; got != want {
		t.Errorf("shift = %s, want %s", got, want)
	}
}
