package contest

import (
	"bufio"
	"bytes"
	"context"
	"net"

	"github.com/gobwas/ws"
)

// rawEcho is the anchor of sequential calls: a WebSocket echo with frames made by
// hand, no ids, no goroutine but the caller's.
func rawEcho() Contestant {
	return Contestant{
		Name:   "raw gobwas echo",
		Anchor: RawEcho,
		Serve: func(ln net.Listener) {
			acceptLoop(ln, func(conn net.Conn) error {
				if _, err := ws.Upgrade(conn); err != nil {
					return err
				}
				r := bufio.NewReader(conn)
				var in, out []byte
				for {
					var err error
					if in, err = readFrame(r, in); err != nil {
						return err
					}
					out = appendFrame(out[:0], in, nil, nil)
					if _, err := conn.Write(out); err != nil {
						return err
					}
				}
			})
		},
		Dial: func(ctx context.Context, addr string) (Caller, error) {
			conn, err := dialWS(ctx, addr)
			if err != nil {
				return nil, err
			}
			return &echoCaller{conn: conn, r: bufio.NewReader(conn)}, nil
		},
	}
}

// dialWS opens a WebSocket; the server says nothing unasked, so that no byte is left
// in the handshake's buffer.
func dialWS(ctx context.Context, addr string) (net.Conn, error) {
	conn, _, _, err := ws.Dial(ctx, "ws://"+addr+"/")
	return conn, err
}

type echoCaller struct {
	conn    net.Conn
	r       *bufio.Reader
	in, out []byte
	seq     uint32
}

func (c *echoCaller) Call(context.Context) error {
	c.seq++
	c.out = appendFrame(c.out[:0], payload, nil, maskOf(c.seq))
	if _, err := c.conn.Write(c.out); err != nil {
		return err
	}
	var err error
	if c.in, err = readFrame(c.r, c.in); err != nil {
		return err
	}
	if !bytes.Equal(c.in, payload) {
		return errAnswer
	}
	return nil
}

func (c *echoCaller) Close() error { return c.conn.Close() }

// maskOf spreads a counter over the four bytes of a mask: a baseline needs masks
// that differ, not secrets.
func maskOf(seq uint32) *[4]byte {
	x := seq * 2654435761
	return &[4]byte{byte(x), byte(x >> 8), byte(x >> 16), byte(x >> 24)}
}
