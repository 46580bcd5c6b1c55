package link

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
)

// connection is one live connection of either end: reading, the outbox, the
// heartbeat and the closing handshake. Its reader calls next until it returns false,
// then end.
type connection struct {
	conn   Conn
	limits *core.Limits
	out    outbox
	beat   heartbeat

	arriver Arriver // nil when conn does not count
	// activity counts what the reader did; the heartbeat watches it.
	activity atomic.Uint64
	received uint64 // messages; owned by the reader

	mu       sync.Mutex // guards what follows
	decided  bool       // why it ends is known
	info     core.CloseInfo
	deadline *time.Timer // of the closing handshake
	ended    bool
}

func (c *connection) init(conn Conn, cr *crew, limits *core.Limits, base, before uint64) {
	c.conn, c.limits = conn, limits
	c.arriver, _ = conn.(Arriver)
	c.out.init(conn, cr, limits, base, before)
	c.beat.init(c, cr)
}

// next returns the next message, answering pings meanwhile; false when the
// connection ended. Messages that arrive after this side began to close are dropped.
func (c *connection) next() (core.Message, bool) {
	for {
		ev, err := c.conn.Next()
		c.activity.Add(1)
		if err != nil {
			c.failed(err)
			return core.Message{}, false
		}
		switch ev.Kind {
		case Data:
			c.received++
			if !c.isClosing() {
				return ev.Message, true
			}
		case Ping:
			c.out.sendPong(ev.Payload)
		case Close:
			c.peerClosed(ev.Code, ev.Reason)
			return core.Message{}, false
		}
	}
}

// signs changes whenever the peer gave a sign of life.
func (c *connection) signs() uint64 {
	n := c.activity.Load()
	if c.arriver != nil {
		n += c.arriver.Arrivals()
	}
	return n
}

// failed handles an error of reading.
func (c *connection) failed(err error) {
	v, ok := errors.AsType[*Violation](err)
	if !ok {
		if errors.Is(err, io.EOF) {
			err = errors.New("connection ended without a close frame")
		}
		c.decide(core.CloseInfo{Code: fault.CloseAbnormal, Err: err})
		return
	}
	if c.shut(v.Code, v.Error(), false, v.Err) {
		<-c.out.flushed
		c.conn.Discard()
	}
}

// peerClosed answers the peer's close frame.
func (c *connection) peerClosed(code core.CloseCode, reason string) {
	if !c.decide(core.CloseInfo{Code: code, Reason: reason, Clean: true}) {
		c.mu.Lock()
		c.info.Clean = true
		c.mu.Unlock()
		return
	}
	c.startDeadline()
	c.out.close(code, "", false)
}

// shut begins to close from this side: the code is sent after what is queued,
// or, with drop, at once. It returns false when closing has begun before.
func (c *connection) shut(code core.CloseCode, reason string, drop bool, cause error) bool {
	if !c.decide(core.CloseInfo{Code: code, Reason: fault.CloseReason(reason), Err: cause}) {
		return false
	}
	c.startDeadline()
	c.out.close(code, reason, drop)
	return true
}

// cut ends the connection without a close frame.
func (c *connection) cut(err error) {
	if c.decide(core.CloseInfo{Code: fault.CloseAbnormal, Err: err}) {
		c.out.abort(err) // now, and not when the reader is back: it may be in a handler that waits for this
	}
	_ = c.conn.Close() // its error changes nothing: the connection is given up
}

// decide takes down why the connection ends; the first reason stays.
func (c *connection) decide(info core.CloseInfo) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.decided {
		return false
	}
	c.decided, c.info = true, info
	return true
}

func (c *connection) isClosing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.decided
}

// startDeadline bounds the closing handshake.
func (c *connection) startDeadline() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := c.limits.CloseTimeout; d > 0 && !c.ended {
		c.deadline = time.AfterFunc(d, func() { _ = c.conn.Close() })
	}
}

// end finishes the connection after next returned false: what is queued and the
// close frame are written, if that is possible, and everything of the connection
// has stopped when it returns.
func (c *connection) end() core.CloseInfo {
	c.beat.stop()
	c.mu.Lock()
	lost := c.info.Code == fault.CloseAbnormal
	c.mu.Unlock()
	if !lost {
		<-c.out.flushed // the deadline ends this
	}
	_ = c.conn.Close() // nothing more is expected from it
	written, queued, err := c.out.stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.deadline != nil {
		c.deadline.Stop()
	}
	if err != nil && lost {
		c.info.Err = err // writing failed first
	}
	c.info.Written, c.info.Queued = written, queued
	return c.info
}
