package link_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/link"
	"github.com/millrace/millrace/internal/linktest"
)

// attempts lets a listener be dialled through and writes down when that was.
type attempts struct {
	mu   sync.Mutex
	at   []time.Duration
	from time.Time
}

// handler accepts and notes each attempt; those before ok fails are refused.
func (a *attempts) handler(refuse func() *core.Reject) *linktest.Handler {
	a.from = time.Now()
	return &linktest.Handler{OnAccept: func(context.Context, core.Handshake) (core.Settings, *core.Reject) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.at = append(a.at, time.Since(a.from))
		return core.Settings{}, refuse()
	}}
}

// gaps returns the seconds between attempts and starts over.
func (a *attempts) gaps() []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []int
	for i := 1; i < len(a.at); i++ {
		out = append(out, int((a.at[i]-a.at[i-1]).Round(time.Millisecond)/time.Second))
	}
	if n := len(a.at); n > 0 {
		a.at = a.at[n-1:]
	}
	return out
}

func TestClient_ReconnectSchedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a attempts
		var down atomic.Bool
		h := a.handler(func() *core.Reject {
			if down.Load() {
				return &core.Reject{Status: 503, Text: "down"}
			}
			return nil
		})
		p := newPair(t, h, core.Limits{})
		p.SetKeepAlive(true)
		synctest.Wait()
		down.Store(true)
		p.l.Drop(core.CloseAbnormal, "")
		time.Sleep(3 * time.Hour)
		got := a.gaps()
		if want := []int{1, 2, 4, 8, 16, 30, 30, 30}; !slices.Equal(got[:8], want) {
			t.Errorf("seconds between attempts = %v, want %v", got[:8], want)
		}
		if last := got[len(got)-1]; last != 30 || len(got) < 300 {
			t.Errorf("after three hours: %d attempts, the last after %d s, want one every 30 s for ever", len(got), last)
		}
		down.Store(false)
		time.Sleep(30 * time.Second)
		a.gaps()
		down.Store(true)
		p.l.Drop(core.CloseAbnormal, "")
		time.Sleep(7*time.Second + time.Millisecond)
		if got, want := a.gaps(), []int{1, 2, 4}; !slices.Equal(got[1:], want[1:]) || len(got) != 3 {
			t.Errorf("after a success: seconds between attempts = %v, want %v", got, want)
		}
		if got := p.opened(); !slices.Equal(got, []bool{false, true}) {
			t.Errorf("open handler was told %v, want false, true", got)
		}
	})
}

func TestClient_FirstAttemptFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a attempts
		p := newPair(t, a.handler(func() *core.Reject { return &core.Reject{Status: 403, Text: "no"} }), core.Limits{})
		p.SetKeepAlive(true)
		time.Sleep(8 * time.Second)
		if got, want := a.gaps(), []int{1, 2, 4}; !slices.Equal(got, want) {
			t.Errorf("seconds between attempts = %v, want %v", got, want)
		}
		if n := len(p.losses()); n != 0 {
			t.Errorf("the close handler was called %d times for attempts that failed", n)
		}
	})
}

func TestClient_CloseCodesAndReconnect(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		code   core.CloseCode
		reason string
		times  int // closed right after opening, so often
		want   int // seconds until the next attempt; 0: none
	}{
		{name: "normal", code: core.CloseNormal, times: 1, want: 1},
		{name: "going-away", code: core.CloseGoingAway, times: 1, want: 1},
		{name: "auth-expired", code: core.CloseAuthExpired, times: 1, want: 1},
		{name: "slow-consumer", code: core.CloseSlowConsumer, times: 1, want: 1},
		{name: "unknown-below-4500", code: 4499, times: 1, want: 1},
		{name: "forbidden", code: core.CloseForbidden, times: 1, want: 0},
		{name: "replaced", code: core.CloseReplaced, times: 1, want: 0},
		{name: "terminal-range", code: 4500, times: 1, want: 0},
		{name: "rate-limited", code: core.CloseRateLimited, reason: "retry-after=7", times: 1, want: 7},
		{name: "rate-limited-unreadable", code: core.CloseRateLimited, reason: "soon", times: 1, want: 30},
		{name: "rate-limited-at-most-an-hour", code: core.CloseRateLimited, reason: "retry-after=65535", times: 1, want: 3600},
		{name: "policy", code: core.ClosePolicy, times: 1, want: 30},
		{name: "protocol-error-twice", code: core.CloseProtocolError, times: 2, want: 1},
		{name: "protocol-error-thrice", code: core.CloseProtocolError, times: 3, want: 30},
		{name: "too-big-thrice", code: core.CloseTooBig, times: 3, want: 30},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var a attempts
				p := newPair(t, a.handler(func() *core.Reject { return nil }), core.Limits{})
				p.SetKeepAlive(true)
				for i := range tt.times {
					synctest.Wait()
					if i > 0 {
						time.Sleep(time.Second)
						synctest.Wait()
					}
					a.gaps()
					p.l.Drop(tt.code, tt.reason)
				}
				time.Sleep(2 * time.Hour)
				got := a.gaps()
				if tt.want == 0 && len(got) > 0 || tt.want > 0 && (len(got) != 1 || got[0] != tt.want) {
					t.Errorf("next attempts after %v s, want %d", got, tt.want)
				}
				losses := p.losses()
				if last := losses[len(losses)-1]; len(losses) != tt.times || last.Code != tt.code || last.Reason != tt.reason || !last.Clean {
					t.Errorf("losses = %+v", losses)
				}
				if tt.want == 0 { // down until it is asked for
					mustConnect(t, p)
				}
			})
		})
	}
}

func TestClient_CloseHandlerFalse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, &linktest.Handler{}, core.Limits{})
		p.answer(false)
		p.SetKeepAlive(true)
		synctest.Wait()
		p.l.Drop(core.CloseGoingAway, "")
		time.Sleep(time.Hour)
		if n := len(p.opened()); n != 1 {
			t.Fatalf("opened %d times although the close handler said false", n)
		}
		p.answer(true)
		mustSend(t, p, "x") // opens again, and keep-alive goes on
		synctest.Wait()
		p.l.Drop(core.CloseGoingAway, "")
		time.Sleep(2 * time.Second)
		if n := len(p.opened()); n != 3 {
			t.Errorf("opened %d times, want 3", n)
		}
	})
}

func TestClient_KeepAliveOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, &linktest.Handler{}, core.Limits{})
		p.SetKeepAlive(true)
		p.SetKeepAlive(true)
		synctest.Wait()
		p.l.Drop(core.CloseGoingAway, "")
		synctest.Wait()
		p.SetKeepAlive(false) // cancels the attempt that is due in a second
		time.Sleep(time.Hour)
		if n := len(p.opened()); n != 1 {
			t.Errorf("opened %d times, want 1", n)
		}
		p.SetKeepAlive(true) // connects at once
		synctest.Wait()
		p.SetKeepAlive(false) // and leaves an open connection
		synctest.Wait()
		if n := p.l.Sessions(); n != 1 || len(p.opened()) != 2 {
			t.Errorf("%d sessions after %d openings, want 1 after 2", n, len(p.opened()))
		}
	})
}

func TestClient_LazyReconnectWithoutKeepAlive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, &linktest.Handler{}, core.Limits{})
		mustSend(t, p, "a")
		synctest.Wait()
		p.l.Drop(core.CloseGoingAway, "")
		time.Sleep(time.Hour)
		if n := len(p.opened()); n != 1 {
			t.Fatalf("opened %d times without keep-alive, want 1", n)
		}
		if seq := mustSend(t, p, "b"); seq != 2 {
			t.Errorf("Send() = %d, want 2: numbers go on", seq)
		}
		synctest.Wait()
		if got := p.received(); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("received %v", got)
		}
	})
}

func TestClient_SendDuringBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, &linktest.Handler{}, core.Limits{})
		p.SetKeepAlive(true)
		synctest.Wait()
		p.l.Stop()
		synctest.Wait()
		start := time.Now()
		if _, err := p.Send(t.Context(), text("x")); core.CodeOf(err) != core.CodeUnreachable || time.Since(start) != time.Second {
			t.Errorf("Send() error = %v after %v, want unreachable after the attempt at 1 s", err, time.Since(start))
		}
		p.l.Start()
		mustSend(t, p, "y") // waits for the attempt two seconds later
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("the second Send took until %v, want 3 s", d)
		}
		p.l.Stop()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if _, err := p.Send(ctx, text("x")); !errors.Is(err, context.DeadlineExceeded) || core.CodeOf(err) != core.CodeTimeout {
			t.Errorf("Send() error = %v, want its deadline", err)
		}
		p.l.Start()
		start = time.Now()
		mustConnect(t, p) // asks at once
		if d := time.Since(start); d != 0 {
			t.Errorf("Connect() waited %v for the schedule", d)
		}
	})
}

func TestClient_KeepAliveOffWhileSendWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, &linktest.Handler{}, core.Limits{})
		p.SetKeepAlive(true)
		synctest.Wait()
		p.l.Drop(core.CloseGoingAway, "")
		synctest.Wait()
		done := make(chan error, 1)
		go func() {
			_, err := p.Send(t.Context(), text("x"))
			done <- err
		}()
		synctest.Wait()
		p.SetKeepAlive(false) // the scheduled attempt goes; Send makes one of its own
		if err := <-done; err != nil {
			t.Errorf("Send() error = %v", err)
		}
	})
}

func TestClient_ConcurrentCallersShareOneAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a attempts
		p := newPair(t, a.handler(func() *core.Reject { time.Sleep(time.Second); return nil }), core.Limits{})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := p.Send(t.Context(), text("x")); err != nil {
					t.Errorf("Send() error = %v", err)
				}
			})
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := p.Connect(ctx); core.CodeOf(err) != core.CodeTimeout {
			t.Errorf("Connect() error = %v, want its own timeout", err)
		}
		wg.Wait()
		synctest.Wait()
		if n := len(a.at); n != 1 || len(p.received()) != 20 {
			t.Errorf("%d attempts and %d echoes, want 1 and 20", n, len(p.received()))
		}
	})
}

// stuckDialer answers never, or with an error.
type stuckDialer struct {
	err   error
	ended chan struct{}
}

func (d *stuckDialer) Dial(ctx context.Context, _ string) (link.Conn, string, error) {
	if d.err != nil {
		return nil, "", d.err
	}
	<-ctx.Done()
	close(d.ended)
	return nil, "", ctx.Err()
}

func TestClient_DialTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := link.NewClient(link.ClientConfig{Info: core.TransportInfo{Name: "x"}, Dialer: &stuckDialer{ended: make(chan struct{})}, DialTimeout: 3 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		err = c.Connect(t.Context())
		if core.CodeOf(err) != core.CodeUnreachable || errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("Connect() error = %v after %v, want unreachable after 3 s", err, time.Since(start))
		}
		_ = c.Close(core.CloseNormal, "")
	})
}

func TestClient_CloseCancelsDial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &stuckDialer{ended: make(chan struct{})}
		c, err := link.NewClient(link.ClientConfig{Info: core.TransportInfo{Name: "x"}, Dialer: d})
		if err != nil {
			t.Fatal(err)
		}
		failed := make(chan error)
		go func() { failed <- c.Connect(t.Context()) }()
		synctest.Wait()
		if err := c.Close(core.CloseNormal, ""); err != nil {
			t.Errorf("Close() error = %v", err)
		}
		<-d.ended
		if err := <-failed; core.CodeOf(err) != core.CodeClosed {
			t.Errorf("Connect() error = %v, want closed", err)
		}
	})
}

func TestClient_KeepAliveOffCancelsDial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &stuckDialer{ended: make(chan struct{})}
		c, err := link.NewClient(link.ClientConfig{Info: core.TransportInfo{Name: "x"}, Dialer: d})
		if err != nil {
			t.Fatal(err)
		}
		c.SetKeepAlive(true)
		synctest.Wait()
		start := time.Now()
		c.SetKeepAlive(false)
		<-d.ended
		if time.Since(start) != 0 {
			t.Errorf("the attempt went on for %v", time.Since(start))
		}
		_ = c.Close(core.CloseNormal, "")
	})
}

func TestClient_RefusedWithRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a attempts
		p := newPair(t, a.handler(func() *core.Reject {
			return &core.Reject{Status: 429, Text: "slow down", Header: http.Header{"Retry-After": {"11"}}}
		}), core.Limits{})
		p.SetKeepAlive(true)
		time.Sleep(23 * time.Second)
		if got, want := a.gaps(), []int{11, 11}; !slices.Equal(got, want) {
			t.Errorf("seconds between attempts = %v, want %v", got, want)
		}
	})
}

func TestClient_Jitter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		c, err := link.NewClient(link.ClientConfig{Info: core.TransportInfo{Name: "x"}, Jitter: 0.5, Dialer: dialFunc(func() error {
			at = append(at, time.Since(start))
			return errors.New("no")
		})})
		if err != nil {
			t.Fatal(err)
		}
		c.SetKeepAlive(true)
		time.Sleep(time.Hour)
		_ = c.Close(core.CloseNormal, "")
		exact := 0
		for i := 7; i < len(at); i++ {
			gap := at[i] - at[i-1]
			if gap < 15*time.Second || gap > 45*time.Second {
				t.Errorf("gap of %v is not within half of 30 s", gap)
			}
			if gap == 30*time.Second {
				exact++
			}
		}
		if len(at) < 60 || exact > 2 {
			t.Errorf("%d attempts, %d of them exactly on schedule: no jitter", len(at), exact)
		}
	})
}

type dialFunc func() error

func (f dialFunc) Dial(context.Context, string) (link.Conn, string, error) { return nil, "", f() }

func TestNewClient_Config(t *testing.T) {
	t.Parallel()
	if _, err := link.NewClient(link.ClientConfig{}); core.CodeOf(err) != core.CodeConfig {
		t.Errorf("NewClient() without a dialer: error = %v", err)
	}
	if _, err := link.NewHub(nil, link.HubConfig{}); core.CodeOf(err) != core.CodeConfig {
		t.Errorf("NewHub(nil) error = %v", err)
	}
}
