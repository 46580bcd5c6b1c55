package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// goTimeout is for one run of the go command, with nothing in its cache.
const goTimeout = 10 * time.Minute

// goModule is a module outside of the tree that has the requirements of one in it, as a reader's
// own module has: what is internal to the project cannot be imported.
type goModule struct{ dir string }

const docsModule = "example.com/docs"

// newGoModule makes a module in an empty directory from the one in base.
func newGoModule(ctx context.Context, base, dir string) (*goModule, error) {
	m := &goModule{dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(base, name))
		if os.IsNotExist(err) && name == "go.sum" {
			continue // nothing is required
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			return nil, err
		}
	}

	r := m.run(ctx, "mod", "edit", "-json")
	if r.err != nil {
		return nil, fmt.Errorf("%s: %s", base, r.all())
	}
	var file struct {
		Module  struct{ Path string }
		Replace []struct {
			Old, New struct{ Path, Version string }
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &file); err != nil {
		return nil, err
	}
	edit := []string{
		"mod", "edit", "-module=" + docsModule,
		"-require=" + file.Module.Path + "@v0.0.0", "-replace=" + file.Module.Path + "=" + base,
	}
	for _, r := range file.Replace {
		if strings.HasPrefix(r.New.Path, ".") {
			old := r.Old.Path
			if r.Old.Version != "" {
				old += "@" + r.Old.Version
			}
			edit = append(edit, "-replace="+old+"="+filepath.Join(base, r.New.Path))
		}
	}
	if r := m.run(ctx, edit...); r.err != nil {
		return nil, fmt.Errorf("%s: %s", base, r.all())
	}
	return m, nil
}

func (m *goModule) run(ctx context.Context, args ...string) result {
	// Whatever file a package of it is in, a workspace does not have this module.
	return command{dir: m.dir, env: []string{"GOWORK=off"}, timeout: goTimeout, args: append([]string{"go"}, args...)}.do(ctx)
}

// broken returns what the go command has against packages before it compiles them, by import path.
func (m *goModule) broken(ctx context.Context) (map[string]string, error) {
	r := m.run(ctx, "list", "-e", "-json=ImportPath,Error,DepsErrors", "./...")
	if r.err != nil {
		return nil, fmt.Errorf("go list: %s", r.all())
	}
	type listError struct{ Pos, Err string }
	found := map[string]string{}
	packages := json.NewDecoder(strings.NewReader(r.stdout))
	for packages.More() {
		var p struct {
			ImportPath string
			Error      *listError
			DepsErrors []*listError
		}
		if err := packages.Decode(&p); err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		problems := p.DepsErrors
		if p.Error != nil {
			problems = append(problems, p.Error)
		}
		for _, e := range problems {
			if e.Pos != "" && !strings.HasPrefix(e.Err, e.Pos) {
				e.Err = e.Pos + ": " + e.Err
			}
			if !strings.Contains(found[p.ImportPath], e.Err) {
				found[p.ImportPath] += e.Err + "\n"
			}
		}
	}
	return found, nil
}
