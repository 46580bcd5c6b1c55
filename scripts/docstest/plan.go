package main

import (
	"fmt"
	"time"
)

// task is what is done with a block, or with several that are one program.
type task struct {
	kind   kind
	blocks []*block
	want   *block // the output that it must have
}

// first is the block that failures of the whole are told of.
func (t *task) first() *block { return t.blocks[0] }

// last is the block that output comes after.
func (t *task) last() *block { return t.blocks[len(t.blocks)-1] }

// timeout is how long the task may take, as one of its blocks says, or else what is normal.
func (t *task) timeout(normal time.Duration) time.Duration {
	for _, b := range t.blocks {
		if b.says.timeout != 0 {
			return b.says.timeout
		}
	}
	return normal
}

// exit is the status that the task is to end with.
func (t *task) exit() int {
	for _, b := range t.blocks {
		if b.says.exit != 0 {
			return b.says.exit
		}
	}
	return 0
}

// plan decides what is done with the blocks of a document, in order. Blocks about which that is
// not clear get a fault.
func plan(blocks []*block) []*task {
	var tasks []*task
	var before *task // of the block before
	code := map[string]*task{}
	named := map[string]bool{}
	for _, b := range blocks {
		if b.fault != "" {
			before = nil
			continue
		}
		k, err := kindOf(b)
		if err != nil {
			b.fault = err.Error()
			before = nil
			continue
		}
		switch {
		case k == kindOutput && b.says.of == "":
			if b.fault = before.expect(b); b.fault == "" {
				before.want = b
			}
			before = nil
			continue
		case k == kindOutput && !named[b.says.of]:
			b.fault = fmt.Sprintf("no background block before this one has the name %s", b.says.of)
			continue
		case k == kindBackground && named[b.says.name]:
			b.fault = fmt.Sprintf("another background block has the name %s, too", b.says.name)
			continue
		case b.says.has("continues"):
			t := code[b.lang]
			if t == nil {
				b.fault = fmt.Sprintf("no block of %s that is compiled comes before the one that continues it", b.lang)
				continue
			}
			t.blocks = append(t.blocks, b)
			t.kind = max(t.kind, k)
			before = t
			continue
		}
		t := &task{kind: k, blocks: []*block{b}}
		tasks = append(tasks, t)
		before = t
		switch {
		case k == kindGo || k == kindGoRun || k == kindScript:
			code[b.lang] = t
		case k == kindBackground && b.says.name != "":
			named[b.says.name] = true
		}
	}
	return tasks
}

// expect says why a block cannot be the output of a task.
func (t *task) expect(want *block) string {
	if t == nil || t.want != nil {
		return "no block that is run comes right before this output"
	}
	switch t.kind {
	case kindGoRun, kindShell, kindCommand:
	case kindBackground:
		return fmt.Sprintf("the block of line %d runs on in the background: give it a name=NAME, and this output of=NAME", t.first().line)
	default:
		return fmt.Sprintf("the block of line %d before this output %s, so that it prints nothing; what nobody prints is text",
			t.last().line, kinds[t.kind].does)
	}
	if want.says.timeout != 0 {
		return "timeout says something for output only beside of=NAME"
	}
	return ""
}
