package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// runner does the tasks of all documents.
type runner struct {
	root     string // absolute
	goModule string // the directory of the module whose requirements Go blocks have
	scratch  string
	report   *report

	sources     sources
	executables map[*task]string
}

// do does what can be done for all documents together, and then goes through each of them.
func (r *runner) do(ctx context.Context, documents [][]*task) error {
	r.executables = map[*task]string{}
	var programs, scripts []*task
	for _, tasks := range documents {
		for _, t := range tasks {
			r.look(t)
			if r.report.of(t) != 0 {
				continue // it is done, or broken
			}
			switch t.kind {
			case kindGo, kindGoRun:
				programs = append(programs, t)
			case kindScript, kindHTML:
				scripts = append(scripts, t)
			}
		}
	}
	if len(programs) > 0 {
		if err := r.compileGo(ctx, programs); err != nil {
			return err
		}
	}
	if err := r.checkScripts(ctx, scripts); err != nil {
		return err
	}
	for i, tasks := range documents {
		if err := r.document(ctx, tasks, filepath.Join(r.scratch, fmt.Sprintf("doc%03d", i+1))); err != nil {
			return err
		}
	}
	return nil
}

// look does what needs no other program.
func (r *runner) look(t *task) {
	b := t.first()
	sentence, line := "", 0
	switch t.kind {
	case kindJSON:
		sentence, line = checkJSON(b)
	case kindHTML:
		sentence, line = checkTags(b)
	case kindText:
		is := stateText
		if b.says.has("text") {
			is = stateDeclared
		}
		r.report.pass(t, is)
		return
	}
	if sentence != "" {
		r.report.failAt(t, b, line, sentence, "")
		return
	}
	for _, b := range t.blocks {
		if b.says.file == "" {
			continue
		}
		if sentence, line := occurs(r.root, b); sentence != "" {
			r.report.failAt(t, b, line, sentence, "")
			return
		}
	}
	done := t.kind == kindJSON || t.kind == kindOccurs || t.kind == kindHTML && !htmlScript.MatchString(b.text())
	if done {
		r.report.pass(t, stateChecked)
	}
}

// document does the tasks of a document that are done in order, and ends what they leave running.
func (r *runner) document(ctx context.Context, tasks []*task, dir string) error {
	d := &document{runner: r, dir: dir, named: map[string]*stream{}}
	if err := os.MkdirAll(d.scratchDir(), 0o700); err != nil {
		return err
	}
	var err error
	for _, t := range tasks {
		if r.report.of(t) != 0 {
			continue // it is done, or broken
		}
		if err = d.do(ctx, t); err != nil {
			err = fmt.Errorf("%s: %w", t.first().place(), err)
			break
		}
		if err = ctx.Err(); err != nil {
			break
		}
	}
	return errors.Join(err, d.close())
}

// tool runs a program in the root.
func (r *runner) tool(ctx context.Context, timeout time.Duration, args ...string) result {
	return command{dir: r.root, timeout: timeout, args: args}.do(ctx)
}
