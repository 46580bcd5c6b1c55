package link_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/link"
	"github.com/millrace/millrace/internal/linktest"
)

// dialedBy is a dialer that is a function.
type dialedBy func(ctx context.Context) (link.Conn, error)

func (f dialedBy) Dial(ctx context.Context, _ string) (link.Conn, string, error) {
	conn, err := f(ctx)
	return conn, "", err
}

func newDialed(t *testing.T, f dialedBy) *link.Client {
	t.Helper()
	c, err := link.NewClient(link.ClientConfig{Info: core.TransportInfo{Name: "x"}, Dialer: f, DialTimeout: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The heartbeat may give a connection up at the moment in which a message takes
// the reader into a handler: Close must not wait for a close frame that nobody writes.
func TestClient_CloseInsideHandlerOfCutConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := newScript()
		c, _ := newScripted(core.Limits{}, conn)
		closed := make(chan struct{})
		c.SetMessageHandler(func(core.Message) bool {
			link.Cut(c)
			_ = c.Close(core.CloseNormal, "")
			close(closed)
			return true
		})
		if err := c.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		conn.events <- link.Event{Kind: link.Data, Message: text("x")}
		select {
		case <-closed:
		case <-time.After(time.Minute):
			t.Fatal("Close did not return")
		}
	})
}

func TestClient_DialerMisbehaves(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		dial dialedBy
		code core.Code
		text string
	}{
		{"panics", func(context.Context) (link.Conn, error) { panic("oh no") }, core.CodeInternal, "oh no"},
		{"returns nothing", func(context.Context) (link.Conn, error) { return nil, nil }, core.CodeInternal, "neither"},
		{"refused at the last moment", func(ctx context.Context) (link.Conn, error) {
			<-ctx.Done()
			return nil, link.Refused("x", 403, "not you", 0)
		}, core.CodeForbidden, "not you"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newDialed(t, tt.dial)
				if err := c.Connect(t.Context()); core.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.text) {
					t.Errorf("Connect() error = %v, want %s with %q", err, tt.code, tt.text)
				}
				_ = c.Close(core.CloseNormal, "")
			})
		})
	}
}

// T-16: a dialer asks functions of the user's, which may ignore their context or call Close.
func TestClient_CloseDoesNotWaitForDialerForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c *link.Client
		took := make(chan time.Duration, 1)
		c = newDialed(t, func(context.Context) (link.Conn, error) {
			start := time.Now()
			_ = c.Close(core.CloseNormal, "")
			took <- time.Since(start)
			return nil, errBroken
		})
		if err := c.Connect(t.Context()); core.CodeOf(err) != core.CodeClosed {
			t.Errorf("Connect() error = %v, want closed", err)
		}
		if d := <-took; d != 5*time.Second {
			t.Errorf("Close took %v, want CloseTimeout", d)
		}
	})
}

func TestClient_RetryAfterIsSettledByConnecting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, &linktest.Handler{}, core.Limits{})
		p.l.Refuse(&core.Reject{Status: 429, Text: "slow down", Header: map[string][]string{"Retry-After": {"600"}}})
		if err := p.Connect(t.Context()); core.CodeOf(err) != core.CodeRateLimited {
			t.Fatalf("Connect() error = %v, want rate-limited", err)
		}
		p.l.Start()
		p.SetKeepAlive(true)
		synctest.Wait()
		p.l.Drop(core.CloseGoingAway, "")
		time.Sleep(2 * time.Second)
		if n := len(p.opened()); n != 2 {
			t.Errorf("opened %d times, want again 1 s after the loss", n)
		}
	})
}

func TestTicket_OpenedPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{OnOpened: func(s core.Session) {
			_ = s.Send(text("never"))
			panic(errBroken)
		}}
		hub, _ := link.NewHub(h, link.HubConfig{})
		ticket, _ := hub.Accept(t.Context(), core.Handshake{})
		conn := newScript()
		func() {
			defer func() {
				if p := recover(); !errors.Is(p.(error), errBroken) {
					t.Errorf("recovered %v, want the handler's panic", p)
				}
			}()
			ticket.Open(conn, func() error { t.Error("the handshake was answered"); return nil })
		}()
		select {
		case <-conn.closed:
		default:
			t.Error("the connection is open")
		}
		if e := h.Ends(); len(e) != 1 || e[0].Code != core.CloseAbnormal || e[0].Written != 0 || conn.written() != "" {
			t.Errorf("Closed was called with %+v, written %q", e, conn.written())
		}
		if err := hub.Shutdown(t.Context()); err != nil || hub.Sessions() != 0 {
			t.Errorf("Shutdown() error = %v, %d sessions left", err, hub.Sessions())
		}
	})
}

func TestTicket_SessionEndsBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		end  func(s *link.Session, hub *link.Hub)
		want string // what is written
		code core.CloseCode
	}{
		{"closed", func(s *link.Session, _ *link.Hub) { _ = s.Close(core.CloseRateLimited, "no") }, "answer;ma;c\x11Mno;", core.CloseRateLimited},
		{"drained", func(_ *link.Session, hub *link.Hub) { go hub.Shutdown(context.Background()); synctest.Wait() },
			"answer;ma;c\x03\xe9the server is shutting down;", core.CloseGoingAway},
		{"cut", func(s *link.Session, _ *link.Hub) { s.Cut() }, "answer;", core.CloseAbnormal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var hub *link.Hub
				h := &linktest.Handler{OnOpened: func(s core.Session) {
					if err := s.Send(text("a")); err != nil {
						t.Errorf("Send() error = %v", err)
					}
					tt.end(s.(*link.Session), hub)
					if err := s.Send(text("b")); core.CodeOf(err) != core.CodeClosed {
						t.Errorf("Send() after the end: error = %v, want closed", err)
					}
				}}
				hub, _ = link.NewHub(h, link.HubConfig{})
				ticket, _ := hub.Accept(t.Context(), core.Handshake{})
				conn := newScript()
				ticket.Open(conn, func() error { _, err := conn.Write([]byte("answer;")); return err })
				time.Sleep(time.Minute)
				if e := h.Ends(); len(e) != 1 || e[0].Code != tt.code || conn.written() != tt.want {
					t.Errorf("ended %+v, written %q, want %d and %q", e, conn.written(), tt.code, tt.want)
				}
				if err := hub.Shutdown(t.Context()); err != nil {
					t.Errorf("Shutdown() error = %v", err)
				}
			})
		})
	}
}

// A deadline that stays behind would pass while nothing is written, and break a
// connection that writes by itself, as TLS does.
func TestClient_NoWriteDeadlineStaysBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := newScript()
		c, _ := newScripted(core.Limits{}, conn)
		if _, err := c.Send(t.Context(), text("x")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		conn.mu.Lock()
		if conn.writes != 1 || !conn.deadline.IsZero() {
			t.Errorf("after %d writes the deadline is %v", conn.writes, conn.deadline)
		}
		conn.mu.Unlock()
		_ = c.Close(core.CloseNormal, "")
	})
}
