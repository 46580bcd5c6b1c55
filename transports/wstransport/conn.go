package wstransport

import (
	"crypto/rand"
	"encoding/binary"
	"io"
	"net"
	"time"

	"github.com/gobwas/ws"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/link"
)

// maskBatch is how many masks are drawn at once.
const maskBatch = 32

// conn frames messages on one connection whose handshake is complete.
type conn struct {
	nc     net.Conn
	client bool // masks what it writes, and takes only what is not masked
	limits *core.Limits
	masks  []byte // unused random bytes

	in       source
	due      bool // a read deadline is set
	open     bool // a fragmented message has begun
	binary   bool
	msg      []byte // fragments so far
	pieces   int
	valid    int // up to where msg is checked UTF-8
	control  [ws.MaxControlFramePayloadSize]byte
	tokens   float64 // of the control frames' bucket
	tokensAt time.Time
}

// socketConn is a conn that can write without blocking.
type socketConn struct{ *conn }

var (
	_ link.Conn      = (*conn)(nil)
	_ link.TryWriter = socketConn{}
)

// newConn takes over nc; early are bytes that came with the handshake.
func newConn(nc net.Conn, early []byte, client bool, limits *core.Limits) link.Conn {
	c := &conn{nc: nc, client: client, limits: limits}
	c.in.nc, c.in.early, c.in.sock = nc, early, newSocket(nc)
	if c.in.sock != nil {
		return socketConn{c}
	}
	return c
}

// Arrivals counts reads that brought something.
func (c *conn) Arrivals() uint64 { return c.in.arrivals.Load() }

// AppendMessage appends one frame with the whole message.
func (c *conn) AppendMessage(dst []byte, m core.Message) []byte {
	op := ws.OpText
	if m.Binary {
		op = ws.OpBinary
	}
	return c.appendFrame(dst, op, m.Data)
}

// AppendPing appends an empty ping.
func (c *conn) AppendPing(dst []byte) []byte { return c.appendFrame(dst, ws.OpPing, nil) }

// AppendPong appends a pong.
func (c *conn) AppendPong(dst, payload []byte) []byte { return c.appendFrame(dst, ws.OpPong, payload) }

// AppendClose appends a close frame.
func (c *conn) AppendClose(dst []byte, code core.CloseCode, reason string) []byte {
	if !code.Sendable() { // 1005 and 1006 never travel
		return c.appendFrame(dst, ws.OpClose, nil)
	}
	p := binary.BigEndian.AppendUint16(make([]byte, 0, ws.MaxControlFramePayloadSize), uint16(code))
	return c.appendFrame(dst, ws.OpClose, append(p, fault.CloseReason(reason)...))
}

func (c *conn) appendFrame(dst []byte, op ws.OpCode, payload []byte) []byte {
	const fin, masked = 0x80, 0x80
	var mask byte
	if c.client {
		mask = masked
	}
	dst = append(dst, fin|byte(op))
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, mask|byte(n))
	case n <= 0xffff:
		dst = binary.BigEndian.AppendUint16(append(dst, mask|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, mask|127), uint64(n))
	}
	if !c.client {
		return append(dst, payload...)
	}
	key := c.mask()
	dst = append(dst, key[:]...)
	at := len(dst)
	dst = append(dst, payload...)
	ws.Cipher(dst[at:], key, 0) // the copy in dst, never the caller's bytes
	return dst
}

// mask returns a fresh unpredictable mask (RFC 6455 section 5.3).
func (c *conn) mask() (key [4]byte) {
	if len(c.masks) < len(key) {
		c.masks = make([]byte, maskBatch*len(key))
		_, _ = rand.Read(c.masks) // never fails
	}
	copy(key[:], c.masks)
	c.masks = c.masks[len(key):]
	return key
}

// Write writes frames.
func (c *conn) Write(p []byte) (int, error) { return c.nc.Write(p) }

// TryWrite writes what the kernel takes now.
func (c socketConn) TryWrite(p []byte) (int, error) { return c.in.sock.write(p) }

// SetWriteDeadline bounds Write.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.nc.SetWriteDeadline(t) }

// Discard ends the writing half, so that the peer sees the end, and reads on
// until it has closed too: closing with unread input would reset the connection
// and could destroy the close frame on its way.
func (c *conn) Discard() {
	if h, ok := c.nc.(interface{ CloseWrite() error }); ok {
		_ = h.CloseWrite() // the connection is given up anyway
	}
	_ = c.nc.SetReadDeadline(time.Time{})
	_, _ = io.Copy(io.Discard, struct{ io.Reader }{c.nc})
}

// Close ends the connection.
func (c *conn) Close() error { return c.nc.Close() }
