package link_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/link"
	"github.com/millrace/millrace/internal/linktest"
	"github.com/millrace/millrace/transports/memtransport"
)

func TestClient_Close(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{}
		p := newPair(t, h, core.Limits{})
		p.SetKeepAlive(true)
		mustSend(t, p, "last words")
		if err := p.Close(core.CloseGoingAway, "bye"); err != nil {
			t.Errorf("Close() error = %v", err)
		}
		synctest.Wait()
		if e := h.Ends(); len(e) != 1 || e[0].Code != core.CloseGoingAway || e[0].Reason != "bye" || !e[0].Clean || h.Messages() != 1 {
			t.Errorf("the server saw %+v and %d messages", e, h.Messages())
		}
		if n := len(p.losses()); n != 0 {
			t.Errorf("the close handler was called %d times for Close", n)
		}
		if err := p.Close(core.CloseNormal, ""); err != nil {
			t.Errorf("second Close() error = %v", err)
		}
		if err := p.Connect(t.Context()); core.CodeOf(err) != core.CodeClosed {
			t.Errorf("Connect() after Close: error = %v", err)
		}
		if _, err := p.Send(t.Context(), text("x")); core.CodeOf(err) != core.CodeClosed {
			t.Errorf("Send() after Close: error = %v", err)
		}
		p.SetKeepAlive(false)
		p.SetKeepAlive(true)
		time.Sleep(time.Hour)
		if n := p.l.Sessions(); n != 0 {
			t.Errorf("%d sessions after Close", n)
		}
	})
}

func TestClient_CloseUnsendableCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{}
		p := newPair(t, h, core.Limits{})
		mustConnect(t, p)
		_ = p.Close(core.CloseAbnormal, "")
		synctest.Wait()
		if e := h.Ends(); len(e) != 1 || e[0].Code != core.CloseNormal {
			t.Errorf("the server saw %+v, want 1000", e)
		}
	})
}

func TestClient_CloseWithoutAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := newScript()
		c, _ := newScripted(core.Limits{}, conn)
		if err := c.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		done := make(chan struct{})
		go func() { _ = c.Close(core.CloseNormal, ""); close(done) }()
		_ = c.Close(core.CloseNormal, "") // both wait
		<-done
		if d := time.Since(start); d != 5*time.Second {
			t.Errorf("Close() took %v, want the close timeout of 5 s", d)
		}
	})
}

func TestClient_CloseInsideHandlers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		set  func(p *pair, close func())
	}{
		{"message", func(p *pair, close func()) { p.SetMessageHandler(func(core.Message) bool { close(); return true }) }},
		{"open", func(p *pair, close func()) { p.SetOpenHandler(func(bool) { close() }) }},
		{"close", func(p *pair, close func()) {
			p.SetCloseHandler(func(core.CloseInfo) bool { close(); return true })
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t, &linktest.Handler{}, core.Limits{})
				closed := make(chan struct{})
				tt.set(p, func() { _ = p.Close(core.CloseNormal, ""); close(closed) })
				p.SetKeepAlive(true)
				_, _ = p.Send(t.Context(), text("x"))
				synctest.Wait()
				p.l.Drop(core.CloseGoingAway, "")
				select {
				case <-closed:
				case <-time.After(time.Minute):
					t.Fatal("Close inside the handler did not return")
				}
				time.Sleep(time.Hour)
				if n := len(p.opened()); n > 1 {
					t.Errorf("opened %d times", n)
				}
			})
		})
	}
}

func TestClient_NoHandlerAfterClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := newScript()
		c, _ := newScripted(core.Limits{}, conn)
		var calls int
		c.SetMessageHandler(func(core.Message) bool { calls++; return false })
		if err := c.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		conn.events <- link.Event{Kind: link.Data, Message: text("a")}
		synctest.Wait()
		go func() {
			for range 5 {
				conn.events <- link.Event{Kind: link.Data, Message: text("late")}
			}
			conn.events <- link.Event{Kind: link.Close, Code: core.CloseNormal}
		}()
		_ = c.Close(core.CloseNormal, "")
		synctest.Wait()
		if calls != 1 {
			t.Errorf("the handler was called %d times, want once", calls)
		}
	})
}

func TestClient_PeerClose(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		event     any
		want      core.CloseCode
		clean     bool
		echo      string
		discarded bool
	}{
		{"code", link.Event{Kind: link.Close, Code: 4401, Reason: "Token expired"}, 4401, true, "c\x11\x31;", false},
		{"no-code", link.Event{Kind: link.Close, Code: core.CloseNoStatus}, core.CloseNoStatus, true, "c\x03\xed;", false},
		{"violation", link.Violate(core.CloseProtocolError, "bad"), core.CloseProtocolError, false, "c\x03\xeabad;", true},
		{"end", io.EOF, core.CloseAbnormal, false, "", false},
		{"error", errBroken, core.CloseAbnormal, false, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				conn := newScript()
				c, losses := newScripted(core.Limits{}, conn)
				if err := c.Connect(t.Context()); err != nil {
					t.Fatal(err)
				}
				conn.events <- tt.event
				info := <-losses
				if info.Code != tt.want || info.Clean != tt.clean || conn.written() != tt.echo || conn.discarded != tt.discarded {
					t.Errorf("loss = %+v, answered %q, discarded %v", info, conn.written(), conn.discarded)
				}
				if err, ok := tt.event.(error); ok && err != io.EOF && !errors.Is(err, info.Err) {
					t.Errorf("Err = %v, want that of %v", info.Err, err)
				}
				_ = c.Close(core.CloseNormal, "")
			})
		})
	}
}

func TestClient_SendWaitsForCloseHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, &linktest.Handler{}, core.Limits{})
		release := make(chan struct{})
		p.SetCloseHandler(func(core.CloseInfo) bool { <-release; return true })
		mustConnect(t, p)
		p.l.Drop(core.CloseGoingAway, "")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.Send(ctx, text("x")); core.CodeOf(err) != core.CodeTimeout {
			t.Errorf("Send() error = %v, want timeout while the close handler runs", err)
		}
		p.SetKeepAlive(true) // takes effect when the handler has returned
		close(release)
		time.Sleep(time.Second)
		synctest.Wait()
		if n := p.l.Sessions(); n != 1 {
			t.Errorf("%d sessions, want 1", n)
		}
	})
}

func TestClient_CloseAtAnyTime(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Duration{0, time.Millisecond, 500 * time.Millisecond, time.Second, 1500 * time.Millisecond, 3 * time.Second, 10 * time.Second} {
		t.Run(at.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := &linktest.Handler{OnAccept: func(context.Context, core.Handshake) (core.Settings, *core.Reject) {
					time.Sleep(700 * time.Millisecond)
					return core.Settings{}, nil
				}}
				p := newPair(t, h, core.Limits{})
				p.SetKeepAlive(true)
				var wg sync.WaitGroup
				stop := make(chan struct{})
				for range 4 {
					wg.Go(func() {
						for {
							_, err := p.Send(t.Context(), text("x"))
							if core.CodeOf(err) == core.CodeClosed {
								return
							}
							select {
							case <-stop:
								return
							case <-time.After(100 * time.Millisecond):
							}
						}
					})
				}
				wg.Go(func() {
					for range 10 {
						select {
						case <-stop:
							return
						case <-time.After(300 * time.Millisecond):
							p.l.Drop(core.CloseAbnormal, "")
						}
					}
				})
				time.Sleep(at)
				start := time.Now()
				_ = p.Close(core.CloseNormal, "")
				if d := time.Since(start); d > 5*time.Second {
					t.Errorf("Close() took %v", d)
				}
				close(stop)
				wg.Wait()
			})
		})
	}
}

func TestClient_ManyLives(t *testing.T) {
	t.Parallel()
	l, err := memtransport.NewListener(&linktest.Handler{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		tr, err := l.Transport(room)
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan string, 1)
		tr.SetMessageHandler(func(m core.Message) bool { got <- string(m.Data); return true })
		if _, err := tr.Send(t.Context(), text(fmt.Sprint(i))); err != nil {
			t.Fatalf("life %d: Send() error = %v", i, err)
		}
		if s := <-got; s != fmt.Sprint(i) {
			t.Fatalf("life %d: echo %q", i, s)
		}
		if err := tr.Close(core.CloseNormal, ""); err != nil {
			t.Fatalf("life %d: Close() error = %v", i, err)
		}
	}
	if err := l.Close(t.Context()); err != nil {
		t.Errorf("Close() error = %v", err)
	}
}

func TestHub_ShutdownDrains(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{OnMessage: func(s core.Session, m core.Message) {
			s.HandOff()
			time.Sleep(3 * time.Second)
			_ = s.Send(m)
		}}
		p := newPair(t, h, core.Limits{})
		idle := newClient(t, p.l, core.Limits{})
		mustConnect(t, idle)
		mustSend(t, p, "call")
		synctest.Wait()
		closed := make(chan error, 1)
		start := time.Now()
		go func() { closed <- p.l.Close(t.Context()) }()
		synctest.Wait()
		if l := idle.losses(); len(l) != 1 || l[0].Code != core.CloseGoingAway {
			t.Errorf("the idle client saw %+v, want 1001 at once", l)
		}
		mustSend(t, p, "too late")
		if err := newClient(t, p.l, core.Limits{}).Connect(t.Context()); core.CodeOf(err) != core.CodeUnreachable || !strings.Contains(err.Error(), "503") {
			t.Errorf("Connect() during the drain: error = %v, want 503", err)
		}
		if err := <-closed; err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("Close() error = %v after %v, want nil after the running call", err, time.Since(start))
		}
		synctest.Wait()
		if got, l := p.received(), p.losses(); !slices.Equal(got, []string{"call"}) || len(l) != 1 || l[0].Code != core.CloseGoingAway || h.Messages() != 1 {
			t.Errorf("the busy client received %v and saw %+v; the handler saw %d messages", got, l, h.Messages())
		}
	})
}

func TestHub_ShutdownCutsOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h := &linktest.Handler{OnMessage: func(s core.Session, _ core.Message) {
			<-release
			s.HandOff() // after the shutdown: the caller reads on
		}}
		p := newPair(t, h, core.Limits{})
		mustSend(t, p, "call")
		synctest.Wait()
		start := time.Now()
		err := p.l.Close(t.Context())
		if core.CodeOf(err) != core.CodeTimeout || time.Since(start) != 10*time.Second {
			t.Errorf("Close() error = %v after %v, want a timeout after the grace of 10 s", err, time.Since(start))
		}
		close(release)
		synctest.Wait()
		if e := h.Ends(); len(e) != 1 {
			t.Errorf("Closed was called %d times", len(e))
		}
	})
}

func TestHub_Connections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, &linktest.Handler{}, core.Limits{Connections: 2})
		second, third := newClient(t, p.l, core.Limits{}), newClient(t, p.l, core.Limits{})
		mustConnect(t, p)
		mustConnect(t, second)
		if err := third.Connect(t.Context()); err == nil || !strings.Contains(err.Error(), "503: too many connections") {
			t.Errorf("third Connect() error = %v", err)
		}
		_ = second.Close(core.CloseNormal, "")
		synctest.Wait()
		mustConnect(t, third)
	})
}

func TestHub_AcceptPanics(t *testing.T) {
	t.Parallel()
	h := &linktest.Handler{OnAccept: func(context.Context, core.Handshake) (core.Settings, *core.Reject) { panic("authorizer") }}
	hub, err := link.NewHub(h, link.HubConfig{Limits: core.Limits{Connections: 1}})
	if err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }() // as net/http does
		_, _ = hub.Accept(t.Context(), core.Handshake{})
	}()
	h.OnAccept = nil
	ticket, reject := hub.Accept(t.Context(), core.Handshake{})
	if reject != nil {
		t.Fatalf("the place of the panicked handshake is lost: %+v", reject)
	}
	ticket.Cancel()
	if err := hub.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown() error = %v", err)
	}
}

func TestHub_TicketCancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{OnAccept: func(context.Context, core.Handshake) (core.Settings, *core.Reject) {
			return core.Settings{Subprotocol: "x", Limits: core.Limits{MessageBytes: 5, Fragments: 7}}, nil
		}}
		hub, err := link.NewHub(h, link.HubConfig{Limits: core.Limits{Connections: 1, Fragments: 9}})
		if err != nil {
			t.Fatal(err)
		}
		a, reject := hub.Accept(t.Context(), core.Handshake{})
		if reject != nil {
			t.Fatal(reject)
		}
		if l := a.Limits(); l.MessageBytes != 5 || l.Fragments != 9 || l.PingInterval != 25*time.Second || a.Settings().Subprotocol != "x" {
			t.Errorf("limits of the ticket = %+v", l)
		}
		a.Cancel()
		a.Cancel()
		b, reject := hub.Accept(t.Context(), core.Handshake{})
		if reject != nil {
			t.Fatalf("after Cancel: %+v", reject)
		}
		done := make(chan error, 1)
		go func() { done <- hub.Shutdown(t.Context()) }()
		synctest.Wait()
		b.Open(newScript(), nil) // accepted before the drain began: closed at once
		if err := <-done; err != nil {
			t.Errorf("Shutdown() error = %v", err)
		}
		if o := h.Sessions(); len(o) != 1 || len(h.Ends()) != 1 || h.Ends()[0].Code != core.CloseGoingAway {
			t.Errorf("opened %d, ended %+v", len(o), h.Ends())
		}
	})
}

func TestHub_OpenAfterShutdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{}
		hub, _ := link.NewHub(h, link.HubConfig{})
		ticket, _ := hub.Accept(t.Context(), core.Handshake{})
		if err := hub.Shutdown(t.Context()); core.CodeOf(err) != core.CodeTimeout {
			t.Errorf("Shutdown() with an open ticket: error = %v", err)
		}
		conn := newScript()
		ticket.Open(conn, nil)
		select {
		case <-conn.closed:
		default:
			t.Error("the connection is open after the shutdown")
		}
		if len(h.Sessions()) != 0 || len(h.Ends()) != 0 || hub.Sessions() != 0 {
			t.Errorf("opened %d, closed %d, left %d", len(h.Sessions()), len(h.Ends()), hub.Sessions())
		}
	})
}

func TestSession_Close(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{}
		p := newPair(t, h, core.Limits{})
		mustConnect(t, p)
		synctest.Wait()
		s := h.Sessions()[0]
		for range 3 {
			if err := s.Send(text("before")); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(4401, strings.Repeat("é", 100)); err != nil {
			t.Errorf("Close() error = %v", err)
		}
		if err := s.Close(1000, ""); err != nil {
			t.Errorf("second Close() error = %v", err)
		}
		if err := s.Send(text("after")); core.CodeOf(err) != core.CodeClosed {
			t.Errorf("Send() after Close: error = %v", err)
		}
		synctest.Wait()
		if got := p.received(); len(got) != 3 {
			t.Errorf("received %v, want what was queued before Close", got)
		}
		l := p.losses()
		if len(l) != 1 || l[0].Code != 4401 || l[0].Reason != strings.Repeat("é", 61) || !l[0].Clean {
			t.Errorf("loss = %+v, want 4401 and a reason cut on a rune border", l)
		}
		if e := h.Ends(); len(e) != 1 || e[0].Code != 4401 || !e[0].Clean {
			t.Errorf("the server's own view = %+v", e)
		}
		mustConnect(t, p)
		synctest.Wait()
		_ = h.Sessions()[1].Close(1006, "")
		synctest.Wait()
		if l := p.losses(); l[1].Code != core.CloseNormal {
			t.Errorf("loss = %+v, want 1000 instead of a code that may not travel", l[1])
		}
	})
}

func TestSession_OpenedBeforeMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var order []string
		h := &linktest.Handler{
			OnOpened:  func(core.Session) { time.Sleep(time.Second); order = append(order, "opened") },
			OnMessage: func(core.Session, core.Message) { order = append(order, "message") },
			OnClosed:  func(core.Session, core.CloseInfo) { order = append(order, "closed") },
		}
		p := newPair(t, h, core.Limits{})
		mustSend(t, p, "x")
		_ = p.Close(core.CloseNormal, "")
		synctest.Wait()
		time.Sleep(2 * time.Second)
		if !slices.Equal(order, []string{"opened", "message", "closed"}) {
			t.Errorf("order = %v", order)
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	err := link.Refused("x", 418, strings.Repeat("t", 5000), time.Second)
	if n := len(err.Error()); n > 1100 || core.CodeOf(err) != core.CodeUnreachable {
		t.Errorf("refusal of %d bytes, code %s", n, core.CodeOf(err))
	}
	if fe, ok := errors.AsType[*core.Error](err); !ok || fe.Origin == 0 {
		t.Errorf("the refusal is not marked as remote: %+v", fe)
	}
	if got := link.Refused("x", 401, "", 0).Error(); got != "x: connect: refused with status 401" {
		t.Errorf("Error() = %q", got)
	}
}

// dyingDialer connects, and the connection is already over.
type dyingDialer struct{ dials atomic.Int32 }

func (d *dyingDialer) Dial(context.Context, string) (link.Conn, string, error) {
	d.dials.Add(1)
	conn := newScript()
	conn.events <- io.EOF
	return conn, "", nil
}

func TestClient_PeerThatClosesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &dyingDialer{}
		c, err := link.NewClient(link.ClientConfig{Info: core.TransportInfo{Name: "x"}, Dialer: d})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Connect(t.Context()); err != nil || d.dials.Load() != 1 {
			t.Errorf("Connect() error = %v after %d attempts, want nil after one", err, d.dials.Load())
		}
		synctest.Wait()
		d.dials.Store(0)
		_, err = c.Send(t.Context(), text("x"))
		if n := d.dials.Load(); n > 3 || err != nil && core.CodeOf(err) != core.CodeUnreachable {
			t.Errorf("Send() error = %v after %d attempts, want at most 3", err, n)
		}
		_ = c.Close(core.CloseNormal, "")
	})
}
