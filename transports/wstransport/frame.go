package wstransport

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/link"
)

// growBytes is how much of a declared length is believed before its bytes arrive.
const growBytes = 64 << 10

// header is a frame's header, checked.
type header struct {
	fin    bool
	op     ws.OpCode
	length int
	mask   [4]byte
}

// Next reads up to the next event.
func (c *conn) Next() (link.Event, error) {
	ev, err := c.next()
	if err != nil {
		c.in.skip(len(c.in.buffered()))
		c.in.release()
		c.msg = nil
		if errors.Is(err, os.ErrDeadlineExceeded) && c.due {
			err = &link.Violation{Code: fault.ClosePolicy, Err: fault.New(fault.CodeLimit,
				"websocket: a message was not complete after %v (setting: AssemblyTime)", c.limits.AssemblyTime)}
		}
	}
	return ev, err
}

func (c *conn) next() (link.Event, error) {
	for {
		h, err := c.header()
		if err != nil {
			return link.Event{}, err
		}
		if h.op.IsControl() {
			ev, err := c.controlFrame(h)
			if err == nil {
				c.frameDone()
			}
			return ev, err
		}
		done, err := c.dataFrame(h)
		if err != nil {
			return link.Event{}, err
		}
		c.open = !done
		c.frameDone()
		if done {
			m := core.Message{Data: c.msg, Binary: c.binary}
			c.msg, c.pieces, c.valid = nil, 0, 0
			return link.Event{Kind: link.Data, Message: m}, nil
		}
	}
}

// frameDone lifts the deadline when nothing is half read.
func (c *conn) frameDone() {
	if c.due && !c.open {
		c.due = false
		_ = c.nc.SetReadDeadline(time.Time{}) // an error of it shows in the next read
	}
}

// pending bounds the time for what has begun.
func (c *conn) pending() {
	if !c.due && c.limits.AssemblyTime > 0 {
		c.due = true
		_ = c.nc.SetReadDeadline(time.Now().Add(c.limits.AssemblyTime))
	}
}

// fill reads until n bytes are buffered.
func (c *conn) fill(n int) ([]byte, error) {
	for {
		b := c.in.buffered()
		if len(b) >= n {
			return b[:n], nil
		}
		if len(b) > 0 || c.open {
			c.pending()
		} else {
			c.in.release()
		}
		if err := c.in.more(); err != nil {
			return nil, err
		}
	}
}

// header reads and checks a frame's header (RFC 6455 section 5.2).
func (c *conn) header() (h header, err error) {
	b, err := c.fill(2)
	if err != nil {
		return h, err
	}
	b0, b1 := b[0], b[1]
	h.fin, h.op, h.length = b0&0x80 != 0, ws.OpCode(b0&0x0f), int(b1&0x7f)
	if err := c.checkHeader(h, b0, b1&0x80 != 0); err != nil {
		return h, err
	}
	size := 2
	switch h.length {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	at := size
	if !c.client {
		size += len(h.mask)
	}
	if b, err = c.fill(size); err != nil {
		return h, err
	}
	switch h.length {
	case 126:
		if h.length = int(binary.BigEndian.Uint16(b[2:])); h.length < 126 {
			return h, link.Violate(fault.CloseProtocolError, "websocket: length %d is not in its shortest form", h.length)
		}
	case 127:
		n := binary.BigEndian.Uint64(b[2:])
		if n > math.MaxInt64 || n <= 0xffff {
			return h, link.Violate(fault.CloseProtocolError, "websocket: length %d is not in its shortest form or over 63 bits", n)
		}
		h.length = int(min(n, math.MaxInt))
	}
	copy(h.mask[:], b[at:])
	c.in.skip(size)
	return h, nil
}

// checkHeader checks what the first two bytes say.
func (c *conn) checkHeader(h header, b0 byte, masked bool) error {
	var wrong string
	switch {
	case b0&0x70 != 0:
		wrong = "a reserved bit is set"
	case h.op.IsReserved():
		wrong = "reserved opcode"
	case masked == c.client:
		wrong = "the mask is missing"
		if c.client {
			wrong = "a server's frame is masked"
		}
	case h.op.IsControl() && !h.fin:
		wrong = "fragmented control frame"
	case h.op.IsControl() && h.length > ws.MaxControlFramePayloadSize:
		wrong = "control frame over 125 bytes"
	case h.op == ws.OpContinuation && !c.open:
		wrong = "continuation of nothing"
	case h.op != ws.OpContinuation && !h.op.IsControl() && c.open:
		wrong = "new message before the last one ended"
	default:
		return nil
	}
	return link.Violate(fault.CloseProtocolError, "websocket: %s", wrong)
}

// controlFrame reads a ping, a pong or a close frame.
func (c *conn) controlFrame(h header) (link.Event, error) {
	b, err := c.fill(h.length)
	if err != nil {
		return link.Event{}, err
	}
	payload := c.control[:copy(c.control[:], b)]
	c.in.skip(h.length)
	if !c.client {
		ws.Cipher(payload, h.mask, 0)
	}
	switch h.op {
	case ws.OpClose:
		return closeEvent(payload)
	case ws.OpPing:
		return link.Event{Kind: link.Ping, Payload: payload}, c.spend()
	}
	return link.Event{Kind: link.Pong, Payload: payload}, c.spend()
}

// closeEvent reads a close frame's payload (RFC 6455 section 5.5.1).
func closeEvent(p []byte) (link.Event, error) {
	if len(p) == 0 {
		return link.Event{Kind: link.Close, Code: fault.CloseNoStatus}, nil
	}
	if len(p) == 1 {
		return link.Event{}, link.Violate(fault.CloseProtocolError, "websocket: close frame with half a code")
	}
	code := core.CloseCode(binary.BigEndian.Uint16(p))
	if !code.Sendable() {
		return link.Event{}, link.Violate(fault.CloseProtocolError, "websocket: close code %d may not be sent", code)
	}
	if !utf8.Valid(p[2:]) {
		return link.Event{}, link.Violate(fault.CloseInvalidData, "websocket: the close reason is not UTF-8")
	}
	return link.Event{Kind: link.Close, Code: code, Reason: string(p[2:])}, nil
}

// spend takes one control frame from the bucket: ControlFrames a second, and twice
// that in a burst.
func (c *conn) spend() error {
	rate := float64(c.limits.ControlFrames)
	if rate < 0 {
		return nil
	}
	now := time.Now()
	if c.tokensAt.IsZero() {
		c.tokens = 2 * rate
	} else {
		c.tokens = min(2*rate, c.tokens+rate*now.Sub(c.tokensAt).Seconds())
	}
	c.tokensAt = now
	if c.tokens--; c.tokens < 0 {
		return &link.Violation{Code: fault.ClosePolicy, Err: fault.New(fault.CodeLimit,
			"websocket: control frames: more than %d a second (setting: ControlFrames)", c.limits.ControlFrames)}
	}
	return nil
}

// dataFrame appends a frame's payload to the message and reports whether it is whole.
func (c *conn) dataFrame(h header) (done bool, err error) {
	if h.op != ws.OpContinuation {
		c.binary = h.op == ws.OpBinary
	}
	if c.pieces++; fault.Over(c.pieces, c.limits.Fragments) {
		return false, &link.Violation{Code: fault.ClosePolicy,
			Err: fault.Exceeded("websocket: fragments of a message", int64(c.pieces), int64(c.limits.Fragments), "Fragments")}
	}
	limit := c.limits.MessageBytes
	if limit < 0 {
		limit = math.MaxInt // there is an end to what can be counted
	}
	if h.length > limit-len(c.msg) {
		n := int64(len(c.msg)) + min(int64(h.length), math.MaxInt64-int64(len(c.msg)))
		return false, &link.Violation{Code: fault.CloseTooBig,
			Err: fault.Exceeded("websocket: bytes of a message", n, int64(limit), "MessageBytes")}
	}
	if err := c.payload(h); err != nil {
		return false, err
	}
	if h.fin && !c.binary && c.valid < len(c.msg) {
		return false, errText
	}
	if h.fin && c.msg == nil {
		c.msg = []byte{}
	}
	return h.fin, nil
}

var errText = link.Violate(fault.CloseInvalidData, "websocket: a text message is not UTF-8")

// payload reads, unmasks and checks h.length bytes as they arrive.
func (c *conn) payload(h header) error {
	start := len(c.msg)
	end := start + h.length
	for at := start; at < end; {
		if at == cap(c.msg) {
			c.grow(end)
		}
		room := c.msg[at:min(end, cap(c.msg))]
		if len(c.in.buffered()) == 0 {
			c.pending()
			if end-at < bufferBytes { // fetch what follows in the same read
				if err := c.in.more(); err != nil {
					return err
				}
			}
		}
		n, err := c.in.direct(room)
		if err != nil {
			return err
		}
		if !c.client {
			ws.Cipher(room[:n], h.mask, at-start)
		}
		at += n
		c.msg = c.msg[:at]
		if !c.binary {
			ok := false
			if c.valid, ok = validUTF8(c.msg, c.valid); !ok {
				return errText
			}
		}
	}
	return nil
}

// grow makes room in msg for bytes up to end, but not for all of a long payload
// before some of it came.
func (c *conn) grow(end int) {
	size := min(end, max(growBytes, 2*len(c.msg)))
	c.msg = append(make([]byte, 0, size), c.msg...)
}
