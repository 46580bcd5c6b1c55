package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// state is what became of a block.
type state int

const (
	stateText     state = iota + 1
	stateDeclared       // code in itself, and said to be text
	stateCompiled
	stateRun
	stateChecked
	stateNotRun
	stateFailed
)

// report tells progress as it comes, and keeps failures for the end.
type report struct {
	progress io.Writer
	states   map[*block]state
	failures []failure
	skips    []string // what is not there, and which blocks were not run for that
}

// failure is what is said of a line of a document.
type failure struct {
	file string
	line int
	text string
}

// of is what became of a task: the worst of its blocks.
func (r *report) of(t *task) state {
	var worst state
	for _, b := range t.blocks {
		worst = max(worst, r.states[b])
	}
	return worst
}

func (r *report) pass(t *task, s state) {
	for _, b := range t.blocks {
		r.set(b, s)
	}
	fmt.Fprintf(r.progress, "%s %s ok\n", t.first().place(), kinds[t.kind].verb)
}

// fail tells that a block is broken: the sentence is about the given line of the document, and the
// output is what a tool said.
func (r *report) fail(b *block, line int, sentence, output string) {
	r.set(b, stateFailed)
	r.failures = append(r.failures, failure{b.file, line, sentence + "\n" + quote(output)})
	fmt.Fprintf(r.progress, "%s %s FAIL\n", b.place(), b.language())
}

// failTask tells that a task is broken, of its first block.
func (r *report) failTask(t *task, sentence, output string) {
	r.failAt(t, t.first(), t.first().line, sentence, output)
}

// failAt tells that a task is broken, of one of its blocks. The others are not called good for that,
// and nobody knows of the output.
func (r *report) failAt(t *task, b *block, line int, sentence, output string) {
	for _, other := range t.blocks {
		r.set(other, stateNotRun)
	}
	r.drop(t.want)
	r.fail(b, line, sentence, output)
}

// drop tells that a block could not be looked at for the failure of another one.
func (r *report) drop(b *block) {
	if b != nil {
		r.set(b, stateNotRun)
	}
}

// notRun tells that a task is left alone for the failure of another one.
func (r *report) notRun(t *task, why string) {
	for _, b := range t.blocks {
		r.set(b, stateNotRun)
	}
	r.drop(t.want)
	fmt.Fprintf(r.progress, "%s %s NOT RUN: %s\n", t.first().place(), kinds[t.kind].verb, why)
}

// skip tells that blocks were not run because something is missing.
func (r *report) skip(tasks []*task, why string) {
	places := make([]string, 0, len(tasks))
	for _, t := range tasks {
		for _, b := range t.blocks {
			r.set(b, stateNotRun)
			places = append(places, b.place())
		}
	}
	r.skips = append(r.skips, fmt.Sprintf("NOT RUN, BECAUSE %s: %s\n",
		strings.ToUpper(why), strings.Join(places, " ")))
}

func (r *report) set(b *block, s state) {
	if r.states == nil {
		r.states = map[*block]state{}
	}
	r.states[b] = max(r.states[b], s)
}

// write writes the failures, by document and line, and the summary.
func (r *report) write(w io.Writer) {
	slices.SortStableFunc(r.failures, func(a, b failure) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
	})
	for _, f := range r.failures {
		fmt.Fprintf(w, "%s:%d: %s", f.file, f.line, f.text)
	}
	for _, s := range r.skips {
		fmt.Fprint(w, s)
	}
	counts := map[state]int{}
	for _, s := range r.states {
		counts[s]++
	}
	fmt.Fprintf(w, "%d blocks: %d compiled, %d run, %d checked, %d text", len(r.states),
		counts[stateCompiled], counts[stateRun], counts[stateChecked], counts[stateText])
	if n := counts[stateDeclared]; n > 0 {
		fmt.Fprintf(w, ", %d code declared to be text", n)
	}
	if n := counts[stateNotRun]; n > 0 {
		fmt.Fprintf(w, ", %d NOT RUN", n)
	}
	if n := counts[stateFailed]; n > 0 {
		fmt.Fprintf(w, ", %d FAILED", n)
	}
	fmt.Fprintln(w)
}

// shown is how many of its last lines are shown of a tool's output.
const shown = 60

// quote indents what a tool said.
func quote(output string) string {
	lines := toLines(output)
	var b strings.Builder
	if cut := len(lines) - shown; cut > 0 {
		fmt.Fprintf(&b, "    (%d lines)\n", cut)
		lines = lines[cut:]
	}
	for _, line := range lines {
		b.WriteString("    " + line + "\n")
	}
	return b.String()
}
