package link

import (
	"sync/atomic"
	"time"
)

// crew owns goroutines: it starts them, refuses to once stopped, and waits for
// them, except for those that are inside a handler of somebody else.
type crew struct {
	// counts holds the running goroutines in the upper 32 bits, and how many of
	// them are inside a handler in the lower: one load is one consistent view.
	counts  atomic.Int64
	silent  atomic.Bool // no handler is entered any more
	stopped atomic.Bool // no goroutine starts any more
	changed chan struct{}
}

const oneRunning = 1 << 32

func newCrew() *crew { return &crew{changed: make(chan struct{}, 1)} }

// Go starts f, or returns false once stopped.
func (c *crew) Go(f func()) bool {
	if !c.begin() {
		return false
	}
	go func() { // ends with f; wait waits for it
		defer c.end()
		f()
	}()
	return true
}

// begin counts the calling goroutine in, or returns false once stopped.
func (c *crew) begin() bool {
	c.counts.Add(oneRunning)
	if c.stopped.Load() {
		c.end()
		return false
	}
	return true
}

func (c *crew) end() {
	c.counts.Add(-oneRunning)
	c.signal()
}

// enter is called before a handler, on a goroutine of the crew; false means that
// the handler must not be called any more.
func (c *crew) enter() bool {
	c.counts.Add(1)
	if c.silent.Load() {
		c.leave()
		return false
	}
	return true
}

// leave is called after a handler.
func (c *crew) leave() {
	c.counts.Add(-1)
	if c.stopped.Load() {
		c.signal()
	}
}

func (c *crew) signal() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// silence keeps handlers from being entered.
func (c *crew) silence() { c.silent.Store(true) }

// stop refuses new goroutines and waits until the running ones ended or are
// inside a handler, for as long as limit unless it is zero or less; false means that it was not
// long enough. Several may wait.
func (c *crew) stop(limit time.Duration) bool {
	c.stopped.Store(true)
	var late <-chan time.Time
	if limit > 0 {
		t := time.NewTimer(limit)
		defer t.Stop()
		late = t.C
	}
	for {
		v := c.counts.Load()
		if v>>32 <= v&(oneRunning-1) {
			c.signal() // for another waiter
			return true
		}
		select {
		case <-c.changed:
		case <-late:
			return false
		}
	}
}
