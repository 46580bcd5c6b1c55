package memtransport

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/link"
)

// pipeBytes is what one direction holds before a writer must wait, as a kernel's
// socket buffer does.
const pipeBytes = 64 << 10

var errPipeClosed = errors.New("connection closed")

// pipe is one direction of a connection: a bounded run of bytes. It blocks on
// condition variables only, so that it works in synctest bubbles.
type pipe struct {
	mu       sync.Mutex // guards what follows
	changed  sync.Cond
	buf      []byte
	from     int  // where unread bytes begin in buf
	ended    bool // nothing more will be written
	gone     bool // nobody reads any more
	deadline time.Time
	timer    *time.Timer
}

func newPipe() *pipe {
	p := new(pipe)
	p.changed.L = &p.mu
	return p
}

// write copies b, waiting for room; with try it takes what fits.
func (p *pipe) write(b []byte, try bool) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(b) > 0 {
		if p.ended || p.gone {
			return n, errPipeClosed
		}
		if room := pipeBytes - (len(p.buf) - p.from); room > 0 {
			k := min(room, len(b))
			p.compact(k)
			p.buf = append(p.buf, b[:k]...)
			n, b = n+k, b[k:]
			p.changed.Broadcast()
			continue
		}
		if try {
			return n, nil
		}
		if !p.deadline.IsZero() && !time.Now().Before(p.deadline) {
			return n, os.ErrDeadlineExceeded
		}
		p.changed.Wait()
	}
	return n, nil
}

// compact makes room for k bytes by moving unread ones to the front.
func (p *pipe) compact(k int) {
	if p.from == len(p.buf) {
		p.buf, p.from = p.buf[:0], 0
	} else if p.from > 0 && len(p.buf)+k > cap(p.buf) {
		p.buf = p.buf[:copy(p.buf, p.buf[p.from:])]
		p.from = 0
	}
}

// read fills b, or returns io.EOF when the other side ended first.
func (p *pipe) read(b []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(b) > 0 {
		switch {
		case p.gone:
			return errPipeClosed
		case p.from < len(p.buf):
			n := copy(b, p.buf[p.from:])
			p.from += n
			b = b[n:]
			p.changed.Broadcast()
		case p.ended:
			return io.EOF
		default:
			p.changed.Wait()
		}
	}
	return nil
}

// discard reads until the end.
func (p *pipe) discard() {
	var b [1]byte
	for p.read(b[:]) == nil {
		p.mu.Lock()
		p.buf, p.from = p.buf[:0], 0
		p.changed.Broadcast()
		p.mu.Unlock()
	}
}

// end says that nothing more will be written; gone, that nobody reads.
func (p *pipe) close(gone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.gone = p.gone || gone
	if p.gone {
		p.buf, p.from = nil, 0
	}
	if p.timer != nil {
		p.timer.Stop()
	}
	p.changed.Broadcast()
}

func (p *pipe) setDeadline(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deadline = t
	switch {
	case t.IsZero():
		if p.timer != nil {
			p.timer.Stop()
		}
	case p.timer == nil:
		p.timer = time.AfterFunc(time.Until(t), p.wake)
	default:
		p.timer.Reset(time.Until(t))
	}
}

func (p *pipe) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changed.Broadcast()
}

// The frames: kind, four bytes of length, payload. A close frame's payload is
// the code in two bytes and the reason.
const (
	frameText   = 't'
	frameBinary = 'b'
	framePing   = 'i'
	framePong   = 'o'
	frameClose  = 'c'

	headBytes = 5
)

// conn is one end of a connection.
type conn struct {
	in, out *pipe
	limit   int
}

var (
	_ link.Conn      = (*conn)(nil)
	_ link.TryWriter = (*conn)(nil)
)

// connect returns the two ends of a new connection.
func connect(clientLimit, serverLimit int) (client, server *conn) {
	a, b := newPipe(), newPipe()
	return &conn{in: a, out: b, limit: clientLimit}, &conn{in: b, out: a, limit: serverLimit}
}

func (c *conn) Next() (link.Event, error) {
	var head [headBytes]byte
	if err := c.in.read(head[:]); err != nil {
		return link.Event{}, err
	}
	n := int(binary.BigEndian.Uint32(head[1:]))
	if fault.Over(n, c.limit) {
		return link.Event{}, &link.Violation{Code: fault.CloseTooBig,
			Err: fault.Exceeded("memory: bytes of a message", int64(n), int64(c.limit), "MessageBytes")}
	}
	payload := make([]byte, n)
	if err := c.in.read(payload); err != nil {
		return link.Event{}, err
	}
	switch head[0] {
	case framePing:
		return link.Event{Kind: link.Ping, Payload: payload}, nil
	case framePong:
		return link.Event{Kind: link.Pong, Payload: payload}, nil
	case frameClose:
		if n < 2 {
			return link.Event{Kind: link.Close, Code: fault.CloseNoStatus}, nil
		}
		return link.Event{Kind: link.Close, Code: core.CloseCode(binary.BigEndian.Uint16(payload)), Reason: string(payload[2:])}, nil
	}
	return link.Event{Kind: link.Data, Message: core.Message{Data: payload, Binary: head[0] == frameBinary}}, nil
}

func appendHead(dst []byte, kind byte, n int) []byte {
	return binary.BigEndian.AppendUint32(append(dst, kind), uint32(n))
}

func (c *conn) AppendMessage(dst []byte, m core.Message) []byte {
	kind := byte(frameText)
	if m.Binary {
		kind = frameBinary
	}
	return append(appendHead(dst, kind, len(m.Data)), m.Data...)
}

func (c *conn) AppendPing(dst []byte) []byte { return appendHead(dst, framePing, 0) }

func (c *conn) AppendPong(dst, payload []byte) []byte {
	return append(appendHead(dst, framePong, len(payload)), payload...)
}

func (c *conn) AppendClose(dst []byte, code core.CloseCode, reason string) []byte {
	if code == fault.CloseNoStatus {
		return appendHead(dst, frameClose, 0)
	}
	dst = appendHead(dst, frameClose, 2+len(reason))
	return append(binary.BigEndian.AppendUint16(dst, uint16(code)), reason...)
}

func (c *conn) Write(b []byte) (int, error)    { return c.out.write(b, false) }
func (c *conn) TryWrite(b []byte) (int, error) { return c.out.write(b, true) }

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.setDeadline(t)
	return nil
}

func (c *conn) Discard() {
	c.out.close(false)
	c.in.discard()
}

func (c *conn) Close() error {
	c.out.close(false)
	c.in.close(true)
	return nil
}
