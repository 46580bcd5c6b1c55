package wstransport_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/linktest"
	"github.com/millrace/millrace/transports/wstransport"
)

// A request that is no upgrade does not keep a goroutine until its body came.
func TestHandler_RefusedWithoutBody(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, &linktest.Handler{}, wstransport.Limits(core.Limits{AssemblyTime: 50 * time.Millisecond}))
	tests := []struct{ name, request, status string }{
		{"path", "POST /elsewhere HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n", "404"},
		{"no-upgrade", "POST " + objectPath + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "426"},
		{"upgrade", handshake(objectPath, "Content-Length: 10"), "400"},
	}
	for _, tt := range tests {
		nc, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_ = nc.SetDeadline(time.Now().Add(5 * time.Second))
		fmt.Fprint(nc, tt.request)
		b, err := io.ReadAll(nc) // the body never comes
		if err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 "+tt.status+" ") {
			t.Errorf("%s: answer = %q, %v, want %s and the end", tt.name, b, err, tt.status)
		}
		_ = nc.Close()
	}
}

// Without a limit, lengths that cannot be added up are still refused.
func TestHandler_LengthsOverflow(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{core.NoLimit, 100} {
		r := serverPeer(t, core.Limits{MessageBytes: limit})
		r.send(frame{op: ws.OpText, more: true, payload: "one"}.bytes(true))
		r.send(frame{op: ws.OpContinuation, length: "\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"}.bytes(true))
		if got := r.next(); got != "close:1009" {
			t.Errorf("limit %d: got %q, want close:1009", limit, got)
		}
	}
}

// T-21: a handler that fails to take a session costs its client the connection and
// nobody else anything.
func TestHandler_OpenedPanics(t *testing.T) {
	t.Parallel()
	ended := make(chan core.CloseInfo, 1)
	url, wh := serve(t, &linktest.Handler{
		OnOpened: func(core.Session) { panic(http.ErrAbortHandler) },
		OnClosed: func(_ core.Session, c core.CloseInfo) { ended <- c },
	})
	nc, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprint(nc, handshake(objectPath))
	if b, err := io.ReadAll(nc); err != nil || len(b) != 0 {
		t.Errorf("the client read %q, %v, want the end", b, err)
	}
	if c := <-ended; c.Code != core.CloseAbnormal {
		t.Errorf("Closed was called with %+v", c)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := wh.Shutdown(ctx); err != nil || wh.Sessions() != 0 {
		t.Errorf("Shutdown() error = %v, %d sessions left", err, wh.Sessions())
	}
}
