package contest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
)

var errAnswer = errors.New("contest: wrong answer")

// pingPong is the floor: the same bytes over bare TCP, one write and one read a side.
func pingPong() Contestant {
	return Contestant{
		Name:   "tcp ping-pong",
		Anchor: PingPong,
		Serve: func(ln net.Listener) {
			acceptLoop(ln, func(conn net.Conn) error {
				buf := make([]byte, len(payload))
				for {
					if _, err := io.ReadFull(conn, buf); err != nil {
						return err
					}
					if _, err := conn.Write(buf); err != nil {
						return err
					}
				}
			})
		},
		Dial: func(ctx context.Context, addr string) (Caller, error) {
			var d net.Dialer
			conn, err := d.DialContext(ctx, "tcp", addr)
			if err != nil {
				return nil, err
			}
			return &pingPongCaller{conn: conn, buf: make([]byte, len(payload))}, nil
		},
	}
}

type pingPongCaller struct {
	conn net.Conn
	buf  []byte
}

func (c *pingPongCaller) Call(context.Context) error {
	if _, err := c.conn.Write(payload); err != nil {
		return err
	}
	if _, err := io.ReadFull(c.conn, c.buf); err != nil {
		return err
	}
	if !bytes.Equal(c.buf, payload) {
		return errAnswer
	}
	return nil
}

func (c *pingPongCaller) Close() error { return c.conn.Close() }
