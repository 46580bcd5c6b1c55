package core

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// pending is one sent message whose calls wait for their answers. It is pooled by
// its client. Until done has its token, the client's mutex guards it; then the
// caller owns it.
type pending struct {
	done    chan struct{} // one token, when the fate of the message is known
	first   uint64        // number of its first call; the others follow
	answers []clone.Node  // one for each call: the item of the answering message; zero: none
	one     [1]clone.Node
	alone   bool   // the answering message has nothing else
	placed  bool   // seq is known
	seq     uint64 // its place in the transport's order of sending
	ended   bool
	err     error // of the whole message
	timer   *time.Timer
}

// loss remembers the last connection that ended, for messages that get their place while it is handled.
type loss struct {
	happened        bool
	written, queued uint64
	info            CloseInfo
}

// take returns a pending for n calls, registered under fresh numbers.
func (c *Client) take(n int) (*pending, error) {
	p, ok := c.pendings.Get().(*pending)
	if !ok {
		p = &pending{done: make(chan struct{}, 1)}
	}
	if n == 1 {
		p.answers = p.one[:]
	} else {
		p.answers = make([]clone.Node, n)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		c.pendings.Put(p)
		return nil, errClientClosed()
	}
	p.first = c.lastID + 1
	c.lastID += uint64(n)
	for i := range p.answers {
		c.calls[p.first+uint64(i)] = p
	}
	return p, nil
}

// id is what the wire calls the call with that number (C-3).
func (c *Client) id(number uint64) string {
	var b [40]byte
	return string(strconv.AppendUint(append(b[:0], c.idPrefix...), number, 10))
}

// recycle takes back a pending that its caller is done with: it has ended and its token was taken, or it was withdrawn.
func (c *Client) recycle(p *pending) {
	*p = pending{done: p.done, timer: p.timer}
	c.pendings.Put(p)
}

// finish ends a message with what came for it, or with err. c.mu is held.
func (c *Client) finish(p *pending, err error) {
	if p.ended {
		return
	}
	c.forget(p)
	p.err = err
	p.done <- struct{}{} // has room: the token is put once
}

func (c *Client) forget(p *pending) {
	p.ended = true
	for i := range p.answers {
		delete(c.calls, p.first+uint64(i))
	}
}

// withdraw ends a message from the caller's side and reports whether it came before anybody else.
func (c *Client) withdraw(p *pending) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.ended {
		return false
	}
	c.forget(p)
	return true
}

// place records where a message stands in the order of sending. Its connection may
// have been lost meanwhile (C-9).
func (c *Client) place(p *pending, seq uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.placed, p.seq = true, seq
	if c.loss.happened && seq <= c.loss.queued {
		c.finish(p, c.loss.errorFor(seq))
	}
}

// errorFor is what the loss means for the message with that number.
func (l *loss) errorFor(seq uint64) *Error {
	// "WebSocket connection closed" is what the JavaScript client says.
	const text = "core: WebSocket connection closed (%d%s): %s"
	reason := ""
	if l.info.Reason != "" {
		reason = " " + cutText(l.info.Reason, fault.MaxCloseReason)
	}
	if seq > l.written {
		return fault.New(CodeUnreachable, text, l.info.Code, reason, "the call was not sent")
	}
	return fault.New(CodeOutcomeUnknown, text, l.info.Code, reason, "the call was sent and not answered")
}

// roundTrip sends the draft's message and returns when the fate of every call in
// it is known. The caller recycles what it returns without an error.
func (c *Client) roundTrip(ctx context.Context, f *draft) (*pending, error) {
	if ctx.Err() != nil {
		return nil, contextError(ctx)
	}
	if c.inOnClose.Load() > 0 && ctx.Value(onCloseKey{}) == c {
		return nil, fault.New(CodeUnreachable, "core: there is no connection until OnClose returned; OnReconnect is the place for calls")
	}
	p, err := c.take(len(f.env.Batch))
	if err != nil {
		return nil, err
	}
	for i := range f.env.Batch {
		f.env.Batch[i].ID = c.id(p.first + uint64(i))
	}
	deadline, own := c.deadline(ctx)
	taken := false // p's token
	if err = c.encode(f, deadline); err == nil {
		if c.exchanger != nil {
			err = c.sendExchange(ctx, f, p)
		} else {
			taken, err = c.sendMessage(ctx, f, p, deadline, own)
		}
	}
	if err != nil && c.withdraw(p) {
		if p.placed {
			c.cancels.add(p.first, len(p.answers))
		}
		c.recycle(p)
		return nil, err
	}
	if !taken {
		<-p.done // somebody ended the message
	}
	if err = p.err; err != nil {
		c.recycle(p)
		return nil, err
	}
	return p, nil
}

// sendMessage sends p's message and waits for its token. Without an error it has taken it.
func (c *Client) sendMessage(ctx context.Context, f *draft, p *pending, deadline time.Time, own bool) (taken bool, err error) {
	sending := ctx
	if own {
		w := &waitContext{Context: ctx, at: deadline}
		defer w.release()
		sending = w
	}
	seq, err := c.transport.Send(sending, Message{Data: f.buf, Binary: c.codec.Binary()})
	if err != nil {
		return false, c.sendError(sending, err)
	}
	c.place(p, seq)

	var expired <-chan time.Time
	if own {
		expired = p.expire(time.Until(deadline))
		defer p.timer.Stop()
	}
	select {
	case <-p.done:
		return true, nil
	case <-expired:
		return false, fault.New(CodeTimeout, "core: no answer within the call timeout of %v", c.cfg.callTimeout)
	case <-ctx.Done():
		return false, contextError(ctx)
	}
}

// expire starts the pending's timer.
func (p *pending) expire(d time.Duration) <-chan time.Time {
	if p.timer == nil {
		p.timer = time.NewTimer(d)
	} else {
		p.timer.Reset(d)
	}
	return p.timer.C
}

// sendExchange sends p's message on a transport where the answer belongs to the request.
func (c *Client) sendExchange(ctx context.Context, f *draft, p *pending) error {
	ctx, cancel := c.bound(ctx)
	defer cancel()
	ctx, abort := context.WithCancel(ctx)
	defer abort()
	defer context.AfterFunc(c.life, abort)()

	// The transport may keep the bytes beyond a cancelled exchange.
	m := Message{Data: f.buf, Binary: c.codec.Binary()}
	f.buf = nil
	got, err := c.exchanger.Exchange(ctx, m)
	if err != nil {
		return c.sendError(ctx, err)
	}
	doc, err := c.codec.Parse(got.Data, c.parseOptions)
	if err != nil {
		c.counts.malformed.Add(1)
		return unreadableAnswer(err)
	}
	c.answer(doc.Root().Key("batch"), p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finish(p, nil) // whatever is missing stays missing
	return nil
}

// sendError makes a typed error of what a transport said: the message was not sent, unless it says otherwise.
func (c *Client) sendError(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		if c.isClosed() {
			return errClientClosed()
		}
		return contextError(ctx)
	}
	if CodeOf(err) == "" {
		return fault.Wrap(CodeUnreachable, "core: send", err)
	}
	return err
}

// contextError is the typed error of a context that is done.
func contextError(ctx context.Context) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fault.New(CodeTimeout, "core: no answer in time: %w", context.Cause(ctx))
	}
	return fault.New(CodeCanceled, "core: the call was cancelled: %w", context.Cause(ctx))
}

func unreadableAnswer(err error) error {
	if code := CodeOf(err); code == CodeLimit {
		return fault.Wrap(CodeLimit, "core: the answer cannot be read", err)
	}
	return fault.Wrap(CodeMalformed, "core: the answer cannot be read", err)
}
