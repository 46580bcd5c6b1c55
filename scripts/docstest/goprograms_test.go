package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const program = "package main\n\nimport (\n\t\"fmt\"\n\n\t\"example.com/project/lib\"\n)\n\nfunc main() {\n\tfmt.Println(\"sum:\", lib.Add(1, 2))\n}"

func TestRun_Go(t *testing.T) {
	t.Parallel()
	tr := project(says("", "go", program) +
		says("run", "go", program) + says("", "output", "sum: ...") +
		says("run exit=3", "go", "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(3) }") +
		says("", "go", "package one\n\nconst A = 1") + says("continues", "go", "package one\n\nconst B = A") +
		says("in=body", "go", "n := sum.Of(1, 2)") + says("continues", "go", "n++") +
		says("in=two run", "go", "// T is a type.\ntype T int") + says("continues", "go", "t := T(1)") +
		says("continues", "go", "t++") + says("", "output", "2"))
	tr["docs/testdata/docstest/body.go"] = "package body\n\nimport \"example.com/project/examples/sum\"\n\nfunc f() int {\n\t//BLOCK\n\treturn n\n}\n\nvar _ = f\n"
	tr["docs/testdata/docstest/two.go"] = "package main\n\nimport \"fmt\"\n\n// BLOCK\n\nfunc main() {\n\t//BLOCK\n\tfmt.Println(t)\n}\n"
	docstest(t, tr.write(t), nil).good(t, "12 blocks: 5 compiled, 5 run, 2 checked, 0 text")
}

func TestRun_GoWithoutExamples(t *testing.T) {
	t.Parallel()
	tr := project(says("run", "go", program))
	delete(tr, "examples/go.mod")
	delete(tr, "examples/sum/sum.go")
	docstest(t, tr.write(t), nil).good(t, "1 blocks: 0 compiled, 1 run, 0 checked, 0 text")
}

// TestRun_BrokenGo has one block for each way in which Go is wrong, between good ones.
func TestRun_BrokenGo(t *testing.T) {
	t.Parallel()
	main := func(body string) string { return "package main\n\nfunc main() {\n\t" + body + "\n}" }
	var document strings.Builder
	var want []string
	// add adds Markdown, and what is to be said of its lines: {N} is line N of what is added.
	add := func(text string, failures ...string) {
		before := strings.Count(document.String(), "\n")
		document.WriteString(text)
		for _, f := range failures {
			want = append(want, numbers.ReplaceAllStringFunc(f, func(found string) string {
				n, err := strconv.Atoi(strings.Trim(found, "{}"))
				if err != nil {
					t.Fatal(err)
				}
				return `docs/x\.md:` + strconv.Itoa(before+n)
			}))
		}
	}
	add(says("", "go", program))
	add(says("", "go", main("x := 1")), `{1}: the program does not compile\n    {5}:2: declared and not used: x\n`)
	add(says("", "go", main("if {")), `{1}: .*\n    {5}:5: syntax error`)
	add(says("", "go", main("var s []int\n\t_ = s == s")), `{1}: .*\n    {6}:6: invalid operation`)
	add(says("", "go", "package main\n\nimport \"example.com/no\""), `{1}: .*\n    {4}:8: no required module provides`)
	add(says("", "go", "package main\n\nimport \"fmt"), `{1}: .*\n    {4}:8: string literal not terminated`)
	add(says("", "go", "package main\n\nimport _ \"example.com/project/internal/inner\""),
		`{1}: .*\n    {4}:8: use of internal package`)
	add(says("", "go", "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.Printf(\"%d\", \"x\")\n}"),
		`{1}: go vet does not like the program\n    {7}:14: fmt.Printf format %d has arg`)
	add("- a\n\n  ```go\n  package main\n\n  func main() {\n  \tx()\n  }\n  ```\n\n", `{3}: .*\n    {7}:4: undefined: x\n`)
	add(says("in=body", "go", "n := \"x\""), `{2}: .*\n    docs/testdata/docstest/body.go:5:9: cannot use n`)
	add(says("in=body", "go", "n := 1\nm := 2"), `{2}: .*\n    {4}:1: declared and not used: m\n`)
	add(says("in=body", "go", "n := 1")+says("continues", "go", "n := 1"), `{2}: .*\n    {7}:3: no new variables`)
	add(says("in=none", "go", "n := 1"), `{2}: the wrapper docs/testdata/docstest/none.go: no such file`)
	add(says("in=empty", "go", "n := 1"), `{2}: the wrapper docs/testdata/docstest/empty.go has no line //BLOCK\n`)
	add(says("run", "go", main("panic(\"oh\")"))+says("", "output", "x"), `{2}: the program fails: exit status 2\n    panic: oh\n(.*\n)*.*{6} `)
	add(says("run timeout=10ms", "go", main("for {\n\t}")), `{2}: the program fails: it ran longer than 10ms`)
	add(says("run exit=3", "go", main("")), `{2}: the program fails: exit status 0, not 3\n`)
	add(says("run", "go", main("println(1)"))+says("", "output", "1"), `{9}: the block of line \d+ prints something else\n`+
		`    the document says:\n      1\n    it printed:\n      \(nothing\)\n`)
	add(says("run", "go", main("print()")))

	tr := project(document.String())
	tr["docs/testdata/docstest/body.go"] = "package body\n\nfunc f() int {\n\t//BLOCK\n\treturn n\n}\n\nvar _ = f\n"
	tr["docs/testdata/docstest/empty.go"] = "package body\n"
	o := docstest(t, tr.write(t), nil)
	o.failures(t, want...)
	if summary := "22 blocks: 1 compiled, 2 run, 0 checked, 0 text, 2 NOT RUN, 17 FAILED\n"; !strings.HasSuffix(o.stdout, summary) {
		t.Errorf("docstest = %s, want at the end %s", o.stdout, summary)
	}
}

var numbers = regexp.MustCompile(`\{\d+\}`)

func TestRun_BrokenModule(t *testing.T) {
	t.Parallel()
	tr := project(says("", "go", program))
	tr["examples/go.mod"] = "modul example.com/project/examples\n"
	o := docstest(t, tr.write(t), nil)
	if want := "unknown directive: modul"; o.code != 1 || !strings.Contains(o.progress, want) {
		t.Errorf("docstest = %d, %s, want 1, %q in it", o.code, o.progress, want)
	}
}
