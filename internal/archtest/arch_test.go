package archtest_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/millrace/millrace"

// rule says what the non-test files of one tree of packages may import beside the
// standard library and packages of their own tree.
type rule struct {
	tree  string   // directory and everything below it
	allow []string // import paths, exact, or with /... for a tree
}

// rules: the first whose tree holds a package applies, so inner trees come first. Packages that no rule
// names may not be imported by library packages, and may import anything.
var rules = []rule{
	{"core/fault", nil},
	{"core/value", nil},
	{"core/clone", []string{"core/fault", "core/value"}},
	{"core/link", []string{"core", "core/fault"}},
	{"core", []string{"core/fault", "core/value", "core/clone"}},
	{"codecs", []string{"core", "core/fault", "core/value", "core/clone", "github.com/json-iterator/go", "github.com/vmihailenco/msgpack/v5"}},
	{"transports/wstransport", []string{"core", "core/fault", "core/link", "transports/internal/...", "github.com/gobwas/ws/...", "github.com/gobwas/pool/...", "github.com/gobwas/httphead"}},
	{"transports/memtransport", []string{"core", "core/fault", "core/link", "transports/internal/..."}},
	{"transports/httptransport", []string{"core", "core/fault", "core/link", "transports/internal/..."}},
	{"transports", []string{"core", "core/fault", "core/link"}},
	{"plugins", []string{"core", "core/fault", "core/value", "core/clone", "core/link", "github.com/hashicorp/go-plugin/...", "google.golang.org/..."}},
}

// TestImports fails for each import against the direction in which the module's packages depend on
// each other: inwards, to core.
func TestImports(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, f := range sources(t, "../..") {
		r, ok := ruleFor(path.Dir(f.name))
		if !ok {
			continue
		}
		checked++
		for _, imported := range f.imports {
			if err := r.check(imported); err != nil {
				t.Errorf("%s: %v", f.name, err)
			}
		}
	}
	if checked < 10 {
		t.Errorf("%d files checked: the walk does not find the module", checked)
	}
}

func TestRule(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, dir, imported string
		ok                  bool
	}{
		{"std", "core/fault", "net/http", true},
		{"own-tree", "codecs/lmzcodec", module + "/codecs/internal/jsontok", true},
		{"inward", "core/clone", module + "/core/value", true},
		{"outward", "core/fault", module + "/core", false},
		{"clone-not-core", "core/clone", module + "/core", false},
		{"core-not-link", "core", module + "/core/link", false},
		{"link-not-value", "core/link", module + "/core/value", false},
		{"codec-library", "codecs/lmzcodec", "github.com/json-iterator/go", true},
		{"codec-not-network", "codecs/lmzcodec", "github.com/gobwas/ws", false},
		{"transport-library", "transports/wstransport", "github.com/gobwas/ws/wsutil", true},
		{"transport-not-clone", "transports/wstransport", module + "/core/clone", false},
		{"transport-not-codec", "transports/memtransport", module + "/codecs/lmzcodec", false},
		{"transport-not-transport", "transports/httptransport", module + "/transports/wstransport", false},
		{"core-no-library", "core", "github.com/json-iterator/go", false},
		{"prefix-is-a-directory", "core", module + "/corex", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, ok := ruleFor(tt.dir)
			if !ok {
				t.Fatalf("no rule for %s", tt.dir)
			}
			if err := r.check(tt.imported); (err == nil) != tt.ok {
				t.Errorf("%s importing %s: %v, want ok=%v", tt.dir, tt.imported, err, tt.ok)
			}
		})
	}
}

func ruleFor(dir string) (rule, bool) {
	for _, r := range rules {
		if under(dir, r.tree) {
			return r, true
		}
	}
	return rule{}, false
}

func (r rule) check(imported string) error {
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") && imported != "C" {
		return nil // standard library
	}
	inside, local := strings.CutPrefix(imported, module+"/")
	if local {
		// core is a package with packages of other rules below it: its own tree is itself.
		if owner, ok := ruleFor(inside); ok && owner.tree == r.tree {
			return nil
		}
		imported = inside
	}
	for _, a := range r.allow {
		if tree, all := strings.CutSuffix(a, "/..."); imported == a || all && under(imported, tree) {
			return nil
		}
	}
	return fmt.Errorf("imports %s; %s/... may import %v", imported, r.tree, r.allow)
}

func under(p, tree string) bool { return p == tree || strings.HasPrefix(p, tree+"/") }

type source struct {
	name    string // slash path in the module
	imports []string
}

// sources parses the imports of every non-test file of the module.
func sources(t *testing.T, root string) []source {
	t.Helper()
	var found []source
	walk(t, root, func(name, p string) error {
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		s := source{name: name}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, imported)
		}
		found = append(found, s)
		return nil
	})
	return found
}

// walk calls visit with the slash path in the module, and the path on disk, of every Go
// file, without the modules nested in it.
func walk(t *testing.T, root string, visit func(name, p string) error) {
	t.Helper()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skip(root, p, rel)
		}
		if !strings.HasSuffix(rel, ".go") {
			return nil
		}
		return visit(filepath.ToSlash(rel), p)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func skip(root, p, rel string) error {
	if p == root {
		return nil
	}
	name := filepath.Base(rel)
	if strings.HasPrefix(name, ".") || slices.Contains([]string{"testdata", "node_modules"}, name) {
		return filepath.SkipDir
	}
	_, err := os.Stat(filepath.Join(p, "go.mod"))
	switch {
	case err == nil:
		return filepath.SkipDir // a module of its own
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return err
}

// TestNobodySleeps: a test waits for something, not for a while; in a synctest bubble, where
// time is free, sleeping is fine. Library code never sleeps.
func TestNobodySleeps(t *testing.T) {
	t.Parallel()
	checked := 0
	walk(t, "../..", func(name, p string) error {
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		checked++
		if strings.HasSuffix(name, "_test.go") && slices.ContainsFunc(f.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == `"testing/synctest"` }) {
			return nil
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Sleep" {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" {
					t.Errorf("%s: time.Sleep", name)
				}
			}
			return true
		})
		return nil
	})
	if checked < 10 {
		t.Errorf("%d files checked: the walk does not find the module", checked)
	}
}
