package contest

import (
	"context"
	"net"
	"net/rpc"
)

// netRPC is the standard library's RPC on its binary codec: a product with a smaller
// task (no subprotocol, no cancellation, no rich values) that everyone has.
func netRPC() Contestant {
	return Contestant{
		Name:       "net/rpc gob",
		Concurrent: true,
		Serve: func(ln net.Listener) {
			srv := rpc.NewServer()
			if err := srv.RegisterName("Adder", new(Adder)); err != nil {
				panic(err) // a mistake in this file
			}
			acceptLoop(ln, func(conn net.Conn) error {
				srv.ServeConn(conn)
				return nil
			})
		},
		Dial: func(ctx context.Context, addr string) (Caller, error) {
			var d net.Dialer
			conn, err := d.DialContext(ctx, "tcp", addr)
			if err != nil {
				return nil, err
			}
			return netRPCCaller{rpc.NewClient(conn)}, nil
		},
	}
}

// Adder is the object that the RPC contestants call.
type Adder struct{}

// Args are the arguments of [Adder.Add].
type Args struct{ A, B float64 }

// Add is the method in net/rpc's form.
func (*Adder) Add(a Args, sum *float64) error {
	*sum = a.A + a.B
	return nil
}

type netRPCCaller struct{ c *rpc.Client }

func (c netRPCCaller) Call(context.Context) error {
	var sum float64
	if err := c.c.Call("Adder.Add", Args{1, 2}, &sum); err != nil {
		return err
	}
	if sum != 3 {
		return errAnswer
	}
	return nil
}

func (c netRPCCaller) Close() error { return c.c.Close() }
