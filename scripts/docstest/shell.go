package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// shell runs a block in the session of the document, or beside it.
func (d *document) shell(ctx context.Context, t *task, file string) error {
	if d.session == nil {
		var err error
		if d.session, err = newSession(d.root, d.scratchDir()); err != nil {
			return err
		}
	}
	if t.first().says.has("terminal") {
		if err := d.session.terminal(); err != nil {
			return err
		}
	}
	if t.kind == kindBackground {
		return d.background(ctx, t, file)
	}
	d.finish(ctx, t, d.session.run(ctx, file, t.timeout(shellTimeout), t.exit()), "the block fails")
	return nil
}

// died tells of background blocks that have ended, for which another one may have failed. Their end may
// be told a little later than that.
func (d *document) died(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	told := ""
	for _, r := range d.running {
		r.stream.wait(ctx, func(string) bool { return false })
		if printed, status, _ := r.stream.look(); status >= 0 {
			told += fmt.Sprintf("(the background block of line %d had ended with status %d:)\n%s", r.block.line, status, printed)
		}
	}
	return told
}

// sourced is how dash tells of a line of the block that it reads; the name of its file may follow.
var sourced = regexp.MustCompile(`(?m)^sh: (\d+): (?:\S*/block\d+\.sh: )?`)

// said is what was said in running a block, with places of the document.
func (d *document) said(t *task, output string) string {
	if t.kind == kindShell || t.kind == kindBackground {
		output = sourced.ReplaceAllStringFunc(output, func(found string) string {
			n, _ := strconv.Atoi(sourced.FindStringSubmatch(found)[1]) // it is digits
			return fmt.Sprintf("%s:%d: ", t.first().file, t.first().line+n)
		})
	}
	return d.sources.remap(output)
}

// background starts a block, and waits until it is ready.
func (d *document) background(ctx context.Context, t *task, file string) error {
	b, limit := t.first(), t.timeout(readyTimeout)
	st, err := d.session.start(file)
	if errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("blocks in the background need a Unix system: %w", err)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if !st.wait(ctx, func(printed string) bool { return strings.Contains(printed, b.says.until) }) {
		printed, status, _ := st.look()
		why := fmt.Sprintf("%q was not printed in %v", b.says.until, limit)
		if status >= 0 {
			why = fmt.Sprintf("it ended with status %d and had not printed %q", status, b.says.until)
		}
		d.report.failTask(t, "the background block is not ready: "+why, d.said(t, printed))
		d.giveUp(t)
		return nil
	}
	d.running = append(d.running, &running{b, st})
	if b.says.name != "" {
		d.named[b.says.name] = st
	}
	d.report.pass(t, stateRun)
	return nil
}

// hear waits until a block in the background has printed what the document says.
func (d *document) hear(ctx context.Context, t *task) {
	b, limit := t.first(), t.timeout(readyTimeout)
	st := d.named[b.says.of]
	if st == nil { // -run has left its block out
		d.report.notRun(t, b.says.of+" was not started")
		return
	}
	want := toLines(b.text())
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if !st.wait(ctx, func(printed string) bool { return within(want, toLines(printed)) }) {
		printed, _, _ := st.look()
		sentence := fmt.Sprintf("%s did not print this in %v", b.says.of, limit)
		d.report.fail(b, b.line, sentence, difference(want, toLines(printed)))
		return
	}
	d.report.pass(t, stateChecked)
}

// giveUp leaves the blocks of shell that come later alone: they stand on the one that failed.
func (d *document) giveUp(t *task) {
	if t.kind == kindShell || t.kind == kindBackground {
		d.broken = t.last()
	}
}
