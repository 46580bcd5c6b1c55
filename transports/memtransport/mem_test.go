package memtransport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/linktest"
	"github.com/millrace/millrace/transports/memtransport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var room = core.Target{Binding: "ROOM", Instance: "1"}

// inbox collects what a transport receives.
type inbox struct {
	mu   sync.Mutex
	got  []string
	more chan struct{}
}

func newInbox(t core.Transport) *inbox {
	in := &inbox{more: make(chan struct{}, 1)}
	t.SetMessageHandler(func(m core.Message) bool {
		in.mu.Lock()
		in.got = append(in.got, string(m.Data))
		in.mu.Unlock()
		select {
		case in.more <- struct{}{}:
		default:
		}
		return true
	})
	return in
}

func (in *inbox) wait(t *testing.T, n int) []string {
	t.Helper()
	for {
		in.mu.Lock()
		got := slices.Clone(in.got)
		in.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-in.more:
		case <-time.After(5 * time.Second):
			t.Fatalf("got %d messages, want %d", len(got), n)
		}
	}
}

func newTransport(t *testing.T, h core.Handler, opts ...memtransport.Option) *memtransport.Transport {
	t.Helper()
	tr, err := memtransport.New(h, room, opts...)
	if err != nil {
		t.Fatalf("New() error = %v", err)
	}
	t.Cleanup(func() {
		if err := tr.Close(core.CloseNormal, ""); err != nil {
			t.Errorf("Close() error = %v", err)
		}
	})
	return tr
}

func TestTransport_Echo(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 125, 65535, 65536, 200_000, 1 << 20} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			tr := newTransport(t, &linktest.Handler{})
			in := newInbox(tr)
			want := bytes.Repeat([]byte("x"), n)
			for i := range 3 {
				seq, err := tr.Send(t.Context(), core.Message{Data: want})
				if err != nil || seq != uint64(i+1) {
					t.Fatalf("Send() = %d, %v, want %d", seq, err, i+1)
				}
				if got := in.wait(t, i+1); got[i] != string(want) {
					t.Fatalf("echo of %d bytes differs, got %d bytes", n, len(got[i]))
				}
			}
		})
	}
}

func TestTransport_Handshake(t *testing.T) {
	t.Parallel()
	var got core.Handshake
	h := &linktest.Handler{OnAccept: func(_ context.Context, hs core.Handshake) (core.Settings, *core.Reject) {
		got = hs
		return core.Settings{Value: "mine"}, nil
	}}
	tr := newTransport(t, h, memtransport.ClientID("user-1"),
		memtransport.Protocols(func(context.Context) ([]string, error) { return []string{"token.x"}, nil }))
	tr.SetCodec("lmz")
	if info := tr.Info(); info.Codec != "" || !info.Push || info.ClientID != "user-1" || info.Target != room || info.Name != "memory" {
		t.Errorf("Info() before Connect = %+v", info)
	}
	if err := tr.Connect(t.Context()); err != nil {
		t.Fatalf("Connect() error = %v", err)
	}
	if got.ClientID != "user-1" || got.Target != room || got.Codec != "lmz" || !slices.Equal(got.Protocols, []string{"token.x"}) || got.Transport != "memory" {
		t.Errorf("handshake = %+v", got)
	}
	if info := tr.Info(); info.Codec != "lmz" {
		t.Errorf("Info().Codec = %q, want lmz", info.Codec)
	}
}

func TestTransport_Refused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status int
		want   core.Code
	}{
		{401, core.CodeUnauthenticated}, {403, core.CodeForbidden}, {404, core.CodeUnreachable}, {429, core.CodeRateLimited}, {503, core.CodeUnreachable},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status), func(t *testing.T) {
			t.Parallel()
			tr := newTransport(t, &linktest.Handler{OnAccept: func(context.Context, core.Handshake) (core.Settings, *core.Reject) {
				return core.Settings{}, &core.Reject{Status: tt.status, Text: "no such luck"}
			}})
			err := tr.Connect(t.Context())
			if core.CodeOf(err) != tt.want || !bytes.Contains([]byte(err.Error()), []byte("no such luck")) {
				t.Errorf("Connect() error = %v (%s), want code %s with the text", err, core.CodeOf(err), tt.want)
			}
		})
	}
}

func TestListener_StopAndStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, err := memtransport.NewListener(&linktest.Handler{})
		if err != nil {
			t.Fatal(err)
		}
		tr, err := l.Transport(room)
		if err != nil {
			t.Fatal(err)
		}
		var opened []time.Duration
		var closed []core.CloseCode
		start := time.Now()
		tr.SetOpenHandler(func(bool) { opened = append(opened, time.Since(start)) })
		tr.SetCloseHandler(func(c core.CloseInfo) bool { closed = append(closed, c.Code); return true })
		tr.SetKeepAlive(true)
		synctest.Wait()
		l.Stop()
		time.Sleep(20 * time.Second) // attempts at 1, 3, 7, 15 s fail
		l.Start()
		time.Sleep(20 * time.Second) // the one at 31 s succeeds
		if n := l.Drop(core.CloseGoingAway, "bye"); n != 1 {
			t.Errorf("Drop() = %d, want 1", n)
		}
		time.Sleep(2 * time.Second)
		_ = tr.Close(core.CloseNormal, "")
		if err := l.Close(t.Context()); err != nil {
			t.Errorf("Close() error = %v", err)
		}
		if want := []time.Duration{0, 31 * time.Second, 41 * time.Second}; !slices.Equal(opened, want) {
			t.Errorf("opened at %v, want %v", opened, want)
		}
		if want := []core.CloseCode{core.CloseAbnormal, core.CloseGoingAway}; !slices.Equal(closed, want) {
			t.Errorf("closed with %v, want %v", closed, want)
		}
	})
}

func TestTransport_TooBig(t *testing.T) {
	t.Parallel()
	h := &linktest.Handler{}
	l, err := memtransport.NewListener(h, memtransport.Limits(core.Limits{MessageBytes: 100}))
	if err != nil {
		t.Fatal(err)
	}
	tr, err := l.Transport(room)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan core.CloseInfo, 1)
	tr.SetCloseHandler(func(c core.CloseInfo) bool { ended <- c; return true })
	if _, err := tr.Send(t.Context(), core.Message{Data: make([]byte, 101)}); err != nil {
		t.Fatalf("Send() error = %v", err)
	}
	if c := <-ended; c.Code != core.CloseTooBig || !c.Clean || c.Written != 1 || c.Queued != 1 {
		t.Errorf("close = %+v, want 1009, clean, written 1", c)
	}
	_ = tr.Close(core.CloseNormal, "")
	_ = l.Close(t.Context())
	if ends := h.Ends(); len(ends) != 1 || ends[0].Code != core.CloseTooBig || core.CodeOf(ends[0].Err) != core.CodeLimit {
		t.Errorf("server saw %+v, want 1009 with a limit error", ends)
	}
}

func TestTransport_IdleForAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &linktest.Handler{}
		tr := newTransport(t, h)
		tr.SetKeepAlive(true)
		time.Sleep(time.Hour) // pings and pongs of both ends
		if n := tr.Listener().Sessions(); n != 1 || len(h.Ends()) != 0 {
			t.Errorf("%d sessions, ends %+v, want the first one alive", n, h.Ends())
		}
	})
}

func TestListener_SlowReader(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		limits core.Limits
		frames int
		want   core.CloseCode
		after  time.Duration
	}{
		{"write-timeout", core.Limits{PingInterval: core.NoLimit}, 4, core.CloseAbnormal, 10 * time.Second},
		{"no-write-timeout", core.Limits{PingInterval: core.NoLimit, WriteTimeout: core.NoLimit, QueueMessages: 2}, 5, core.CloseSlowConsumer, 5 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				gate := make(chan struct{})
				h := &linktest.Handler{}
				tr := newTransport(t, h, memtransport.Limits(tt.limits))
				tr.SetMessageHandler(func(core.Message) bool { <-gate; return true })
				start := time.Now()
				if err := tr.Connect(t.Context()); err != nil {
					t.Fatal(err)
				}
				for range tt.frames {
					_ = h.Sessions()[0].Send(core.Message{Data: make([]byte, 50_000), Binary: true})
				}
				for len(h.Ends()) == 0 {
					time.Sleep(100 * time.Millisecond)
				}
				if d := time.Since(start).Round(time.Second); d != tt.after || h.Ends()[0].Code != tt.want {
					t.Errorf("ended after %v with %+v, want %d after %v", d, h.Ends()[0], tt.want, tt.after)
				}
				close(gate)
			})
		})
	}
}

func TestListener_CloseWithoutCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, err := memtransport.NewListener(&linktest.Handler{}, memtransport.Logger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Transport(core.Target{}); core.CodeOf(err) != core.CodeConfig {
			t.Errorf("Transport() without a target: error = %v", err)
		}
		tr, err := l.Transport(room)
		if err != nil {
			t.Fatal(err)
		}
		codes := make(chan core.CloseCode, 1)
		tr.SetCloseHandler(func(c core.CloseInfo) bool { codes <- c.Code; return true })
		if err := tr.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.Drop(core.CloseNoStatus, "")
		if got := <-codes; got != core.CloseNormal {
			t.Errorf("closed with %d, want 1000 in place of a code that may not travel", got)
		}
		_ = tr.Close(core.CloseNormal, "")
		_ = l.Close(t.Context())
	})
}

func TestNew_Config(t *testing.T) {
	t.Parallel()
	if _, err := memtransport.New(nil, room); core.CodeOf(err) != core.CodeConfig {
		t.Errorf("New(nil) error = %v, want config", err)
	}
	if _, err := memtransport.New(&linktest.Handler{}, core.Target{Binding: "A"}); core.CodeOf(err) != core.CodeConfig {
		t.Errorf("New() without instance: error = %v, want config", err)
	}
	if _, err := memtransport.New(&linktest.Handler{}, room, memtransport.Jitter(2)); core.CodeOf(err) != core.CodeConfig {
		t.Errorf("New() with jitter 2: error = %v, want config", err)
	}
}

func TestTransport_ProtocolsError(t *testing.T) {
	t.Parallel()
	boom := errors.New("no token")
	tr := newTransport(t, &linktest.Handler{}, memtransport.Protocols(func(context.Context) ([]string, error) { return nil, boom }))
	if err := tr.Connect(t.Context()); !errors.Is(err, boom) || core.CodeOf(err) != core.CodeUnreachable {
		t.Errorf("Connect() error = %v, want unreachable around %v", err, boom)
	}
}

func TestListener_Serve(t *testing.T) {
	t.Parallel()
	l, err := memtransport.NewListener(&linktest.Handler{})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 2)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { served <- l.Serve(ctx, nil) }()
	cancel()
	if err := <-served; err != nil {
		t.Errorf("Serve() error = %v", err)
	}
	go func() { served <- l.Serve(t.Context(), nil) }()
	_ = l.Close(t.Context())
	if err := <-served; err != nil || l.Addr() != "memory" {
		t.Errorf("Serve() error = %v, Addr() = %q", err, l.Addr())
	}
	tr, err := l.Transport(room)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Connect(t.Context()); core.CodeOf(err) != core.CodeUnreachable {
		t.Errorf("Connect() to a closed listener: error = %v, want unreachable", err)
	}
	_ = tr.Close(core.CloseNormal, "")
}
