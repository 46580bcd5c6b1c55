package link

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
)

// errAbandoned ends an attempt that nobody needs any more; who waits for it looks again.
var errAbandoned = errors.New("attempt abandoned")

// attempt is one try to connect: scheduled, then running. All who need a
// connection share it.
type attempt struct {
	timer   *time.Timer // of a scheduled one
	running bool
	waiters int
	cancel  context.CancelFunc // of a running one
	done    chan struct{}
	link    *link // what came of it; this and err are readable once done is closed
	err     error
}

func newAttempt() *attempt { return &attempt{done: make(chan struct{})} }

// up returns a connection that is not ended, making one when there is none. With
// now, it does not wait for a scheduled attempt but runs it.
func (c *Client) up(ctx context.Context, ended *link, now bool) (*link, error) {
	for {
		if ctx.Err() != nil {
			return nil, ctxError(ctx, c.info.Name+": connect")
		}
		c.mu.Lock()
		if c.closed {
			c.mu.Unlock()
			return nil, errClosed(c.info.Name)
		}
		l := c.live.Load()
		if l != nil && l != ended && !(now && l.isClosing()) {
			c.mu.Unlock()
			return l, nil
		}
		if l != nil || c.losing { // the loss must be reported first
			changed := c.changed
			c.mu.Unlock()
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		if c.attempt == nil {
			c.startAttempt(newAttempt())
		} else if now && !c.attempt.running {
			c.attempt.timer.Stop()
			c.startAttempt(c.attempt)
		}
		a := c.attempt
		a.waiters++
		c.mu.Unlock()
		select {
		case <-a.done:
		case <-ctx.Done():
		}
		c.mu.Lock()
		a.waiters--
		c.mu.Unlock()
		select {
		case <-a.done:
			if a.err != errAbandoned {
				return a.link, a.err // a connection that ended since is still the one that was asked for
			}
		default:
		}
	}
}

// startAttempt runs a. c.mu is held.
func (c *Client) startAttempt(a *attempt) {
	ctx, cancel := context.WithTimeout(context.Background(), c.dialTimeout) // ended by Close through a.cancel
	c.attempt, a.running, a.cancel = a, true, cancel
	codec := c.codec
	if !c.crew.Go(func() { c.connect(ctx, a, codec) }) {
		cancel()
		c.endAttempt(a, errClosed(c.info.Name))
	}
}

// endAttempt tells those who wait how it ended. c.mu is held.
func (c *Client) endAttempt(a *attempt, err error) {
	a.err = err
	c.attempt = nil
	close(a.done)
}

// abandonAttempt gives up the pending attempt: a scheduled one, or a running one
// that nobody waits for. c.mu is held.
func (c *Client) abandonAttempt() {
	a := c.attempt
	switch {
	case !a.running:
		a.timer.Stop()
		c.endAttempt(a, errAbandoned)
	case a.waiters == 0 || c.closed:
		a.cancel()
		c.endAttempt(a, errAbandoned)
	}
}

// schedule plans the next automatic attempt. c.mu is held.
func (c *Client) schedule() {
	a := newAttempt()
	c.attempt = a
	d := c.backoff.next()
	c.log.Debug("link: reconnecting", "transport", c.info.Name, "in", d)
	a.timer = time.AfterFunc(d, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.attempt == a && !a.running {
			c.startAttempt(a)
		}
	})
}

// connect runs one attempt and starts the reader of what came of it.
func (c *Client) connect(ctx context.Context, a *attempt, codec string) {
	conn, agreed, err := c.dial(ctx, codec)
	timedOut := ctx.Err() != nil
	a.cancel()
	c.mu.Lock()
	if c.attempt != a { // abandoned
		c.mu.Unlock()
		if err == nil {
			_ = conn.Close() // nobody wants it
		}
		return
	}
	if err != nil {
		if r, ok := errors.AsType[*RefusedError](err); ok {
			c.backoff.ask(r.RetryAfter)
		} else if timedOut {
			err = fault.New(fault.CodeUnreachable, "%s: connect: no answer within %v", c.info.Name, c.dialTimeout)
		}
		err = unreachable(c.info.Name, err)
		c.log.Debug("link: attempt failed", "transport", c.info.Name, "error", err)
		c.endAttempt(a, err)
		if c.keepAlive {
			c.schedule()
		}
		c.mu.Unlock()
		return
	}
	l := new(link)
	l.init(conn, c.crew, &c.limits, c.base, c.written)
	l.beat.busy = l.handling.Load
	reopened := c.opened
	c.opened, c.agreed = true, agreed
	c.backoff.opened()
	c.live.Store(l)
	if c.keepAlive {
		l.beat.start()
	}
	a.link = l
	c.endAttempt(a, nil)
	c.mu.Unlock()
	// The stack of this goroutine grew in the handshake; an idle connection should
	// not keep it.
	if !c.crew.Go(func() { c.read(l, reopened) }) {
		c.read(l, reopened)
	}
}

// dial runs the dialer, which may run functions of the user's: a panic fails the attempt.
func (c *Client) dial(ctx context.Context, codec string) (conn Conn, agreed string, err error) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("link: the dialer panicked", "transport", c.info.Name, "panic", p, "stack", string(debug.Stack()))
			conn, agreed, err = nil, "", fault.New(fault.CodeInternal, "%s: connect: the dialer panicked: %v", c.info.Name, p)
		}
	}()
	conn, agreed, err = c.dialer.Dial(ctx, codec)
	if err == nil && conn == nil {
		err = fault.New(fault.CodeInternal, "%s: connect: the dialer returned neither a connection nor an error", c.info.Name)
	}
	return conn, agreed, err
}

// read is the reader of one connection.
func (c *Client) read(l *link, reopened bool) {
	if c.onOpen != nil && c.crew.enter() {
		l.handling.Store(true)
		c.onOpen(reopened)
		l.handling.Store(false)
		c.crew.leave()
	}
	for {
		m, ok := l.next()
		if !ok {
			break
		}
		if c.onMessage == nil || !c.crew.enter() {
			continue
		}
		l.handling.Store(true)
		handled := c.onMessage(m)
		l.activity.Add(1)
		l.handling.Store(false)
		c.crew.leave()
		if !handled {
			c.log.Debug("link: message not handled", "transport", c.info.Name, "bytes", len(m.Data))
		}
	}
	c.lost(l, l.end())
}

// lost reports the end of a connection and plans what follows.
func (c *Client) lost(l *link, info core.CloseInfo) {
	c.mu.Lock()
	c.live.Store(nil)
	c.losing = true
	c.base, c.written = info.Queued, info.Written
	c.backoff.lost(info, l.received > 0)
	c.mu.Unlock()
	again := true
	if c.crew.enter() {
		if c.onClose != nil {
			again = c.onClose(info)
		}
		c.crew.leave()
	}
	c.log.Debug("link: connection ended", "transport", c.info.Name, "code", uint16(info.Code), "clean", info.Clean, "error", info.Err)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.losing = false
	if !c.closed && c.keepAlive && again && !info.Code.Terminal() {
		c.schedule()
	}
	c.change()
}
