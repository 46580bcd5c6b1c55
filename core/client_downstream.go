package core

import (
	"context"
	"log/slog"
	"sync"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// downstreamHandler builds one payload and calls the user's handler with it.
type downstreamHandler func(ctx context.Context, payload clone.Node) error

func typedDownstream[T any](h func(context.Context, T)) downstreamHandler {
	return func(ctx context.Context, payload clone.Node) error {
		var v T
		if payload.Kind() != clone.KindNone {
			// Functions in a payload have no address: nothing is revived.
			if err := payload.Document().Build(payload, &v, clone.BuildOptions{}); err != nil {
				return err
			}
		}
		h(ctx, v)
		return nil
	}
}

// deliver takes one downstream message from the reader.
func (c *Client) deliver(payload clone.Node) {
	if c.cfg.onDownstream == nil {
		c.counts.skipped.Add(1)
		c.cfg.logger.Warn("core: downstream message without a handler")
		return
	}
	if !c.inbox.push(payload) {
		limit := c.cfg.limits.InboxMessages
		err := fault.Exceeded("core: downstream messages waiting for their handler", int64(limit)+1, int64(limit), "InboxMessages")
		c.cfg.logger.Error("core: closing the client", slog.Any("error", err))
		_ = c.shut(ClosePolicy, "downstream inbox overflow", err) // the transport's own complaint helps nobody here
		c.askOnClose(CloseInfo{Code: ClosePolicy, Reason: "downstream inbox overflow", Err: err})
	}
}

// inbox holds what waits for user code: downstream messages and, among them, the reconnects that come before
// those of a new connection. One goroutine works on it, while there is something (C-14, C-15).
type inbox struct {
	client *Client

	mu       sync.Mutex // guards what follows
	events   []event
	messages int // among the events
	closed   bool
	busy     bool          // in user code
	idle     chan struct{} // nil: no goroutine; closed when it ends
}

type event struct {
	payload   clone.Node
	reconnect bool
}

func (b *inbox) init(c *Client) { b.client = c }

// push queues a message; false: there is no room. After close it does nothing.
func (b *inbox) push(payload clone.Node) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if fault.Over(b.messages+1, b.client.cfg.limits.InboxMessages) {
		return b.closed
	}
	b.messages++
	b.add(event{payload: payload})
	return true
}

// reconnected queues a run of OnReconnect. One that has not begun stands for all before the next message.
func (b *inbox) reconnected() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.events); n == 0 || !b.events[n-1].reconnect {
		b.add(event{reconnect: true})
	}
}

func (b *inbox) add(e event) {
	if b.closed {
		return
	}
	b.events = append(b.events, e)
	if b.idle == nil {
		b.idle = make(chan struct{})
		go b.run(b.idle) // ends when there is nothing left, or by close, which waits for it
	}
}

func (b *inbox) run(idle chan struct{}) {
	defer close(idle)
	for {
		e, ok := b.next()
		if !ok {
			return
		}
		if e.reconnect {
			b.client.reconnect()
		} else {
			b.client.handle(e.payload)
		}
	}
}

// next ends the previous event and takes the next one.
func (b *inbox) next() (event, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy = len(b.events) > 0; !b.busy {
		b.events, b.idle = nil, nil
		return event{}, false
	}
	e := b.events[0]
	b.events[0] = event{}
	b.events = b.events[1:]
	if !e.reconnect {
		b.messages--
	}
	return e, true
}

// close drops what waits. It returns when the goroutine ended, unless that is in user code.
func (b *inbox) close() {
	b.mu.Lock()
	b.closed, b.events = true, nil
	idle, busy := b.idle, b.busy
	b.mu.Unlock()
	if idle != nil && !busy {
		<-idle
	}
}

// handle runs the user's downstream handler.
func (c *Client) handle(payload clone.Node) {
	defer c.recovered("OnDownstream")
	if err := c.cfg.onDownstream(c.life, payload); err != nil {
		c.counts.skipped.Add(1)
		c.cfg.logger.Warn("core: downstream message does not fit its handler", slog.Any("error", err))
	}
}
