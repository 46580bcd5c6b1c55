package core_test

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
)

func TestClient_timeouts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		opts    []core.ClientOption
		ctx     time.Duration // zero: none
		want    time.Duration // of the call; zero: none
		message string
	}{
		{"default", nil, 0, 30 * time.Second, "no answer within the call timeout of 30s"},
		{"of the limits", []core.ClientOption{core.WithLimits(core.Limits{CallTimeout: time.Minute})}, 0, time.Minute, "1m0s"},
		{"option", []core.ClientOption{core.WithCallTimeout(2 * time.Second)}, 0, 2 * time.Second, "2s"},
		{"shorter context", nil, time.Second, time.Second, "no answer in time"},
		{"longer context", nil, time.Hour, time.Hour, "no answer in time"},
		{"context alone", []core.ClientOption{core.WithCallTimeout(core.NoLimit)}, time.Minute, time.Minute, "no answer in time"},
		{"none", []core.ClientOption{core.WithCallTimeout(core.NoLimit)}, 0, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(pushing)
				c := fakeClient(t, f, tt.opts...)
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if tt.ctx > 0 {
					ctx, cancel = context.WithTimeout(ctx, tt.ctx)
				}
				defer cancel()
				start := time.Now()
				if tt.want == 0 {
					go func() {
						time.Sleep(1000 * time.Hour)
						f.receive(alwaysAnswer("1")(f.frame(0))[0])
					}()
				}
				_, err := core.Call[int](ctx, c, "slow")
				f.sync()
				synctest.Wait()
				limit := regexp.MustCompile(`"timeoutMs":(\d+)`).FindStringSubmatch(f.frame(0))
				if tt.want == 0 {
					if err != nil || limit != nil {
						t.Errorf("without a limit: %v, %v sent, want the late answer and none", err, limit)
					}
					return
				}
				if took := time.Since(start); took != tt.want || !errors.Is(err, context.DeadlineExceeded) ||
					core.CodeOf(err) != core.CodeTimeout || !strings.Contains(err.Error(), tt.message) {
					t.Errorf("after %v: %v, want %s after %v with %q", took, err, core.CodeTimeout, tt.want, tt.message)
				}
				if limit == nil || limit[1] != strconv.FormatInt(tt.want.Milliseconds(), 10) {
					t.Errorf("timeoutMs = %v, want %d", limit, tt.want.Milliseconds())
				}
				if got := f.sent(); len(got) != 2 || got[1] != lmzDocument(`{"type":"__cancel","ids":["id-0"]}`) {
					t.Errorf("sent %q, want the call and its cancellation", got)
				}
				// The answer comes after all.
				f.receive(alwaysAnswer("1")(f.frame(0))[0])
				f.sync()
				if s := c.Stats(); s.Late != 1 || s.Pending != 0 {
					t.Errorf("Stats() = %+v, want one late answer and nothing pending", s)
				}
			})
		})
	}
}

func TestClient_timeoutWhileSending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(pushing)
		f.sending = func(ctx context.Context, _ uint64) error { <-ctx.Done(); return ctx.Err() }
		c := fakeClient(t, f)
		start := time.Now()
		_, err := core.Call[int](t.Context(), c, "f")
		if core.CodeOf(err) != core.CodeTimeout || time.Since(start) != 30*time.Second || !strings.HasSuffix(err.Error(), "context deadline exceeded") {
			t.Errorf("after %v: %v, want %s after 30s", time.Since(start), err, core.CodeTimeout)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start = time.Now()
		if _, err = core.Call[int](ctx, c, "f"); core.CodeOf(err) != core.CodeCanceled || time.Since(start) != time.Second {
			t.Errorf("after %v: %v, want %s after 1s", time.Since(start), err, core.CodeCanceled)
		}
		synctest.Wait()
		if got := f.sent(); len(got) != 0 {
			t.Errorf("sent %q, want no cancellation of what was never sent", got)
		}
	})
}

func TestClient_cancel(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	placed := make(chan uint64, 10)
	f.placed = func(seq uint64) { placed <- seq }
	c := fakeClient(t, f)
	gone := errors.New("the user went away")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	a, b := c.Call("a"), c.Call("b")
	go func() { done <- c.Batch(ctx, a, b) }()
	<-placed
	cancel(gone)
	if err := <-done; core.CodeOf(err) != core.CodeCanceled || !errors.Is(err, context.Canceled) || !errors.Is(err, gone) {
		t.Errorf("Batch() = %v, want %s that matches context.Canceled and its cause", err, core.CodeCanceled)
	}
	if _, err := b.Await(t.Context()); core.CodeOf(err) != core.CodeCanceled {
		t.Errorf("b = %v, want the same outcome", err)
	}
	<-placed
	if got := f.sent(); len(got) != 2 || got[1] != lmzDocument(`{"type":"__cancel","ids":["id-0","id-1"]}`) {
		t.Errorf("sent %q, want both calls cancelled in one message", got)
	}
	// A context that is done beforehand sends nothing.
	if _, err := core.Call[any](ctx, c, "f"); core.CodeOf(err) != core.CodeCanceled {
		t.Errorf("Call() = %v, want %s", err, core.CodeCanceled)
	}
	if got := f.sent(); len(got) != 2 {
		t.Errorf("sent %q, want nothing more", got)
	}
}

func TestClient_cancelsCollectWhileOneIsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(pushing)
		c := fakeClient(t, f)
		hold := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		const n = 1500
		for range n {
			go func() { _, err := core.Call[any](ctx, c, "f"); done <- err }()
		}
		synctest.Wait()
		f.sending = func(context.Context, uint64) error { <-hold; return nil }
		cancel()
		for range n {
			if err := <-done; core.CodeOf(err) != core.CodeCanceled {
				t.Errorf("a call = %v, want %s at once: nobody waits for the wire", err, core.CodeCanceled)
			}
		}
		close(hold)
		synctest.Wait()
		var ids int
		frames := f.sent()[n:]
		for _, frame := range frames {
			var m struct {
				JSON struct {
					Type string
					IDs  []string
				}
			}
			if err := json.Unmarshal([]byte(frame), &m); err != nil || m.JSON.Type != "__cancel" {
				t.Fatalf("sent %s: %v", frame, err)
			}
			ids += len(m.JSON.IDs)
		}
		// What does not fit into the queue is left to the server's own limit.
		if len(frames) != 2 || ids < 1000 || ids > n {
			t.Errorf("%d ids in %d messages, want at least 1000 in two", ids, len(frames))
		}
	})
}

func TestClient_cancelOpensNoConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(pushing)
		c := fakeClient(t, f)
		f.sync()
		f.lose(core.CloseInfo{Code: core.CloseAbnormal})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := core.Call[any](ctx, c, "f"); core.CodeOf(err) != core.CodeTimeout {
			t.Errorf("Call() = %v, want %s", err, core.CodeTimeout)
		}
		synctest.Wait()
		if got := f.sent(); len(got) != 1 {
			t.Errorf("sent %q, want no cancellation without a connection", got)
		}
	})
}

func TestClient_closeStopsACancellation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(pushing)
		c := fakeClient(t, f)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { _, err := core.Call[any](ctx, c, "f"); done <- err }()
		synctest.Wait()
		f.sending = func(ctx context.Context, _ uint64) error { <-ctx.Done(); return ctx.Err() }
		cancel()
		if err := <-done; core.CodeOf(err) != core.CodeCanceled {
			t.Errorf("Call() = %v, want %s", err, core.CodeCanceled)
		}
		synctest.Wait()
		if err := c.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
}
