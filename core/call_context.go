package core

import (
	"context"
	"sync"
	"time"
)

// call is the context of one call: a batch item, or a server's own use of an
// object. It is a context of its own, rather than one of package context, because one is made
// for every call and hardly any is ever waited for.
type call struct {
	frame    *frame
	deadline time.Time // zero: none

	mu    sync.Mutex // guards what follows
	err   error
	done  chan struct{} // made by the first Done
	after map[*func()]struct{}
}

var _ context.Context = (*call)(nil)

// closed is the Done of every call that ended before anybody asked.
var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

type frameKey struct{}

// frameFrom returns the frame of the call that ctx belongs to, nil for none.
func frameFrom(ctx context.Context) *frame {
	f, _ := ctx.Value(frameKey{}).(*frame)
	return f
}

func (c *call) Deadline() (time.Time, bool) { return c.deadline, !c.deadline.IsZero() }

func (c *call) Value(key any) any {
	if key == (frameKey{}) {
		return c.frame
	}
	return nil
}

func (c *call) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *call) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		if c.err != nil {
			return closed
		}
		c.done = make(chan struct{})
	}
	return c.done
}

// AfterFunc lets package context derive contexts without a goroutine for each.
func (c *call) AfterFunc(f func()) (stop func() bool) {
	key := &f
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		f()
		return func() bool { return false }
	}
	if c.after == nil {
		c.after = map[*func()]struct{}{}
	}
	c.after[key] = struct{}{}
	c.mu.Unlock()
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, ok := c.after[key]
		delete(c.after, key)
		return ok
	}
}

// cancel ends the call's context with err, which is one of package context's two.
func (c *call) cancel(err error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	if c.done != nil {
		close(c.done)
	}
	after := c.after
	c.after = nil
	c.mu.Unlock()
	for f := range after {
		(*f)()
	}
}
