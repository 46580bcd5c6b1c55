package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// How long a block may take that does not say so itself.
const (
	programTimeout = 30 * time.Second
	shellTimeout   = 2 * time.Minute
	readyTimeout   = 30 * time.Second
)

// document runs what is run of a document, in order.
type document struct {
	*runner
	dir     string
	session *session // nil before the first block of shell
	named   map[string]*stream
	running []*running
	broken  *block // the block of shell that failed: those after it are not run
}

// running is a block in the background.
type running struct {
	block  *block
	stream *stream
}

// do does a task that the document's turn has come to. What is wrong with it is reported; an error is what keeps
// the tool from its work.
func (d *document) do(ctx context.Context, t *task) error {
	onShell := t.kind == kindShell || t.kind == kindBackground || t.kind == kindOutput
	switch {
	case t.kind == kindGoRun:
		c := command{d.root, d.env(), t.timeout(programTimeout), []string{d.executables[t]}}
		d.finish(ctx, t, c.do(ctx).expect(t.exit()), "the program fails")
		return nil
	case onShell && d.broken != nil:
		d.report.notRun(t, fmt.Sprintf("the block of line %d failed", d.broken.line))
		return nil
	case t.kind == kindOutput:
		d.hear(ctx, t)
		return nil
	}
	file, err := d.write(t.first())
	if err != nil {
		return err
	}
	switch t.kind {
	case kindCommand:
		d.command(ctx, t, file)
		return nil
	case kindDry:
		if sentence, output, line := d.dry(ctx, t.first(), file); sentence != "" {
			d.report.failAt(t, t.first(), line, sentence, output)
			return nil
		}
		d.report.pass(t, stateChecked)
		return nil
	default:
		return d.shell(ctx, t, file)
	}
}

// command gives a block to the command that checks it.
func (d *document) command(ctx context.Context, t *task, file string) {
	says := t.first().says.cmd
	line := says + " " + quoteShell(file)
	if strings.Contains(says, "{}") {
		line = strings.ReplaceAll(says, "{}", quoteShell(file))
	}
	c := command{d.root, d.env(), t.timeout(shellTimeout), []string{"sh", "-euc", line}}
	d.finish(ctx, t, c.do(ctx).expect(t.exit()), "the command fails: "+says)
}

func (d *document) scratchDir() string { return filepath.Join(d.dir, "tmp") }

func (d *document) env() []string { return []string{"TMPDIR=" + d.scratchDir()} }

// write writes a block to a file of its own.
func (d *document) write(b *block) (string, error) {
	s := d.sources.new(b.extension())
	s.addBlock(b)
	dir := filepath.Join(d.dir, "work")
	return filepath.Join(dir, s.name), s.write(dir)
}

// finish tells how a task ended that has run, and compares what it printed.
func (d *document) finish(ctx context.Context, t *task, ran result, fails string) {
	if ran.err != nil {
		output := d.said(t, ran.all())
		output += d.died(ctx)
		d.report.failTask(t, fmt.Sprintf("%s: %v", fails, ran.err), output)
		d.giveUp(t)
		return
	}
	d.report.pass(t, stateRun)
	if t.want == nil {
		return
	}
	want, got := toLines(t.want.text()), toLines(ran.stdout)
	if !matches(want, got) {
		sentence := fmt.Sprintf("the block of line %d prints something else", t.last().line)
		d.report.fail(t.want, t.want.line, sentence, difference(want, got))
		return
	}
	d.report.pass(&task{kind: kindOutput, blocks: []*block{t.want}}, stateChecked)
}

// close ends the session.
func (d *document) close() error {
	if d.session == nil {
		return nil
	}
	return d.session.close()
}
