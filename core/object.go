package core

import (
	"log/slog"
	"reflect"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/core/fault"
)

// object is one named object of a binding: its turn, its connections and, while it
// lives, the user's value. It is in its binding's table while something refers to it or
// its value lives.
type object struct {
	bind  *binding
	name  string
	state *State
	turn  turn

	refs   atomic.Int64 // connections and frames; from 0 up only under bind.mu
	inside atomic.Int64 // frames: those who wait, run or are away on a step through Env
	live   atomic.Pointer[live]

	sockets socketSet

	idleMu   sync.Mutex // guards what follows
	idleTime time.Time  // when the last frame ended
	idler    *time.Timer
}

// live is a user's value in use.
type live struct {
	value any
	root  reflect.Value
	table *typeTable
}

func (o *object) target() Target { return Target{Binding: o.bind.name, Instance: o.name} }

// ensure returns the object's value, making it first when there is none. The caller has a
// frame and its turn.
func (o *object) ensure() (*live, error) {
	if l := o.live.Load(); l != nil {
		return l, nil
	}
	if o.bind.concurrent {
		// The turn serves those who would make the value at the same time.
		if p := o.turn.take(false); p != nil {
			<-p.ready
		}
		defer o.turn.give()
		if l := o.live.Load(); l != nil {
			return l, nil
		}
	}
	limit := o.bind.srv.limits.ObjectsPerBinding
	if n := int(o.bind.lives.Add(1)); fault.Over(n, limit) {
		o.bind.lives.Add(-1)
		return nil, fault.Exceeded("core: too many live objects of "+o.bind.name, int64(n), int64(limit), "ObjectsPerBinding")
	}
	l, err := o.make()
	if err != nil {
		o.bind.lives.Add(-1)
		return nil, err
	}
	o.live.Store(l)
	return l, nil
}

// make calls the factory.
func (o *object) make() (l *live, err error) {
	defer func() {
		if p := recover(); p != nil {
			o.bind.srv.panicked(p, o.target(), "its factory", debug.Stack())
			l, err = nil, fault.New(CodeInternal, "core: the factory of %s failed", o.bind.name)
		}
	}()
	name := "its factory"
	o.turn.by.Store(&name)
	v, err := o.bind.factory(o.state)
	if err != nil {
		return nil, &thrownError{err}
	}
	root := reflect.ValueOf(v)
	if !root.IsValid() || root.Kind() == reflect.Pointer && root.IsNil() {
		return nil, fault.New(CodeInternal, "core: the factory of %s made nothing", o.bind.name)
	}
	o.bind.saw(v)
	return &live{value: v, root: root, table: o.bind.table(root.Type())}, nil
}

// left is called at the end of each frame.
func (o *object) left() {
	if o.inside.Add(-1) == 0 && o.bind.evictIdle > 0 {
		o.idle()
	}
	o.unref()
}

// idle starts the wait for eviction, or goes on with one that is under way.
func (o *object) idle() {
	o.idleMu.Lock()
	defer o.idleMu.Unlock()
	o.idleTime = time.Now()
	if o.idler == nil {
		o.idler = time.AfterFunc(o.bind.evictIdle, o.evict)
	}
}

// evict drops the value if nobody used it for long enough.
func (o *object) evict() {
	if !o.evictable() {
		return
	}
	o.refs.Add(1) // the idler's: dropped below
	if o.turn.try() {
		if o.inside.Load() == 0 {
			o.drop()
		}
		o.turn.give()
	}
	o.unref()
}

// drop lets go of the value. The caller has the turn, without which no value is made. A call
// on a concurrent object needs no turn to find the value: one that came meanwhile keeps it.
func (o *object) drop() {
	l := o.live.Swap(nil)
	if l == nil {
		return
	}
	if o.inside.Load() > 0 {
		o.live.Store(l)
		return
	}
	o.bind.lives.Add(-1)
	o.bind.srv.stats.evictions.Add(1)
	o.state.Logger().Debug("object evicted")
}

// evictable reports whether the object has been idle for long enough; it waits on if not yet.
func (o *object) evictable() bool {
	o.idleMu.Lock()
	defer o.idleMu.Unlock()
	if o.inside.Load() > 0 || o.bind.srv.draining.Load() {
		o.idler = nil // the next frame to end starts anew
		return false
	}
	if rest := o.bind.evictIdle - time.Since(o.idleTime); rest > 0 {
		o.idler.Reset(rest)
		return false
	}
	o.idler = nil
	return true
}

// stopIdling ends a wait for eviction, when the server stops.
func (o *object) stopIdling() {
	o.idleMu.Lock()
	defer o.idleMu.Unlock()
	if o.idler != nil {
		o.idler.Stop()
		o.idler = nil
	}
}

// unref gives a reference up, and the object with the last one unless its value lives.
func (o *object) unref() {
	if o.refs.Add(-1) > 0 {
		return
	}
	b := o.bind
	b.mu.Lock()
	defer b.mu.Unlock()
	if o.refs.Load() == 0 && o.live.Load() == nil && b.objects[o.name] == o {
		delete(b.objects, o.name)
	}
}

func (s *Server) panicked(p any, t Target, where string, stack []byte) {
	s.stats.panics.Add(1)
	s.logger.Error("panic in user code", slog.String("object", t.String()), slog.String("in", where), slog.Any("panic", p), slog.String("stack", string(stack)))
}
