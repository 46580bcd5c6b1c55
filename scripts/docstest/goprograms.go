package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// goProgram is a package of the module of blocks.
type goProgram struct {
	task    *task
	dir     string
	sources []*source
	said    string // what is against it
}

// compileGo builds and vets all programs, in as few runs of the go command as there can be, and
// links those that are to be run. Those that are only to be compiled are done then.
func (r *runner) compileGo(ctx context.Context, tasks []*task) error {
	var programs []*goProgram
	module, err := newGoModule(ctx, r.goModule, filepath.Join(r.scratch, "go"))
	if err != nil {
		return err
	}
	for _, t := range tasks {
		sources, err := r.sources.weave(r.root, t)
		if err != nil {
			r.report.failTask(t, err.Error(), "")
			continue
		}
		p := &goProgram{task: t, dir: fmt.Sprintf("p%04d", len(programs)+1), sources: sources}
		for _, s := range sources {
			if err := s.write(filepath.Join(module.dir, p.dir)); err != nil {
				return err
			}
		}
		programs = append(programs, p)
	}

	steps := []struct {
		fails string
		do    func([]*goProgram) error
	}{
		{"the program does not compile", func([]*goProgram) error { return r.listGo(ctx, module, programs) }},
		// With errors, of the standard library, there are always several packages to build, and of
		// several the go command links none.
		{"the program does not compile", func(ps []*goProgram) error { return r.runGo(ctx, module, ps, "build", "errors") }},
		{"go vet does not like the program", func(ps []*goProgram) error { return r.runGo(ctx, module, ps, "vet") }},
	}
	for _, step := range steps {
		if len(programs) == 0 {
			return nil
		}
		if err := step.do(programs); err != nil {
			return err
		}
		var good []*goProgram
		for _, p := range programs {
			if p.said == "" {
				good = append(good, p)
				continue
			}
			r.report.failTask(p.task, step.fails, p.said)
		}
		programs = good
	}
	return r.linkGo(ctx, module, programs)
}

// listGo finds the packages that the go command would not begin with: it begins with none then.
func (r *runner) listGo(ctx context.Context, module *goModule, programs []*goProgram) error {
	broken, err := module.broken(ctx)
	if err != nil {
		return err
	}
	for _, p := range programs {
		p.said = r.sources.remap(broken[path.Join(docsModule, p.dir)])
	}
	return nil
}

// runGo runs the go command on all programs, and gives each what was said of it.
func (r *runner) runGo(ctx context.Context, module *goModule, programs []*goProgram, args ...string) error {
	byPackage, bySource := map[string]*goProgram{}, map[string]*goProgram{}
	for _, p := range programs {
		byPackage[path.Join(docsModule, p.dir)] = p
		for _, s := range p.sources {
			bySource[s.name] = p
		}
		args = append(args, "./"+p.dir)
	}
	ran := module.run(ctx, args...)
	if ran.err == nil {
		return nil
	}
	var current *goProgram
	blamed := false
	for line := range strings.Lines(ran.all()) {
		if header, ok := strings.CutPrefix(line, "# "); ok {
			current = byPackage[strings.Trim(header, "[]\r\n")]
			continue
		}
		if s := r.sources.mentioned(line); s != nil {
			current = bySource[s.name]
		}
		if current != nil {
			current.said += r.sources.remap(strings.TrimPrefix(line, "vet: "))
			blamed = true
		}
	}
	if !blamed {
		return fmt.Errorf("go %s: %w\n%s", args[0], ran.err, ran.all())
	}
	return nil
}

// linkGo makes the programs that are to be run; the others are done.
func (r *runner) linkGo(ctx context.Context, module *goModule, programs []*goProgram) error {
	bin := filepath.Join(r.scratch, "bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return err
	}
	args := []string{"build", "-o", bin + string(filepath.Separator)}
	for _, p := range programs {
		if p.task.kind != kindGoRun {
			r.report.pass(p.task, stateCompiled)
			continue
		}
		r.executables[p.task] = filepath.Join(bin, p.dir)
		args = append(args, "./"+p.dir)
	}
	if len(r.executables) == 0 {
		return nil
	}
	if ran := module.run(ctx, args...); ran.err != nil {
		return fmt.Errorf("go build: %w\n%s", ran.err, ran.all())
	}
	return nil
}
