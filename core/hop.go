package core

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

const memberGetByName = "getByName"

// handle is what getByName is from afar: a name is an instance's, or the call fails.
func (n *Namespace) handle(name string) (*Handle, error) {
	if err := checkInstance(name); err != nil {
		return nil, err
	}
	return n.GetByName(name), nil
}

// hop takes the chain to another object: the one in hand lets go of its turn. It does not wait to get it back
// when the step fails, since the chain fails with it and no code of the object runs any more.
func (x *exec) hop(h *Handle) error {
	here := x.frame
	here.leave()
	f, err := x.srv.step(here.ctx, here, h)
	if err == nil {
		f.ctx = context.WithValue(here.ctx, frameKey{}, f)
		f.line()
		if err = x.run.enter(f); err == nil {
			x.frame = f
			return nil
		}
		f.end()
	}
	return err
}

// part takes leave of all other objects, without waiting for the first one's turn.
func (x *exec) part() {
	for ; x.frame != x.root; x.frame = x.frame.parent {
		x.frame.end()
	}
}

// unwind comes back from all other objects to the first, whose code is about to go on.
func (x *exec) unwind() {
	if x.frame == x.root {
		return
	}
	x.part()
	x.run.at(x.root.obj)
	x.root.back()
}

// step authorises a step to another object and makes its frame.
func (s *Server) step(ctx context.Context, parent *frame, h *Handle) (*frame, error) {
	if err := checkInstance(h.name); err != nil {
		return nil, err
	}
	f := &frame{parent: parent}
	if parent != nil {
		f.depth = parent.depth + 1
		if fault.Over(f.depth, s.limits.ChainLength) {
			return nil, fault.Exceeded("core: calls through env go too deep", int64(f.depth), int64(s.limits.ChainLength), "ChainLength")
		}
		if from := parent.from; from != nil {
			hs := from.hs
			hs.Target = h.Target()
			identity, err := s.identify(ctx, hs)
			if err != nil {
				return nil, err
			}
			f.from = &origin{hs: hs, identity: identity, socket: from.socket}
		}
	}
	f.obj = h.bind.object(h.name)
	return f, nil
}

// stepped is how a call from Go to another object ended.
type stepped struct {
	doc *clone.Document
	err error
}

// call runs a method of another object on a goroutine of its own, so that the
// caller is free at its deadline whatever the method does. The goroutine ends with the method.
func (h *Handle) call(ctx context.Context, method string, args []any) (any, error) {
	s := h.bind.srv
	given, err := snapshot(s.limits, args, borderReplace)
	if err != nil {
		return nil, err
	}
	parent := frameFrom(ctx)
	if parent != nil {
		parent.out()
		defer parent.in()
	}
	s.running.Add(1)
	f, err := s.step(ctx, parent, h)
	if err != nil {
		s.finish()
		return nil, err
	}
	ctx = context.WithValue(ctx, frameKey{}, f)
	if _, ok := ctx.Deadline(); !ok && s.limits.CallTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.limits.CallTimeout)
		defer cancel()
	}
	f.ctx = ctx
	f.line()
	done := make(chan stepped, 1)
	entered := make(chan struct{})
	go func() { // ends with the method; Shutdown counts it
		end := stepped{err: fault.New(CodeInternal, "core: %s ended its goroutine", method)}
		defer s.finish()
		defer func() { done <- end }()
		defer f.end()
		defer func() {
			if p := recover(); p != nil { // not in user code, which is guarded where it is called
				s.panicked(p, f.obj.target(), method, debug.Stack())
			}
		}()
		end = s.runStep(f, method, given.Root(), entered)
	}()
	var end stepped
	select {
	case end = <-done:
	case <-ctx.Done():
		select {
		case <-entered:
			s.stats.overdue.Add(1)
			go func() { <-done; s.stats.overdue.Add(-1) }() // ends with the method
			return nil, ended(ctx.Err(), method)
		case end = <-done:
		}
	}
	if end.err != nil {
		return nil, end.err
	}
	var v any
	if err := end.doc.Build(end.doc.Root(), &v, clone.BuildOptions{}); err != nil {
		return nil, err
	}
	return v, nil
}

// runStep runs one method under the frame's turn, and copies what it gives.
func (s *Server) runStep(f *frame, method string, args clone.Node, entered chan struct{}) (end stepped) {
	if err := f.await(); err != nil {
		return stepped{err: err}
	}
	close(entered) // from here on user code runs: the factory, or the method
	if err := f.wake(); err != nil {
		return stepped{err: s.asClient(err)}
	}
	x := exec{srv: s, root: f, frame: f}
	defer x.part()
	cur, err := x.getNamed(x.home(), method, -1)
	if err == nil {
		cur, err = x.apply(cur, args)
	}
	if err == nil {
		var v any
		if v, err = x.result(cur); err == nil {
			end.doc, err = snapshot(s.limits, v, borderReplace)
		}
	}
	end.err = s.asClient(err)
	return end
}

// asClient is an error as a client would get it.
func (s *Server) asClient(err error) error {
	t, ok := err.(*thrownError)
	if !ok {
		return err
	}
	switch v := s.wireError(t).(type) {
	case *value.Error:
		if doc, err := snapshot(s.limits, v, borderReplace); err == nil {
			var copied any
			if doc.Build(doc.Root(), &copied, clone.BuildOptions{}) == nil {
				if e, ok := copied.(*value.Error); ok {
					return e
				}
			}
		}
		return &value.Error{Name: v.Name, Message: v.Message}
	default:
		return &Thrown{Value: v}
	}
}

// copied is v as it looks on the other side of a border between objects.
func (x *exec) copied(v any) (any, error) {
	doc, err := snapshot(x.srv.limits, v, borderReplace)
	if err != nil {
		return nil, err
	}
	var c any
	err = doc.Build(doc.Root(), &c, clone.BuildOptions{})
	return c, err
}

// borderReplace lets data through a border between objects: what is exposed is data
// there, and functions are names.
func borderReplace(v any, at clone.Path) (any, error) {
	for {
		e, ok := v.(exposed)
		if !ok {
			break
		}
		if v = e.v; !special(v) {
			return v, nil
		}
	}
	if _, ok := v.(clone.Special); ok {
		return nil, fault.New(CodeUnencodable, "core: a %T cannot go from one object to another", v)
	}
	name := "anonymous"
	if n := len(at); n > 0 && at[n-1].Kind == clone.KindObject {
		name = at[n-1].Key
	}
	return &value.Function{Name: name}, nil
}

// snapshot is v as it is now, which later changes do not reach.
func snapshot(limits Limits, v any, replace func(any, clone.Path) (any, error)) (*clone.Document, error) {
	b := clone.NewBuilder(limits)
	b.Bound(limits.MessageBytes)
	if err := clone.Walk(v, b, clone.EncodeOptions{Limits: limits, Replace: replace}); err != nil {
		return nil, err
	}
	return b.Finish()
}

// until is the earlier of a limit from now on and a deadline that may not be there.
func until(now time.Time, limit, asked time.Duration) time.Time {
	if asked > 0 && (limit < 0 || asked < limit) {
		limit = asked
	}
	if limit < 0 {
		return time.Time{}
	}
	return now.Add(limit)
}
