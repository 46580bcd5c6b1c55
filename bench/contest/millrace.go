package contest

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/wstransport"
)

// millrace is this project as its users have it: defaults everywhere, the lmz codec, a
// WebSocket behind net/http, an object that is any Go value, and the typed Call.
func millrace() Contestant {
	return Contestant{
		Name:       "millrace ws lmz",
		Concurrent: true,
		Serve:      serveMillrace,
		Dial: func(ctx context.Context, addr string) (Caller, error) {
			t, err := wstransport.New("ws://"+addr, core.Target{Binding: "SUMMER", Instance: "x"})
			if err != nil {
				return nil, err
			}
			c, err := core.NewClient(t, lmzcodec.New())
			if err != nil {
				return nil, err
			}
			return millraceCaller{c}, c.Connect(ctx)
		},
	}
}

func serveMillrace(ln net.Listener) {
	srv, err := core.NewServer(lmzcodec.New())
	if err != nil {
		panic(err) // a mistake in this file
	}
	if err := srv.Register("SUMMER", func(*core.State) (any, error) { return Summer{}, nil }); err != nil {
		panic(err) // a mistake in this file
	}
	sockets := wstransport.NewHandler(srv)
	web := &http.Server{Handler: sockets, ReadHeaderTimeout: 5 * time.Second}
	_ = web.Serve(ln) // ends when the caller closes ln
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = sockets.Shutdown(ctx) // the benchmark is over
	_ = web.Close()           // its listener is closed already
}

// Summer is the object.
type Summer struct{}

// Add is called over the wire as add.
func (Summer) Add(_ context.Context, a, b float64) float64 { return a + b }

type millraceCaller struct{ c *core.Client }

func (c millraceCaller) Call(ctx context.Context) error {
	sum, err := core.Call[float64](ctx, c.c, "add", 1, 2)
	if err == nil && sum != 3 {
		err = errAnswer
	}
	return err
}

func (c millraceCaller) Close() error { return c.c.Close() }
