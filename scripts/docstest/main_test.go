package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tree is a repository, by file.
type tree map[string]string

// project is a library with a module of examples, as this repository is, and a document.
func project(document string) tree {
	return tree{
		"go.mod":                  "module example.com/project\n\ngo 1.26\n",
		"lib/lib.go":              "// Package lib adds.\npackage lib\n\n// Add adds.\nfunc Add(a, b int) int { return a + b }\n",
		"internal/inner/inner.go": "// Package inner is internal.\npackage inner\n",
		"examples/go.mod": "module example.com/project/examples\n\ngo 1.26\n\n" +
			"require example.com/project v0.0.0\n\nreplace example.com/project => ..\n",
		"examples/sum/sum.go": "// Package sum sums.\npackage sum\n\nimport \"example.com/project/lib\"\n\n" +
			"// Of sums.\nfunc Of(numbers ...int) (n int) {\n\tfor _, m := range numbers {\n\t\tn = lib.Add(n, m)\n\t}\n\treturn n\n}\n",
		"docs/x.md": document,
	}
}

func (tr tree) write(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range tr {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

type outcome struct {
	code             int
	stdout, progress string
}

// docstest runs the tool on a tree, and checks that it leaves the tree as it was.
func docstest(t *testing.T, root string, env tree, args ...string) outcome {
	t.Helper()
	before := files(t, root)
	var stdout, stderr strings.Builder
	code := run(t.Context(), append([]string{"-root", root}, args...), func(name string) string { return env[name] }, &stdout, &stderr)
	if after := files(t, root); !slices.Equal(before, after) {
		t.Errorf("files = %v, want %v as before", after, before)
	}
	return outcome{code, stdout.String(), stderr.String()}
}

func files(t *testing.T, root string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// good wants success, and a summary.
func (o outcome) good(t *testing.T, summary string) {
	t.Helper()
	if o.code != 0 || o.stdout != summary+"\n" {
		t.Errorf("docstest = %d,\n%swant 0,\n%s\nafter\n%s", o.code, o.stdout, summary, o.progress)
	}
}

// failures wants one failure for each regular expression, in order, and no other.
func (o outcome) failures(t *testing.T, want ...string) {
	t.Helper()
	if o.code != 1 {
		t.Errorf("docstest = %d, want 1", o.code)
	}
	var got []string
	for line := range strings.Lines(o.stdout) {
		if strings.HasPrefix(line, " ") && len(got) > 0 {
			got[len(got)-1] += line
		} else {
			got = append(got, line)
		}
	}
	got = got[:max(len(got)-1, 0)] // without the summary
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("no failure that matches %q", want[i])
		case i >= len(want):
			t.Errorf("failure %q, want none", got[i])
		case !regexp.MustCompile(`^` + want[i]).MatchString(got[i]):
			t.Errorf("failure\n%s, want a match of\n%s", got[i], want[i])
		}
	}
	if t.Failed() {
		t.Logf("all of it:\n%s%s", o.stdout, o.progress)
	}
}

func TestRun_Usage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		args   []string
		code   int
		stderr string
	}{
		{"unknown-flag", []string{"-x"}, 2, "flag provided but not defined"},
		{"bad-expression", []string{"-run", "("}, 2, "docstest: -run: error parsing regexp"},
		{"no-document", []string{"docs/no.md"}, 2, "no.md: no such file"},
		{"nothing", []string{"-root", "/nonexistent"}, 2, "docstest: /nonexistent has no documents"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := docstest(t, project("").write(t), nil, tt.args...)
			if o.code != tt.code || !strings.Contains(o.progress, tt.stderr) {
				t.Errorf("docstest(%q) = %d, %s, want %d, %q in it", tt.args, o.code, o.progress, tt.code, tt.stderr)
			}
		})
	}
}

func TestRun_Documents(t *testing.T) {
	t.Parallel()
	tr := tree{"docs/image.png": "```x\n```\n"}
	in := []string{"README.md", "CONTRIBUTING.md", "bench/README.md", "web/README.md", "docs/a.md", "docs/adr/b.md",
		"docs/spec/deep/c.md", "examples/README.md", "examples/chat/README.md"}
	out := []string{"CHANGELOG.md", "core/README.md", "docs/testdata/d.md", "docs/.hidden/e.md", "examples/chat/notes.md",
		"examples/chat/node_modules/x/README.md", "web/node_modules/x/README.md"}
	for _, name := range slices.Concat(in, out) {
		tr[name] = "```text\n" + name + "\n```\n"
	}
	o := docstest(t, tr.write(t), nil, "-list")
	var got []string
	for line := range strings.Lines(o.stdout) {
		name, _, _ := strings.Cut(line, ":")
		got = append(got, name)
	}
	slices.Sort(got)
	slices.Sort(in)
	if !slices.Equal(got, in) {
		t.Errorf("documents = %q, want %q", got, in)
	}
}

const mixed = "```sh\necho a\n```\n\n```output\na\n```\n\n```json\n{}\n```\n\n    code\n\n```json\n{\n```\n"

func TestRun_List(t *testing.T) {
	t.Parallel()
	o := docstest(t, tree{"README.md": mixed}.write(t), nil, "-list")
	const want = "README.md:1 sh: sh\nREADME.md:5 output: compare with what line 1 prints\nREADME.md:9 json: parse\n" +
		"README.md:13 (no language): ERROR: code by indentation has no language: put it between fences, such as ```sh or ```text\n" +
		"README.md:15 json: parse\n"
	if o.code != 0 || o.stdout != want {
		t.Errorf("docstest -list = %d,\n%swant\n%s", o.code, o.stdout, want)
	}
}

func TestRun_Filter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, pattern string
		code          int
		summary       string
	}{
		{"language", " sh$", 0, "2 blocks: 0 compiled, 1 run, 1 checked, 0 text\n"},
		{"output-brings-its-block", ":5 ", 0, "2 blocks: 0 compiled, 1 run, 1 checked, 0 text\n"},
		{"line", "^README.md:9 ", 0, "1 blocks: 0 compiled, 0 run, 1 checked, 0 text\n"},
		{"fault", ":13 ", 1, "1 blocks: 0 compiled, 0 run, 0 checked, 0 text, 1 FAILED\n"},
		{"all", "", 1, "5 blocks: 0 compiled, 1 run, 2 checked, 0 text, 2 FAILED\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := docstest(t, tree{"README.md": mixed}.write(t), nil, "-run", tt.pattern)
			if o.code != tt.code || !strings.HasSuffix(o.stdout, tt.summary) {
				t.Errorf("docstest -run %q = %d, %s, want %d, %s", tt.pattern, o.code, o.stdout, tt.code, tt.summary)
			}
		})
	}
}

// TestRun_Static has one good and one broken block of each kind that no other program looks at.
func TestRun_Static(t *testing.T) {
	t.Parallel()
	tr := tree{
		"x.go":      "package x\n\nfunc F() {}\n",
		"README.md": says("", "json", "{}") + says("", "html", "<p>x</p>") + says("file=x.go", "go", "func F() {}") + says("", "mermaid", "graph") + says("text", "ts", "x"),
		"docs/bad.md": says("", "json", "{,}") + says("", "html", "<b>x</i>") + says("file=x.go", "go", "func F() {}\nfunc G() {}") +
			says("file=y.go", "go", "x") + says("", "yaml", "a: 1") + says("runs", "go", "x"),
	}
	root := tr.write(t)
	docstest(t, root, nil, "README.md").good(t, "5 blocks: 0 compiled, 0 run, 3 checked, 1 text, 1 code declared to be text")
	docstest(t, root, nil, "docs/bad.md").failures(t,
		"docs/bad.md:2: not JSON: invalid character ','", "docs/bad.md:5: </i> ends nothing",
		"docs/bad.md:10: x.go has other lines", "docs/bad.md:13: y.go: no such file",
		"docs/bad.md:16: yaml needs a command", "docs/bad.md:20: runs is no word")
}

// TestEnvironment is about make docs-test: the make of a document does not take after it.
func TestEnvironment(t *testing.T) {
	t.Setenv("MAKEFLAGS", "-k")
	t.Setenv("MAKELEVEL", "1")
	t.Setenv("PWD", "/")
	t.Setenv("DOCSTEST", "kept")
	env := environment("/tmp", []string{"TMPDIR=/x"})
	for _, want := range []string{"DOCSTEST=kept", "PWD=/tmp", "TMPDIR=/x"} {
		if !slices.Contains(env, want) {
			t.Errorf("environment = %q, want %s in it", env, want)
		}
	}
	for _, variable := range env {
		if strings.HasPrefix(variable, "MAKE") || variable == "PWD=/" {
			t.Errorf("environment has %s", variable)
		}
	}
}
