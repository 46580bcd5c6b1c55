package core

import (
	"context"
	"sync"

	"github.com/millrace/millrace/core/clone"
)

// cancels tells the peer of calls that nobody waits for any more. Callers that gave up must not wait for the wire, so one
// goroutine sends what has collected, while there is something (C-8).
type cancels struct {
	client *Client

	mu     sync.Mutex // guards what follows
	ids    []string
	closed bool
	idle   chan struct{} // nil: no goroutine; closed when it ends
}

// maxCancels bounds the ids that wait and those of one message. The peer's own time limit ends what is not told.
const maxCancels = 1000

func (q *cancels) init(c *Client) { q.client = c }

// add queues the calls of one message.
func (q *cancels) add(first uint64, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.ids)+n > maxCancels {
		return
	}
	for i := range n {
		q.ids = append(q.ids, q.client.id(first+uint64(i)))
	}
	if q.idle == nil {
		q.idle = make(chan struct{})
		go q.run(q.idle) // ends when there is nothing left, or by close, which waits for it
	}
}

func (q *cancels) run(idle chan struct{}) {
	defer close(idle)
	for {
		q.mu.Lock()
		ids := q.ids
		q.ids = nil
		if q.closed || len(ids) == 0 {
			q.idle = nil
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		q.client.sendCancel(ids)
	}
}

// close drops what waits, and returns when the goroutine ended; the transport was closed before.
func (q *cancels) close() {
	q.mu.Lock()
	q.closed, q.ids = true, nil
	idle := q.idle
	q.mu.Unlock()
	if idle != nil {
		<-idle
	}
}

func (c *Client) sendCancel(ids []string) {
	c.mu.Lock()
	open := c.open
	c.mu.Unlock()
	if !open {
		return // the calls ended with their connection; a new one is not opened for this
	}
	data, err := c.codec.Encode(nil, sentCancel{Type: typeCancel, IDs: ids}, clone.EncodeOptions{Limits: c.cfg.limits})
	if err != nil {
		c.cfg.logger.Warn("core: cancel message", "error", err)
		return
	}
	ctx, stop := context.WithTimeout(c.life, c.cfg.limits.CloseTimeout)
	defer stop()
	// Best effort: the peer has a time limit of its own.
	_, _ = c.transport.Send(ctx, Message{Data: data, Binary: c.codec.Binary()})
}
