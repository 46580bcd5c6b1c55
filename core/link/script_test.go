package link_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/link"
)

// scriptConn is a connection whose peer is the test: events are fed in, and what
// is written is kept. Each written frame is its kind in one byte, and its text.
type scriptConn struct {
	events chan any // link.Event or error
	take   int      // bytes that Write takes before it fails; negative: all
	block  bool     // Write blocks until the deadline or Close

	mu        sync.Mutex
	wrote     []byte
	writes    int
	deadline  time.Time
	closed    chan struct{}
	discarded bool
	once      sync.Once
}

func newScript() *scriptConn {
	return &scriptConn{events: make(chan any, 100), take: -1, closed: make(chan struct{})}
}

var errBroken = errors.New("broken pipe")

func (c *scriptConn) Next() (link.Event, error) {
	select {
	case e := <-c.events:
		if ev, ok := e.(link.Event); ok {
			return ev, nil
		}
		return link.Event{}, e.(error)
	case <-c.closed:
		return link.Event{}, errGone
	}
}

var errGone = errors.New("use of closed connection")

func (c *scriptConn) AppendMessage(dst []byte, m core.Message) []byte {
	return append(append(append(dst, 'm'), m.Data...), ';')
}
func (c *scriptConn) AppendPing(dst []byte) []byte { return append(dst, "p;"...) }
func (c *scriptConn) AppendPong(dst, p []byte) []byte {
	return append(append(append(dst, 'o'), p...), ';')
}
func (c *scriptConn) AppendClose(dst []byte, code core.CloseCode, reason string) []byte {
	return append(append(binary.BigEndian.AppendUint16(append(dst, 'c'), uint16(code)), reason...), ';')
}

func (c *scriptConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.writes++
	deadline := c.deadline
	n := len(p)
	if c.take >= 0 && n > c.take {
		n = c.take
	}
	if c.take >= 0 {
		c.take -= n
	}
	c.wrote = append(c.wrote, p[:n]...)
	block := c.block
	c.mu.Unlock()
	if block {
		select {
		case <-time.After(time.Until(deadline)):
			return 0, context.DeadlineExceeded
		case <-c.closed:
			return 0, errGone
		}
	}
	if n < len(p) {
		return n, errBroken
	}
	return n, nil
}

func (c *scriptConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	return nil
}

func (c *scriptConn) Discard() {
	c.mu.Lock()
	c.discarded = true
	c.mu.Unlock()
	<-c.closed
}

func (c *scriptConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

func (c *scriptConn) written() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.wrote)
}

// tryConn is a scriptConn that writes without blocking, room bytes in all.
type tryConn struct {
	*scriptConn
	room int
}

func (c *tryConn) TryWrite(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(p), c.room)
	c.room -= n
	c.wrote = append(c.wrote, p[:n]...)
	return n, nil
}

// scripted dials the connections of a list, one after another.
type scripted struct {
	mu    sync.Mutex
	conns []link.Conn
}

func (d *scripted) Dial(context.Context, string) (link.Conn, string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.conns) == 0 {
		return nil, "", io.ErrUnexpectedEOF
	}
	c := d.conns[0]
	d.conns = d.conns[1:]
	return c, "", nil
}

func newScripted(limits core.Limits, conns ...link.Conn) (*link.Client, chan core.CloseInfo) {
	c, err := link.NewClient(link.ClientConfig{Info: core.TransportInfo{Name: "script"}, Dialer: &scripted{conns: conns}, Limits: limits})
	if err != nil {
		panic(err)
	}
	losses := make(chan core.CloseInfo, 10)
	c.SetCloseHandler(func(i core.CloseInfo) bool { losses <- i; return true })
	return c, losses
}
