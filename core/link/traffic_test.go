package link_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/link"
	"github.com/millrace/millrace/internal/linktest"
)

func TestClient_WrittenAtEveryOffset(t *testing.T) {
	t.Parallel()
	const messages, frame = 4, 5 // "mabc;"
	for take := range messages*frame + 1 {
		t.Run(fmt.Sprint(take), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				first := newScript()
				first.take = take
				second := newScript()
				c, losses := newScripted(core.Limits{}, first, second)
				last := uint64(0)
				for i := range messages {
					if seq, err := c.Send(t.Context(), text("abc")); err != nil || seq != uint64(i+1) {
						t.Fatalf("Send() = %d, %v", seq, err)
					}
					last++      // on this connection, or on the next when this one has failed by now
					if i == 1 { // two writes or more
						synctest.Wait()
						if take < 2*frame {
							break
						}
					}
				}
				synctest.Wait()
				if take == messages*frame {
					first.events <- errBroken
				}
				info := <-losses
				want := uint64((take + frame - 1) / frame)
				if info.Written != want || info.Code != core.CloseAbnormal || !errors.Is(info.Err, errBroken) || info.Queued < info.Written {
					t.Errorf("after %d bytes: %+v, want written %d", take, info, want)
				}
				synctest.Wait()
				seq, err := c.Send(t.Context(), text("next"))
				if err != nil || seq != last+1 || info.Queued > last {
					t.Errorf("Send() on the next connection = %d, %v, want %d after %+v", seq, err, last+1, info)
				}
				synctest.Wait()
				second.events <- errBroken
				if again := <-losses; again.Written != seq || again.Queued != seq {
					t.Errorf("second loss = %+v, want all written up to %d", again, seq)
				}
				_ = c.Close(core.CloseNormal, "")
			})
		})
	}
}

func TestClient_WrittenCarriesOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, second := newScript(), newScript()
		second.take = 0
		c, losses := newScripted(core.Limits{}, first, second)
		_, _ = c.Send(t.Context(), text("a"))
		synctest.Wait()
		first.events <- errBroken
		<-losses
		synctest.Wait()
		if _, err := c.Send(t.Context(), text("b")); err != nil {
			t.Fatal(err)
		}
		if info := <-losses; info.Written != 1 || info.Queued != 2 {
			t.Errorf("loss = %+v, want written 1, queued 2", info)
		}
		_ = c.Close(core.CloseNormal, "")
	})
}

func TestClient_Coalescing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := &tryConn{scriptConn: newScript(), room: 3}
		c, _ := newScripted(core.Limits{}, conn)
		var want strings.Builder
		for i := range 100 {
			if _, err := c.Send(t.Context(), text(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&want, "m%d;", i)
		}
		synctest.Wait()
		if got := conn.written(); got != want.String() {
			t.Errorf("wrote %q, want %q", got, want.String())
		}
		if conn.writes > 50 {
			t.Errorf("100 messages took %d writes", conn.writes)
		}
		_ = c.Close(core.CloseNormal, "")
	})
}

func TestClient_LargeAndSmall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, &linktest.Handler{}, core.Limits{QueueBytes: 4 << 20})
		var want []string
		for _, n := range []int{1, 70_000, 3, 200_000, 1 << 20, 0, 5} {
			s := strings.Repeat("x", n)
			want = append(want, s)
			mustSend(t, p, s)
		}
		synctest.Wait()
		if got := p.received(); !slices.Equal(got, want) {
			t.Errorf("echoes differ: got %d", len(got))
		}
	})
}

func TestClient_PushBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h := &linktest.Handler{OnMessage: func(core.Session, core.Message) { <-release }}
		p := newPair(t, h, core.Limits{QueueMessages: 2, PingInterval: core.NoLimit, WriteTimeout: core.NoLimit})
		mustConnect(t, p)
		big := core.Message{Data: make([]byte, 40<<10)}
		sent := 0
		var err error
		for err == nil && sent < 100 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err = p.Send(ctx, big)
			cancel()
			sent++
		}
		if !errors.Is(err, context.DeadlineExceeded) || sent > 10 {
			t.Fatalf("after %d messages nobody reads: Send() error = %v, want its deadline", sent, err)
		}
		done := make(chan error, 1)
		go func() {
			_, err := p.Send(t.Context(), big)
			done <- err
		}()
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("Send() returned %v without room", err)
		default:
		}
		close(release)
		if err := <-done; err != nil {
			t.Errorf("Send() error = %v after room came", err)
		}
	})
}

func TestClient_PushBackEndsWithConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stuck, next := newScript(), newScript()
		stuck.block = true
		c, losses := newScripted(core.Limits{QueueMessages: 1}, stuck, next)
		if _, err := c.Send(t.Context(), text("a")); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		seq, err := c.Send(t.Context(), text("b")) // waits until the write deadline ends the first connection
		if err != nil || seq != 2 || time.Since(start) != 10*time.Second {
			t.Errorf("Send() = %d, %v after %v, want 2 after 10 s on the next connection", seq, err, time.Since(start))
		}
		if info := <-losses; info.Written != 0 || info.Queued != 1 || !errors.Is(info.Err, context.DeadlineExceeded) {
			t.Errorf("loss = %+v", info)
		}
		synctest.Wait()
		if got := next.written(); got != "mb;" {
			t.Errorf("the next connection carried %q", got)
		}
		_ = c.Close(core.CloseNormal, "")
	})
}

func TestClient_TooBigToSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, &linktest.Handler{}, core.Limits{MessageBytes: 10})
		_, err := p.Send(t.Context(), text("12345678901"))
		if core.CodeOf(err) != core.CodeLimit || !strings.Contains(err.Error(), "11 > 10 (setting: MessageBytes)") {
			t.Errorf("Send() error = %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := p.Send(ctx, text("x")); !errors.Is(err, context.Canceled) || core.CodeOf(err) != core.CodeCanceled {
			t.Errorf("Send() with an ended context: error = %v", err)
		}
	})
}

func TestSession_SlowConsumer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{}
		p := newPair(t, h, core.Limits{})
		stuck := make(chan struct{})
		p.SetMessageHandler(func(core.Message) bool { <-stuck; return true })
		mustConnect(t, p)
		synctest.Wait()
		other := newClient(t, p.l, core.Limits{})
		mustConnect(t, other)
		synctest.Wait()
		s := h.Sessions()
		slow, quick := s[0], s[1]
		var err error
		n := 0
		for ; err == nil && n < 3000; n++ {
			err = slow.Send(text(strings.Repeat("x", 1000)))
			if e := quick.Send(text("y")); e != nil {
				t.Fatalf("the other client suffered: %v", e)
			}
			if n%100 == 0 {
				synctest.Wait()
			}
		}
		if core.CodeOf(err) != core.CodeLimit || n < 1000 || n > 1200 {
			t.Errorf("Send() %d error = %v, want the queue's limit after some 1,100", n, err)
		}
		if err := slow.Send(text("z")); core.CodeOf(err) != core.CodeClosed {
			t.Errorf("Send() afterwards: error = %v, want closed", err)
		}
		time.Sleep(6 * time.Second) // the close timeout
		if ends := h.Ends(); len(ends) != 1 || ends[0].Code != core.CloseSlowConsumer {
			t.Errorf("ends = %+v, want 4408", ends)
		}
		if got := len(other.received()); got != n {
			t.Errorf("the other client got %d of %d", got, n)
		}
		close(stuck)
	})
}

func TestSession_SlowConsumerIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{}
		p := newPair(t, h, core.Limits{QueueMessages: 3, QueueBytes: core.NoLimit})
		gate := make(chan struct{})
		p.SetMessageHandler(func(core.Message) bool { <-gate; return true })
		mustConnect(t, p)
		synctest.Wait()
		s := h.Sessions()[0]
		for s.Send(core.Message{Data: make([]byte, 50_000)}) == nil {
			synctest.Wait()
		}
		close(gate) // the client reads again, in time for the close frame
		synctest.Wait()
		if l := p.losses(); len(l) != 1 || l[0].Code != core.CloseSlowConsumer || !l[0].Clean {
			t.Errorf("losses = %+v, want a clean 4408", l)
		}
	})
}

func TestSession_WriteTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{}
		p := newPair(t, h, core.Limits{PingInterval: core.NoLimit})
		gate := make(chan struct{})
		p.SetMessageHandler(func(core.Message) bool { <-gate; return true })
		mustConnect(t, p)
		synctest.Wait()
		start := time.Now()
		for range 4 { // more than the pipe holds
			if err := h.Sessions()[0].Send(core.Message{Data: make([]byte, 50_000)}); err != nil {
				t.Fatal(err)
			}
		}
		for len(h.Ends()) == 0 {
			time.Sleep(time.Second)
		}
		if d := time.Since(start); d < 10*time.Second || d > 11*time.Second || h.Ends()[0].Code != core.CloseAbnormal {
			t.Errorf("ended after %v with %+v, want 1006 after 10 s", d, h.Ends()[0])
		}
		close(gate)
	})
}

func TestSession_SendAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{}
		p := newPair(t, h, core.Limits{})
		clients := []*pair{p}
		for range 9 {
			clients = append(clients, newClient(t, p.l, core.Limits{}))
		}
		for _, c := range clients {
			mustConnect(t, c)
			synctest.Wait() // sessions open in this order
		}
		sessions := h.Sessions()
		_ = sessions[3].Close(core.CloseNormal, "")
		b := sessions[0].(core.Broadcaster)
		other := newPair(t, h, core.Limits{}) // a session of another listener gets its own frame
		mustConnect(t, other)
		synctest.Wait()
		sessions = h.Sessions()
		small, large := "hello", strings.Repeat("x", 100_000)
		for _, s := range []string{small, large} {
			for i, err := range b.SendAll(sessions, text(s)) {
				if want := i == 3; (err != nil) != want {
					t.Errorf("SendAll()[%d] = %v", i, err)
				}
			}
		}
		synctest.Wait()
		for i, c := range append(clients, other) {
			want := []string{small, large}
			if i == 3 {
				want = nil
			}
			if got := c.received(); !slices.Equal(got, want) {
				t.Errorf("client %d received %d messages, want %d", i, len(got), len(want))
			}
		}
		if errs := b.SendAll(nil, text("x")); len(errs) != 0 {
			t.Errorf("SendAll(nil) = %v", errs)
		}
		for _, err := range b.SendAll(sessions, core.Message{Data: make([]byte, 1<<20+1)}) {
			if core.CodeOf(err) != core.CodeLimit {
				t.Errorf("SendAll() of too much: error = %v", err)
			}
		}
		if err := sessions[0].Send(core.Message{Data: make([]byte, 1<<20+1)}); core.CodeOf(err) != core.CodeLimit {
			t.Errorf("Send() of too much: error = %v", err)
		}
	})
}

func TestHeartbeat_ServerGivesUpOnSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{}
		hub, err := link.NewHub(h, link.HubConfig{})
		if err != nil {
			t.Fatal(err)
		}
		conn := newScript()
		ticket, _ := hub.Accept(t.Context(), core.Handshake{})
		ticket.Open(conn, nil)
		start := time.Now()
		for i := range 3 { // signs of life of three kinds
			time.Sleep(26 * time.Second)
			conn.events <- []any{link.Event{Kind: link.Pong}, link.Event{Kind: link.Data, Message: text("x")}, link.Event{Kind: link.Ping, Payload: []byte("q")}}[i]
		}
		synctest.Wait()
		if n := strings.Count(conn.written(), "p;"); n != 3 {
			t.Errorf("%d pings in 78 s: %q", n, conn.written())
		}
		if !strings.Contains(conn.written(), "oq;") {
			t.Errorf("the ping was not answered: %q", conn.written())
		}
		for len(h.Ends()) == 0 {
			time.Sleep(time.Second)
		}
		// Silent since 78 s; the next ping is at 100 s.
		if d := time.Since(start); d < 110*time.Second || d > 111*time.Second {
			t.Errorf("given up after %v, want 110 s", d)
		}
		if e := h.Ends()[0]; e.Code != core.CloseAbnormal || core.CodeOf(e.Err) != core.CodeTimeout || strings.Contains(conn.written(), "c") {
			t.Errorf("ended with %+v after writing %q, want 1006 and no close frame", e, conn.written())
		}
		_ = hub.Shutdown(t.Context())
	})
}

func TestHeartbeat_PausesDuringBackPressure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h := &linktest.Handler{OnMessage: func(core.Session, core.Message) { <-release }}
		p := newPair(t, h, core.Limits{})
		mustSend(t, p, "x")
		time.Sleep(10 * time.Minute)
		if n := len(h.Ends()); n != 0 {
			t.Errorf("given up while the handler held the reader")
		}
		close(release)
		time.Sleep(10 * time.Minute)
		if n := len(h.Ends()); n != 0 {
			t.Errorf("given up afterwards")
		}
	})
}

func TestHeartbeat_Client(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		silent, alive := newScript(), newScript()
		c, losses := newScripted(core.Limits{}, silent, alive)
		if err := c.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := silent.written(); got != "" {
			t.Errorf("without keep-alive the client wrote %q", got)
		}
		start := time.Now()
		c.SetKeepAlive(true) // on an open connection
		info := <-losses
		if d := time.Since(start); d != 35*time.Second || info.Code != core.CloseAbnormal || core.CodeOf(info.Err) != core.CodeTimeout {
			t.Errorf("given up after %v with %+v, want 35 s", d, info)
		}
		time.Sleep(2 * time.Second)
		c.SetKeepAlive(false)
		time.Sleep(time.Hour)
		if got := alive.written(); got != "" {
			t.Errorf("after keep-alive was switched off the client wrote %q", got)
		}
		_ = c.Close(core.CloseNormal, "")
	})
}

func TestHeartbeat_LongLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, &linktest.Handler{}, core.Limits{})
		p.SetKeepAlive(true)
		time.Sleep(24 * time.Hour)
		if n := len(p.losses()); n != 0 || len(p.opened()) != 1 {
			t.Errorf("an idle connection was lost %d times in a day", n)
		}
	})
}

func TestPong_OnlyTheNewestWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := newScript()
		conn.block = true
		hub, _ := link.NewHub(&linktest.Handler{}, link.HubConfig{Limits: core.Limits{PingInterval: core.NoLimit}})
		ticket, _ := hub.Accept(t.Context(), core.Handshake{})
		ticket.Open(conn, nil)
		for i := range 50 {
			conn.events <- link.Event{Kind: link.Ping, Payload: fmt.Append(nil, i)}
		}
		synctest.Wait()
		conn.mu.Lock()
		got := bytes.Count(conn.wrote, []byte("o"))
		conn.mu.Unlock()
		if got > 2 {
			t.Errorf("%d pongs were written to a peer that does not read", got)
		}
		_ = conn.Close()
		synctest.Wait()
		_ = hub.Shutdown(t.Context())
	})
}

func TestSession_HandOffOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 500
		var mu sync.Mutex
		var begun []string
		var inside, most int
		release := make(chan struct{})
		h := &linktest.Handler{OnMessage: func(s core.Session, m core.Message) {
			mu.Lock()
			begun = append(begun, string(m.Data))
			inside++
			most = max(most, inside)
			mu.Unlock()
			s.HandOff()
			<-release
			mu.Lock()
			inside--
			mu.Unlock()
			_ = s.Send(m)
		}}
		p := newPair(t, h, core.Limits{QueueMessages: core.NoLimit})
		var want []string
		for i := range n {
			want = append(want, fmt.Sprint(i))
			mustSend(t, p, want[i])
		}
		synctest.Wait()
		mu.Lock()
		if !slices.Equal(begun, want) || most != n {
			t.Errorf("%d calls began, %d at once, in order: %v", len(begun), most, slices.Equal(begun, want))
		}
		mu.Unlock()
		close(release)
		synctest.Wait()
		got := p.received()
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%d answers, want %d different ones", len(got), n)
		}
	})
}

func TestSession_AutoResponse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{OnAccept: func(context.Context, core.Handshake) (core.Settings, *core.Reject) {
			return core.Settings{AutoResponse: &core.AutoResponse{Request: "ping", Response: "pong"}, Value: 42}, nil
		}}
		p := newPair(t, h, core.Limits{})
		mustSend(t, p, "ping")
		mustSend(t, p, "pinging")
		if _, err := p.Send(t.Context(), core.Message{Data: []byte("ping"), Binary: true}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := p.received(); !slices.Equal(got, []string{"pong", "pinging", "ping"}) || h.Messages() != 2 {
			t.Errorf("received %v, the handler saw %d", got, h.Messages())
		}
		s := h.Sessions()[0]
		if s.Value() != 42 || s.Handshake().Target != room {
			t.Errorf("session: value %v, handshake %+v", s.Value(), s.Handshake())
		}
	})
}
