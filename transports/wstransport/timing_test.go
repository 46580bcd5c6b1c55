package wstransport_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/linktest"
	"github.com/millrace/millrace/transports/wstransport"
)

// pipes is a network of net.Pipe, so that everything works in a synctest bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	a, b := net.Pipe()
	select {
	case p.conns <- b:
		return a, nil
	case <-p.done:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// bubble serves h over pipes until the test ends.
func bubble(t *testing.T, h core.Handler, limits core.Limits) (*pipes, *wstransport.Handler) {
	t.Helper()
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	wh := wstransport.NewHandler(h, wstransport.Limits(limits))
	srv := &http.Server{Handler: wh, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan struct{})
	go func() { _ = srv.Serve(p); close(served) }()
	t.Cleanup(func() {
		close(p.done)
		<-served
		_ = wh.Shutdown(context.Background())
		_ = srv.Close()
		synctest.Wait()
	})
	return p, wh
}

func (p *pipes) transport(t *testing.T, limits core.Limits) (*wstransport.Transport, chan core.CloseInfo) {
	t.Helper()
	tr := dial(t, "ws://x", room, wstransport.Dialer(p.dial), wstransport.Limits(limits))
	losses := make(chan core.CloseInfo, 10)
	tr.SetCloseHandler(func(c core.CloseInfo) bool { losses <- c; return true })
	return tr, losses
}

// raw connects a peer that speaks bytes.
func (p *pipes) raw(t *testing.T) *raw {
	t.Helper()
	nc, err := p.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return rawOn(t, nc)
}

func TestBubble_EchoAndClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{}
		p, _ := bubble(t, h, core.Limits{})
		tr, _ := p.transport(t, core.Limits{})
		in := newInbox(tr)
		for i, s := range []string{"a", strings.Repeat("b", 63), strings.Repeat("c", 64), strings.Repeat("d", 5000), ""} {
			if _, err := tr.Send(t.Context(), core.Message{Data: []byte(s)}); err != nil {
				t.Fatal(err)
			}
			if got := in.wait(t, i+1); got[i] != s {
				t.Errorf("echo %d differs", i)
			}
		}
		_ = tr.Close(4000, "bye")
		synctest.Wait()
		if e := h.Ends(); len(e) != 1 || e[0].Code != 4000 || e[0].Reason != "bye" || !e[0].Clean {
			t.Errorf("ends = %+v", e)
		}
	})
}

func TestBubble_IdleForADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, wh := bubble(t, &linktest.Handler{}, core.Limits{})
		tr, losses := p.transport(t, core.Limits{})
		tr.SetKeepAlive(true)
		time.Sleep(24 * time.Hour)
		if len(losses) != 0 || wh.Sessions() != 1 {
			t.Errorf("%d losses and %d sessions after a day", len(losses), wh.Sessions())
		}
	})
}

func TestBubble_SilentClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{}
		p, _ := bubble(t, h, core.Limits{})
		r := p.raw(t)
		start := time.Now()
		if got := r.nextWithin(time.Minute); got != "ping:" || time.Since(start) != 25*time.Second {
			t.Errorf("got %q after %v, want a ping after 25 s", got, time.Since(start))
		}
		if got := r.nextWithin(time.Minute); got != "end" || time.Since(start) != 35*time.Second {
			t.Errorf("got %q after %v, want the end after 35 s", got, time.Since(start))
		}
		synctest.Wait()
		if e := h.Ends(); len(e) != 1 || e[0].Code != core.CloseAbnormal {
			t.Errorf("ends = %+v, want 1006", e)
		}
	})
}

func TestBubble_AssemblyTime(t *testing.T) {
	t.Parallel()
	long := textFrame(strings.Repeat("x", 20_000)).bytes(true)
	tests := []struct {
		name  string
		first []byte
		then  []byte // every 9 s
		want  string
	}{
		{"fragments", part("a").bytes(true), cont("b").bytes(true), "close:1008"},
		{"half-a-header", textFrame("abc").bytes(true)[:1], nil, "close:1008"},
		{"half-a-length", textFrame(strings.Repeat("x", 200)).bytes(true)[:3], nil, "close:1008"},
		{"slow-payload", textFrame("abcdefgh").bytes(true)[:8], []byte("x"), "close:1008"},
		{"slow-large-payload", long[:6000], long[6000:6001], "close:1008"},
		{"half-a-ping", ping("abcd").bytes(true)[:8], nil, "close:1008"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := &linktest.Handler{}
				p, _ := bubble(t, h, core.Limits{PingInterval: core.NoLimit})
				r := p.raw(t)
				r.send(textFrame("good").bytes(true))
				if got := r.nextWithin(time.Second); got != "text:good" {
					t.Fatalf("echo = %q", got)
				}
				time.Sleep(time.Hour) // idle is not slow
				start := time.Now()
				got := make(chan string, 1)
				r.send(tt.first)
				go func() { got <- r.nextWithin(time.Minute) }()
				for range 3 {
					time.Sleep(9 * time.Second)
					if tt.then != nil {
						r.send(tt.then)
					}
				}
				if g := <-got; g != tt.want || time.Since(start) != 30*time.Second {
					t.Errorf("got %q after %v, want %s after 30 s", g, time.Since(start), tt.want)
				}
				_ = r.nc.Close()
				synctest.Wait()
				if e := h.Ends(); len(e) != 1 || core.CodeOf(e[0].Err) != core.CodeLimit {
					t.Errorf("ends = %+v, want a limit", e)
				}
			})
		})
	}
}

func TestBubble_SlowMessageIsASignOfLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, _ := bubble(t, &linktest.Handler{}, core.Limits{PingInterval: 5 * time.Second, PongWait: 2 * time.Second})
		r := p.raw(t)
		go func() { // pings are read and not answered
			for r.nextWithin(time.Minute) != "end" {
			}
		}()
		b := textFrame(strings.Repeat("y", 21)).bytes(true)
		for i := range b {
			r.send(b[i : i+1])
			time.Sleep(time.Second)
		}
		if r.failed {
			t.Error("the connection was given up while a message arrived")
		}
		_ = r.nc.Close()
	})
}

func TestBubble_CloseTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{}
		p, _ := bubble(t, h, core.Limits{})
		r := p.raw(t)
		r.send(textFrame("x").bytes(true))
		_ = r.nextWithin(time.Second)
		_ = h.Sessions()[0].Close(4000, "go")
		start := time.Now()
		if got := r.nextWithin(time.Second); got != "close:4000" {
			t.Fatalf("got %q", got)
		}
		if got := r.nextWithin(time.Minute); got != "end" || time.Since(start) != 5*time.Second {
			t.Errorf("got %q after %v, want the end after 5 s without an answer", got, time.Since(start))
		}
		synctest.Wait()
		if e := h.Ends(); len(e) != 1 || e[0].Code != 4000 || e[0].Clean {
			t.Errorf("ends = %+v, want 4000, not clean", e)
		}
	})
}

func TestBubble_WriteTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{}
		p, _ := bubble(t, h, core.Limits{PingInterval: core.NoLimit})
		r := p.raw(t)
		r.send(textFrame("never read").bytes(true)) // the echo finds nobody who reads
		start := time.Now()
		for len(h.Ends()) == 0 {
			time.Sleep(time.Second)
		}
		if d := time.Since(start); d < 10*time.Second || d > 11*time.Second || h.Ends()[0].Code != core.CloseAbnormal {
			t.Errorf("ended after %v with %+v, want 1006 after 10 s", d, h.Ends()[0])
		}
	})
}

func TestBubble_ControlFramesPerSecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, _ := bubble(t, &linktest.Handler{}, core.Limits{PingInterval: core.NoLimit})
		r := p.raw(t)
		for range 200 { // ten a second is fine for ever
			r.send(pong("").bytes(true))
			time.Sleep(100 * time.Millisecond)
		}
		if r.failed {
			t.Fatal("ten control frames a second were too many")
		}
		for range 21 {
			r.send(pong("").bytes(true))
		}
		if got := r.nextWithin(time.Second); got != "close:1008" {
			t.Errorf("after a burst of 21: %q, want 1008", got)
		}
		_ = r.nc.Close()
	})
}

func TestBubble_ReconnectAsksForTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan string, 10)
		h := &linktest.Handler{OnAccept: func(_ context.Context, hs core.Handshake) (core.Settings, *core.Reject) {
			seen <- strings.Join(hs.Protocols, ",")
			return core.Settings{}, nil
		}}
		p, _ := bubble(t, h, core.Limits{})
		n := byte('0')
		tr := dial(t, "ws://x", room, wstransport.Dialer(p.dial),
			wstransport.Protocols(func(context.Context) ([]string, error) { n++; return []string{"token." + string(n)}, nil }))
		tr.SetKeepAlive(true)
		synctest.Wait()
		_ = h.Sessions()[0].Close(core.CloseAuthExpired, "Token expired")
		time.Sleep(time.Second)
		synctest.Wait()
		if a, b := <-seen, <-seen; a != "token.1" || b != "token.2" {
			t.Errorf("tokens = %q, %q, want a new one for each attempt", a, b)
		}
	})
}

func TestBubble_DialTimeoutDuringHandshake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := dial(t, "wss://x", room, wstransport.Dialer(func(context.Context, string, string) (net.Conn, error) {
			a, b := net.Pipe()
			t.Cleanup(func() { _ = b.Close() })
			go func() { // reads, and never answers
				buf := make([]byte, 1024)
				for {
					if _, err := b.Read(buf); err != nil {
						return
					}
				}
			}()
			return a, nil
		}))
		start := time.Now()
		err := tr.Connect(t.Context())
		if core.CodeOf(err) != core.CodeUnreachable || time.Since(start) != 15*time.Second {
			t.Errorf("Connect() error = %v after %v, want unreachable after 15 s", err, time.Since(start))
		}
	})
}
