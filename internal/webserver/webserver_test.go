package webserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLoopback(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		addr string
		want error
	}{
		{"127.0.0.1:8787", nil},
		{"[::1]:0", nil},
		{"127.0.0.1", ErrAddress},
		{":8787", ErrNotLoopback},
		{"0.0.0.0:8787", ErrNotLoopback},
		{"192.0.2.1:80", ErrNotLoopback},
	} {
		if err := Loopback(t.Context(), tt.addr); !errors.Is(err, tt.want) {
			t.Errorf("Loopback(%q) = %v, want %v", tt.addr, err, tt.want)
		}
	}
	if err := Loopback(t.Context(), "no.such.host.invalid:1"); err == nil || errors.Is(err, ErrNotLoopback) {
		t.Errorf("Loopback of an unknown name = %v", err)
	}
}

func TestListen_InUse(t *testing.T) {
	t.Parallel()
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if _, err := Listen(t.Context(), l.Addr().String()); err == nil || !strings.Contains(err.Error(), l.Addr().String()+" is in use") {
		t.Errorf("Listen on a port in use = %v", err)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want string
	}{
		{syscall.EADDRINUSE, "is in use"},
		{syscall.EACCES, "need privileges"},
		{errors.New("other"), "cannot listen on a:1: listen: other"},
	} {
		if got := describe("a:1", fmt.Errorf("listen: %w", tt.err)); !strings.Contains(got.Error(), tt.want) {
			t.Errorf("describe(%v) = %v, want %q", tt.err, got, tt.want)
		}
	}
}

func TestLocal(t *testing.T) {
	t.Parallel()
	h := Local("Own.Name:8787", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for host, want := range map[string]int{
		"127.0.0.1:8787": 204, "localhost:8787": 204, "LOCALHOST": 204, "[::1]:8787": 204, "app.localhost": 204,
		"own.name:1": 204, "own.name.:1": 204, "[::ffff:127.0.0.1]:1": 204,
		"evil.example:8787": 421, "192.0.2.1": 421, "": 421, "localhost.evil.example": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("Host %q: %d, want %d", host, w.Code, want)
		}
	}
}

// A request that runs when the server ends is answered; what does not end within the
// grace period is cut off.
func TestServer_Run(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		grace time.Duration
		ends  bool
	}{{"finishes", time.Minute, true}, {"is-cut", time.Millisecond, false}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, err := Listen(t.Context(), "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			running, release := make(chan bool), make(chan bool)
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				close(running)
				select {
				case <-release:
				case <-r.Context().Done():
				}
				w.WriteHeader(http.StatusNoContent)
			})
			told := make(chan bool, 1)
			s := New(h, core.Limits{DrainGrace: tt.grace, HeaderBytes: core.NoLimit}, slog.New(slog.DiscardHandler),
				func(context.Context) error { told <- true; return errors.New("logged") })
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- s.Run(ctx, l) }()
			status := make(chan int, 1)
			go func() {
				c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
				resp, err := c.Get("http://" + l.Addr().String())
				if err != nil {
					status <- 0
					return
				}
				_ = resp.Body.Close()
				status <- resp.StatusCode
			}()
			<-running
			cancel()
			<-told
			if tt.ends {
				close(release)
			}
			if err := <-done; err != nil {
				t.Errorf("Run: %v", err)
			}
			if got := <-status; (got == http.StatusNoContent) != tt.ends {
				t.Errorf("the running request got %d", got)
			}
		})
	}
}

func TestServer_RunBrokenListener(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if err := New(http.NotFoundHandler(), core.Limits{}, slog.New(slog.DiscardHandler)).Run(t.Context(), l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run on a closed listener = %v", err)
	}
}
