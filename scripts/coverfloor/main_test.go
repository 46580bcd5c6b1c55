package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Two test binaries report the same three blocks of a.go; between them they cover two.
const merged = `mode: atomic
github.com/o/m/core/a.go:1.1,2.2 4 0
github.com/o/m/core/a.go:3.1,4.2 4 1
github.com/o/m/core/a.go:5.1,6.2 2 0
github.com/o/m/core/a.go:1.1,2.2 4 7
github.com/o/m/core/a.go:3.1,4.2 4 0
github.com/o/m/core/a.go:5.1,6.2 2 0
github.com/o/m/corex/b.go:1.1,2.2 100 0
github.com/o/m/core/deep/c.go:1.1,2.2 10 1
`

func TestRun(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		profile string
		args    []string // PROFILE is replaced
		code    int
		stdout  string // a part of it
		stderr  string
	}{
		{"merges-blocks", merged, []string{"-floor", "90", "PROFILE", "core"}, 0, "ok   coverage of core:        90.0% of 20 statements", ""},
		{"fails-below-floor", merged, []string{"-floor", "91", "PROFILE", "core"}, 1, "FAIL coverage of core:", ""},
		{"lists-files", merged, []string{"-files", "PROFILE", "core"}, 0, "80.0%  github.com/o/m/core/a.go (8 of 10 statements)", ""},
		{"prefix-is-a-directory", merged, []string{"PROFILE", "core", "corex"}, 1, "FAIL coverage of corex:        0.0% of 100 statements", ""},
		{"empty-tree-fails", merged, []string{"PROFILE", "nothing"}, 1, "FAIL coverage of nothing:      0.0% of 0 statements", ""},
		{"short-line", "mode: set\nx.go:1.1,2.2 4\n", []string{"PROFILE", "core"}, 2, "", "line 2: 2 fields instead of 3"},
		{"no-position", "x 4 1\n", []string{"PROFILE", "core"}, 2, "", `line 1: no position in "x"`},
		{"bad-statements", "x.go:1.1,2.2 y 1\n", []string{"PROFILE", "core"}, 2, "", "line 1: statements:"},
		{"bad-hits", "x.go:1.1,2.2 1 -1\n", []string{"PROFILE", "core"}, 2, "", "line 1: hits:"},
		{"no-tree", merged, []string{"PROFILE"}, 2, "", "usage:"},
		{"no-file", merged, []string{"/nonexistent", "core"}, 2, "", "no such file"},
		{"unknown-flag", merged, []string{"-x"}, 2, "", "flag provided but not defined"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "cover.out")
			if err := os.WriteFile(path, []byte(tt.profile), 0o600); err != nil {
				t.Fatal(err)
			}
			args := append([]string(nil), tt.args...)
			for i, a := range args {
				if a == "PROFILE" {
					args[i] = path
				}
			}
			var stdout, stderr strings.Builder
			if code := run(args, &stdout, &stderr); code != tt.code {
				t.Errorf("run(%q) = %d, want %d", args, code, tt.code)
			}
			if !strings.Contains(stdout.String(), tt.stdout) {
				t.Errorf("stdout = %q, want %q in it", stdout.String(), tt.stdout)
			}
			if !strings.Contains(stderr.String(), tt.stderr) {
				t.Errorf("stderr = %q, want %q in it", stderr.String(), tt.stderr)
			}
		})
	}
}
