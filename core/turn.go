package core

import (
	"sync"
	"sync/atomic"
)

// turn is what lets an object run one call at a time, in order of arrival.
type turn struct {
	mu          sync.Mutex // guards what follows
	held        bool
	first, last *place

	by atomic.Pointer[string] // the method that ran last, for those who wait in vain
}

// place is a place in the queue for a turn.
type place struct {
	ready      chan struct{} // closed when the turn was given to this place
	prev, next *place
	granted    bool
}

// try takes the turn if nobody has it.
func (t *turn) try() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held {
		return false
	}
	t.held = true
	return true
}

// take takes the turn, and returns nil, or a place in the queue: the last one, or the
// first one for those who were here before.
func (t *turn) take(front bool) *place {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.held {
		t.held = true
		return nil
	}
	p := &place{ready: make(chan struct{})}
	switch {
	case t.first == nil:
		t.first, t.last = p, p
	case front:
		p.next, t.first.prev = t.first, p
		t.first = p
	default:
		p.prev, t.last.next = t.last, p
		t.last = p
	}
	return p
}

// give gives the turn to the first in the queue.
func (t *turn) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.first
	if p == nil {
		t.held = false
		return
	}
	t.unlink(p)
	p.granted = true
	close(p.ready)
}

// abandon gives a place up, and with it the turn if that was granted meanwhile.
func (t *turn) abandon(p *place) {
	t.mu.Lock()
	granted := p.granted
	if !granted {
		t.unlink(p)
	}
	t.mu.Unlock()
	if granted {
		t.give()
	}
}

func (t *turn) unlink(p *place) {
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		t.first = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		t.last = p.prev
	}
	p.prev, p.next = nil, nil
}

// busyWith names the method that has the turn.
func (t *turn) busyWith() string {
	if name := t.by.Load(); name != nil {
		return *name
	}
	return "another call"
}
