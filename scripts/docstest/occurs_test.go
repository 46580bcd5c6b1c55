package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const shownFile = `package room

// Post keeps a text.
func (r *Room) Post(text string) int {
	if text == "" {
		return 0
	}
	r.posts = append(r.posts, text)

	return len(r.posts)
}

func (r *Room) Count() int {
	return len(r.posts)
}
`

func TestOccurs(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "room.go"), []byte(shownFile), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, block string
		line        int // of the document, that has no match; 0 if there is none
	}{
		{"literally", "func (r *Room) Count() int {\n\treturn len(r.posts)\n}", 0},
		{"without-indentation", "if text == \"\" {\n\treturn 0\n}", 0},
		{"with-indentation", "\t\tif text == \"\" {\n\t\t\treturn 0\n\t\t}", 0},
		{"one-of-two", "return len(r.posts)", 0},
		{"empty-line", "r.posts = append(r.posts, text)\n\nreturn len(r.posts)", 0},
		{"omission", "func (r *Room) Post(text string) int {\n\t// ...\n\treturn len(r.posts)\n}", 0},
		{"bare-omission", "func (r *Room) Post(text string) int {\n...\n\treturn len(r.posts)\n}", 0},
		{"omission-between-empty-lines", "package room\n\n// ...\n\nfunc (r *Room) Count() int {", 0},
		{"omission-around", "// ...\nif text == \"\" {\n// ...", 0},
		{"other-line", "func (r *Room) Count() int {\n\treturn cap(r.posts)\n}", 3},
		{"part-of-a-line", "if text", 2},
		{"other-indentation-within", "if text == \"\" {\nreturn 0\n}", 3},
		{"nothing-like-it", "func main() {}", 2},
		{"omission-of-one-line", "if text == \"\" {\n\t// ...\n}", 0},
		{"order", "func (r *Room) Count() int {\n// ...\nfunc (r *Room) Post(text string) int {", 4},
		{"omission-of-no-line", "package room\n// ...\n\n// Post keeps a text.\n// ...\nfunc (r *Room) Post(text string) int {", 7},
		{"longer-than-the-file", "\treturn len(r.posts)\n}\n\nfunc", 5},
		{"only-omissions", "// ...\n...", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := parse("x.md", "```go\n"+tt.block+"\n```\n")[0]
			b.says.file = "room.go"
			if sentence, line := occurs(root, b); line != tt.line {
				t.Errorf("occurs(%q) = %q of line %d, want line %d", tt.block, sentence, line, tt.line)
			}
		})
	}
	t.Run("no-file", func(t *testing.T) {
		t.Parallel()
		b := parse("x.md", "```go\nx\n```\n")[0]
		b.says.file = "no.go"
		if sentence, line := occurs(root, b); line != 1 || !strings.HasPrefix(sentence, "no.go: no such file") {
			t.Errorf("occurs of a missing file = %q of line %d", sentence, line)
		}
	})
}
