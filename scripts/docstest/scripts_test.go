package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const client = "export declare function open(url: string): { post(text: string): Promise<number> };\n"

const clientImport = "import { open } from \"/__rpc/client.js\";\n"

// without ends a test that cannot do without something: elsewhere than in CI that is no failure.
func without(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not there", what)
	}
	t.Skipf("NOT RUN: %s is not there", what)
}

// withCompiler links the compiler of this repository into a tree.
func withCompiler(t *testing.T, root string) string {
	t.Helper()
	modules, err := filepath.Abs("../../web/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(modules, ".bin", "tsc")); err != nil {
		without(t, "web/node_modules (npm ci in web)")
	}
	if _, err := exec.LookPath("node"); err != nil {
		without(t, "node")
	}
	if err := os.Symlink(modules, filepath.Join(root, "web", "node_modules")); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestRun_Scripts(t *testing.T) {
	t.Parallel()
	tr := tree{"web/dist/client.d.ts": client, "docs/x.md": says("", "ts", clientImport+"const n: number = await open(\"x\").post(\"y\");") +
		says("continues", "ts", "console.log(n);") +
		says("in=room", "ts", "room.post(\"x\");") +
		says("in=room", "js", "room.post(\"x\");") +
		says("", "js", "import { open } from \"@millrace/client\";\nfunction f(text) { open(text); }\nf(document.querySelector(\"p\").id);") +
		says("", "ts", "export const n = 1;") +
		says("", "html", "<script type=\"module\">\n"+clientImport+"open(\"x\");</script>")}
	for _, language := range []string{"ts", "js"} {
		tr["docs/testdata/docstest/room."+language] = clientImport + "const room = open(\"x\");\n//BLOCK\n"
	}
	docstest(t, withCompiler(t, tr.write(t)), nil).good(t, "7 blocks: 0 compiled, 0 run, 7 checked, 0 text")
}

func TestRun_BrokenScripts(t *testing.T) {
	t.Parallel()
	tr := tree{"web/dist/client.d.ts": client, "docs/x.md": says("", "ts", "import { close } from \"/__rpc/client.js\";") +
		says("", "ts", "function f(x) { return x; }") +
		says("", "ts", clientImport+"const s: string = await open(\"x\").post(\"y\");") +
		"- a\n\n  ```js\n  " + clientImport + "  open(1);\n  ```\n\n" +
		says("", "js", "let a = 1;") + says("continues", "js", "a.length") +
		says("", "html", "<p></p><script>let a = 1; a.length</script>") +
		says("in=room", "ts", "room.post(\"x\");") +
		says("in=none", "ts", "x") +
		says("", "js", "if {"),
		"docs/testdata/docstest/room.ts": "//BLOCK\n"}
	docstest(t, withCompiler(t, tr.write(t)), nil).failures(t,
		`docs/x.md:1: tsc does not like the script\n    docs/x.md:2:10: error TS2305: .* no exported member 'close'`,
		`docs/x.md:4: .*\n    docs/x.md:5:12: error TS7006`,
		`docs/x.md:7: .*\n    docs/x.md:9:7: error TS2322`,
		`docs/x.md:13: .*\n    docs/x.md:15:8: error TS2345`,
		`docs/x.md:18: .*\n    docs/x.md:23:3: error TS2339`,
		`docs/x.md:25: .*\n    docs/x.md:26:29: error TS2339`,
		`docs/x.md:29: .*\n    docs/x.md:30:1: error TS2304`,
		`docs/x.md:33: the wrapper docs/testdata/docstest/none.ts: no such file`,
		`docs/x.md:36: .*\n    docs/x.md:37:4: error TS1005`,
	)
}

func TestRun_ScriptsWithoutCompiler(t *testing.T) {
	t.Parallel()
	root := tree{"README.md": says("", "ts", "x") + says("", "js", "x") + says("", "html", "<p>x") + says("", "html", "<script>x</script>")}.write(t)
	const why = "NOT RUN, BECAUSE "
	const blocks = ": README.md:1 README.md:4 README.md:10\n4 blocks: 0 compiled, 0 run, 1 checked, 0 text, 3 NOT RUN\n"
	for _, tt := range []struct {
		name, ci string
		code     int
	}{{"at-home", "", 0}, {"in-ci", "true", 1}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := docstest(t, root, tree{"CI": tt.ci})
			if o.code != tt.code || !strings.HasPrefix(o.stdout, why) || !strings.HasSuffix(o.stdout, blocks) {
				t.Errorf("docstest = %d, %s, want %d, %s...%s", o.code, o.stdout, tt.code, why, blocks)
			}
		})
	}
}
