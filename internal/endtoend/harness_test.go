package endtoend_test

import (
	"context"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/wstransport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what a test waits for.
const patience = 30 * time.Second

// counter counts the calls that it runs, in all objects of a host.
type counter struct {
	State *core.State
	Env   *core.Env `millrace:"env"`
	host  *host
}

// Next counts, and returns the object itself, so that chains go on.
func (c *counter) Next() *counter { c.host.ran.Add(1); return c }

// Number counts and returns the argument, which the answer must belong to.
func (c *counter) Number(n int) int { c.host.ran.Add(1); return n }

func (c *counter) Echo(v any) any { c.host.ran.Add(1); return v }

// Slow tells that it runs, and returns when the test lets go.
func (c *counter) Slow(ctx context.Context) (string, error) {
	c.host.slow <- struct{}{}
	select {
	case <-c.host.release:
		return "slow", nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Push sends a text to a client.
func (c *counter) Push(ctx context.Context, id, text string) (int, error) {
	d, err := core.SendDownstream(ctx, c.State, []string{id}, text)
	return d.Sent, err
}

// host is a server with one binding, COUNTER, on loopback.
type host struct {
	t       *testing.T
	srv     *core.Server
	url     string // http://host:port
	made    atomic.Int64
	ran     atomic.Int64 // calls of Next, Number and Echo
	slow    chan struct{}
	release chan struct{}
}

func newHost(t *testing.T, opts ...core.ObjectOption) *host {
	t.Helper()
	srv, err := core.NewServer(lmzcodec.New(), core.AllowAnonymousClientID())
	if err != nil {
		t.Fatal(err)
	}
	h := &host{t: t, srv: srv, slow: make(chan struct{}, 8), release: make(chan struct{})}
	if err := srv.Register("COUNTER", h.factory, opts...); err != nil {
		t.Fatal(err)
	}
	handler := wstransport.NewHandler(srv)
	web := httptest.NewServer(handler)
	h.url = web.URL
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := handler.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown() = %v", err)
		}
		web.Close()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Server.Shutdown() = %v", err)
		}
	})
	return h
}

func (h *host) factory(st *core.State) (any, error) {
	h.made.Add(1)
	return &counter{State: st, Env: st.Env(), host: h}, nil
}

func (h *host) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	h.t.Cleanup(cancel)
	return ctx
}

// client calls COUNTER/x.
func (h *host) client(id string, opts ...core.ClientOption) *core.Client {
	h.t.Helper()
	var o []wstransport.TransportOption
	if id != "" {
		o = append(o, wstransport.ClientID(id))
	}
	tr, err := wstransport.New(h.url, core.Target{Binding: "COUNTER", Instance: "x"}, o...)
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := core.NewClient(tr, lmzcodec.New(), opts...)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := c.Close(); err != nil {
			h.t.Errorf("Close() = %v", err)
		}
	})
	return c
}

// until waits for something that nobody announces.
func (h *host) until(what string, is func() bool) {
	h.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			h.t.Fatalf("it did not come to pass that %s; %+v", what, h.srv.Stats())
		}
	}
}

// peer is a client of bytes: a bare WebSocket.
type peer struct {
	t    *testing.T
	conn net.Conn
}

func (h *host) peer() *peer {
	h.t.Helper()
	d := ws.Dialer{Protocols: []string{"lumenize.rpc"}, Timeout: patience}
	conn, early, _, err := d.Dial(h.ctx(), "ws"+strings.TrimPrefix(h.url, "http")+"/__rpc/COUNTER/x/call")
	if err != nil {
		h.t.Fatal(err)
	}
	if early != nil {
		h.t.Fatal("the server speaks first")
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	return &peer{h.t, conn}
}

// send writes one frame, with the mask that clients owe.
func (p *peer) send(f ws.Frame) {
	p.t.Helper()
	if err := ws.WriteFrame(p.conn, ws.MaskFrame(f)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) text(s string) { p.t.Helper(); p.send(ws.NewTextFrame([]byte(s))) }

// next is the next frame.
func (p *peer) next() ws.Frame {
	p.t.Helper()
	header, err := ws.ReadHeader(p.conn)
	if err != nil {
		p.t.Fatal(err)
	}
	if header.Length > 1<<20 || header.Masked {
		p.t.Fatalf("the server sent a frame with the header %+v", header)
	}
	f := ws.Frame{Header: header, Payload: make([]byte, header.Length)}
	if _, err := io.ReadFull(p.conn, f.Payload); err != nil {
		p.t.Fatal(err)
	}
	return f
}
