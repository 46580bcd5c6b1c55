package core

import (
	"context"
	"sync"

	"github.com/millrace/millrace/core/fault"
)

// frame is one object's part in a call: the call has the object's turn while the
// object's own code runs, and lets go of it during a step through [Env] to another
// object. Frames form the chain of calling, which lets a call come back to an object that
// already takes part in it.
type frame struct {
	obj    *object
	parent *frame  // who called through Env; nil for a client
	from   *origin // the client on whose behalf; nil for none
	depth  int

	live *live           // the object's value, once the turn is there
	ctx  context.Context // of the call, as the object's code gets it: the frame is a call's own

	mu    sync.Mutex // guards what follows; held while the turn is awaited in back
	place *place     // in the queue
	held  bool       // the turn is this frame's
	over  bool
	steps int // that code of the object takes now; see out
}

// origin is the client on whose behalf a call runs.
type origin struct {
	hs       Handshake
	identity Identity
	socket   *Socket // nil where answers belong to requests
}

// line takes the frame's place in the object's queue; arrival order is the order of line.
func (f *frame) line() {
	f.obj.refs.Add(1)
	f.obj.inside.Add(1)
	if f.obj.bind.concurrent {
		f.held = true
		return
	}
	f.place = f.obj.turn.take(f.parent.has(f.obj))
	f.held = f.place == nil
}

// has reports whether the object takes part in the calling chain.
func (f *frame) has(o *object) bool {
	for ; f != nil; f = f.parent {
		if f.obj == o {
			return true
		}
	}
	return false
}

// await waits for the turn. The place in the queue is kept when the context ends first, so
// that the next item of a batch can go on waiting.
func (f *frame) await() error {
	if !f.held {
		select {
		case <-f.place.ready:
		case <-f.ctx.Done():
			return f.obj.busy(f.ctx.Err())
		}
		f.mu.Lock()
		f.place, f.held = nil, true
		f.mu.Unlock()
	}
	if err := f.ctx.Err(); err != nil {
		return f.obj.busy(err)
	}
	return nil
}

// wake sees to it that the object lives. The frame has the turn.
func (f *frame) wake() (err error) {
	if f.live == nil {
		f.live, err = f.obj.ensure()
	}
	return err
}

// enter waits for the turn and wakes the object.
func (f *frame) enter() error {
	if err := f.await(); err != nil {
		return err
	}
	return f.wake()
}

// again takes a place in the queue, before all others, for a frame that let go of its turn and
// does not wait for it in back.
func (f *frame) again() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held || f.place != nil || f.over {
		return
	}
	if !f.obj.bind.concurrent {
		f.place = f.obj.turn.take(true)
	}
	f.held = f.place == nil
}

// leave lets go of the turn for a step to another object.
func (f *frame) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held && !f.over {
		f.held = false
		f.giveTurn()
	}
}

// back takes the turn again, before all who wait and however long it takes: the
// object's code is about to go on.
func (f *frame) back() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held || f.over || f.steps > 0 {
		return
	}
	if !f.obj.bind.concurrent {
		if p := f.obj.turn.take(true); p != nil {
			<-p.ready
		}
	}
	f.held = true
}

// out begins a step that code of the object takes, perhaps several at a time: the turn is let go of until
// the last of them is back, since each may come back to this object.
func (f *frame) out() {
	f.mu.Lock()
	f.steps++
	f.mu.Unlock()
	f.leave()
}

// in ends a step that began with out.
func (f *frame) in() {
	f.mu.Lock()
	f.steps--
	last := f.steps == 0
	f.mu.Unlock()
	if last {
		f.back()
	}
}

// end is the end of the frame, whether it ever got its turn or not.
func (f *frame) end() {
	f.mu.Lock()
	if f.over {
		f.mu.Unlock()
		return
	}
	f.over = true
	switch {
	case f.held:
		f.held = false
		f.giveTurn()
	case f.place != nil:
		f.obj.turn.abandon(f.place)
	}
	f.mu.Unlock()
	f.obj.left()
}

func (f *frame) giveTurn() {
	if !f.obj.bind.concurrent {
		f.obj.turn.give()
	}
}

// busy is the error of a call that waited for the object until its end came.
func (o *object) busy(err error) error {
	if err == context.Canceled {
		return errCanceled
	}
	return fault.New(CodeObjectBusy, "core: %s is busy with %s: the call did not get its turn before its deadline", o.target(), o.turn.busyWith())
}

// ended is the error of a call whose context ended while it ran.
func ended(err error, name string) error {
	if err == context.Canceled {
		return errCanceled
	}
	return fault.New(CodeTimeout, "core: %s did not return before its deadline", name)
}

var errCanceled = fault.New(CodeCanceled, "core: the call was cancelled")
