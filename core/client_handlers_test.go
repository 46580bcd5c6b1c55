package core_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
)

type textNote struct {
	Text string `json:"text"`
}

// logBuffer is a buffer for a logger.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestOnDownstream_typed(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	var log logBuffer
	got := make(chan string, 10)
	c := fakeClient(t, f, core.OnDownstream(func(_ context.Context, n textNote) {
		if n.Text == "panic" {
			panic("in the handler")
		}
		got <- n.Text
	}), core.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	for _, payload := range []string{`{"text":"one"}`, `7`, `{"text":"panic"}`, `{"text":"two"}`} {
		f.receive(downstreamFrame(payload))
	}
	f.receive(lmzDocument(`{"type":"__downstream"}`))
	for _, want := range []string{"one", "two", ""} {
		if text := <-got; text != want {
			t.Errorf("handled %q, want %q", text, want)
		}
	}
	if s := c.Stats(); s.Skipped != 1 {
		t.Errorf("Stats() = %+v, want the payload that does not fit skipped", s)
	}
	for _, want := range []string{"does not fit", "in the handler", "handler=OnDownstream"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
}

func TestOnDownstream_any(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	got := make(chan any, 1)
	fakeClient(t, f, core.OnDownstream(func(_ context.Context, v any) { got <- v }))
	f.receive(downstreamFrame(`{"a":{"__isRemoteFunction":true,"__operationChain":[],"__functionName":"f"}}`))
	obj, ok := (<-got).(*value.Object)
	if !ok {
		t.Fatal("the payload is no object")
	}
	// Functions in a payload have no address: the marker stays data.
	if a, _ := obj.Get("a"); !isValueObject(a) {
		t.Errorf("a = %T, want the marker as data", a)
	}
}

func isValueObject(v any) bool { _, ok := v.(*value.Object); return ok }

func TestOnDownstream_orderAndNoOverlap(t *testing.T) {
	t.Parallel()
	const n = 1000
	f := newFake(pushing)
	var running atomic.Int32
	var got []int
	all := make(chan struct{})
	fakeClient(t, f, core.OnDownstream(func(_ context.Context, i int) {
		if running.Add(1) != 1 {
			t.Error("two handlers run at once")
		}
		got = append(got, i)
		running.Add(-1)
		if len(got) == n {
			close(all)
		}
	}))
	for i := range n {
		f.receive(downstreamFrame(fmt.Sprint(i)))
	}
	<-all
	if !slices.IsSorted(got) {
		t.Error("the messages were not handled in order")
	}
}

func TestOnDownstream_overflow(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	release, entered := make(chan struct{}), make(chan struct{}, 10)
	told := make(chan core.CloseInfo, 1)
	c := fakeClient(t, f, core.WithLimits(core.Limits{InboxMessages: 3}),
		core.OnDownstream(func(context.Context, any) { entered <- struct{}{}; <-release }),
		core.OnClose(func(_ context.Context, info core.CloseInfo) bool { told <- info; return true }))
	f.receive(downstreamFrame("0"))
	<-entered
	for range 3 {
		f.receive(downstreamFrame("1"))
	}
	f.sync()
	if len(f.closings) != 0 {
		t.Fatal("closed although everything has room")
	}
	f.receive(downstreamFrame("2"))
	info := <-told
	if info.Code != core.ClosePolicy || core.CodeOf(info.Err) != core.CodeLimit || !strings.Contains(info.Err.Error(), "InboxMessages") {
		t.Errorf("OnClose was told %+v, want 1008 and the limit", info)
	}
	if len(f.closings) != 1 || f.closings[0] != core.ClosePolicy {
		t.Errorf("the transport was closed with %v, want 1008", f.closings)
	}
	if _, err := core.Call[any](t.Context(), c, "f"); core.CodeOf(err) != core.CodeClosed {
		t.Errorf("a call afterwards = %v, want %s", err, core.CodeClosed)
	}
	close(release)
	if err := c.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if len(entered) != 0 {
		t.Error("a handler ran after the client was closed")
	}
}

func TestOnClose(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	var infos []core.CloseInfo
	verdict := false
	c := fakeClient(t, f, core.OnClose(func(_ context.Context, info core.CloseInfo) bool {
		infos = append(infos, info)
		if info.Reason == "panic" {
			panic("in OnClose")
		}
		return verdict
	}))
	info := core.CloseInfo{Code: core.CloseAuthExpired, Reason: "Token expired", Clean: true}
	if f.lose(info) {
		t.Error("the close handler = true, want the user's false")
	}
	verdict = true
	if !f.lose(info) {
		t.Error("the close handler = false, want the user's true")
	}
	verdict = false
	if !f.lose(core.CloseInfo{Code: core.CloseNormal, Reason: "panic"}) {
		t.Error("the close handler = false after a panic, want true")
	}
	if len(infos) != 3 || infos[0] != info {
		t.Errorf("OnClose was told %+v", infos)
	}
	if err := c.Close(); err != nil || len(infos) != 3 {
		t.Errorf("Close() = %v; OnClose was told %d times, want not of Close", err, len(infos)-3)
	}
}

func TestOnClose_callsFailAtOnce(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	var c *core.Client
	got := make(chan error, 1)
	c = fakeClient(t, f, core.OnClose(func(ctx context.Context, _ core.CloseInfo) bool {
		_, err := core.Call[any](ctx, c, "catchUp")
		got <- err
		return true
	}))
	f.lose(core.CloseInfo{})
	if err := <-got; core.CodeOf(err) != core.CodeUnreachable || !strings.Contains(err.Error(), "OnReconnect") {
		t.Errorf("a call from OnClose = %v, want %s that points to OnReconnect", err, core.CodeUnreachable)
	}
}

// After a reconnect OnReconnect runs first; downstream messages wait for it, calls do not.
func TestOnReconnect_comesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(pushing)
		f.serve = alwaysAnswer("1")
		var log logBuffer
		var c *core.Client
		var mu sync.Mutex
		var events []string
		record := func(what string) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, what)
		}
		hold := make(chan struct{})
		fail := errors.New("catch-up failed")
		c = fakeClient(t, f,
			core.OnDownstream(func(_ context.Context, v string) { record(v) }),
			core.OnReconnect(func(ctx context.Context) error {
				record("reconnect")
				if n, err := core.Call[int](ctx, c, "catchUp"); n != 1 || err != nil {
					t.Errorf("a call from OnReconnect = %v, %v, want 1", n, err)
				}
				<-hold
				record("caught up")
				return fail
			}), core.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		f.receive(downstreamFrame(`"a"`))
		f.lose(core.CloseInfo{})
		f.do(func() { f.opened(true) })
		f.receive(downstreamFrame(`"b"`))
		f.receive(downstreamFrame(`"c"`))
		synctest.Wait()
		if want := []string{"a", "reconnect"}; !slices.Equal(events, want) {
			t.Errorf("while OnReconnect runs: %q, want %q", events, want)
		}
		if n, err := core.Call[int](t.Context(), c, "f"); n != 1 || err != nil {
			t.Errorf("a call meanwhile = %v, %v, want 1", n, err)
		}
		close(hold)
		synctest.Wait()
		if want := []string{"a", "reconnect", "caught up", "b", "c"}; !slices.Equal(events, want) {
			t.Errorf("afterwards: %q, want %q", events, want)
		}
		if !strings.Contains(log.String(), "catch-up failed") {
			t.Errorf("the log lacks the error of OnReconnect:\n%s", log.String())
		}
	})
}

func TestOnReconnect_oneRunForReconnectsThatItHasNotSeen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(pushing)
		hold := make(chan struct{})
		runs := 0
		fakeClient(t, f, core.OnReconnect(func(context.Context) error { runs++; <-hold; panic("in OnReconnect") }))
		for range 5 {
			f.do(func() { f.opened(true) })
			synctest.Wait()
		}
		close(hold)
		synctest.Wait()
		if runs != 2 {
			t.Errorf("OnReconnect ran %d times, want once for the first and once for the rest", runs)
		}
	})
}

// Close from inside a handler neither deadlocks nor waits for it, and nothing runs afterwards.
func TestClient_Close_fromHandlers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		option  func(closeIt func()) core.ClientOption
		trigger func(f *fakeTransport)
	}{
		{"OnDownstream",
			func(closeIt func()) core.ClientOption {
				return core.OnDownstream(func(context.Context, any) { closeIt() })
			},
			func(f *fakeTransport) { f.receive(downstreamFrame("1")); f.receive(downstreamFrame("2")) }},
		{"OnClose",
			func(closeIt func()) core.ClientOption {
				return core.OnClose(func(context.Context, core.CloseInfo) bool { closeIt(); return true })
			},
			func(f *fakeTransport) {
				if f.lose(core.CloseInfo{}) {
					t.Error("the close handler = true after Close, want no reconnect")
				}
			}},
		{"OnReconnect",
			func(closeIt func()) core.ClientOption {
				return core.OnReconnect(func(context.Context) error { closeIt(); return nil })
			},
			func(f *fakeTransport) { f.do(func() { f.opened(true) }) }},
		{"OnMessage",
			func(closeIt func()) core.ClientOption {
				return core.OnMessage(func(core.Message) bool { closeIt(); return false })
			},
			func(f *fakeTransport) { f.receive("pong") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFake(pushing)
				var c *core.Client
				calls := 0
				closed := make(chan error, 10)
				c = fakeClient(t, f, tt.option(func() {
					calls++
					closed <- c.Close()
				}))
				tt.trigger(f)
				if err := <-closed; err != nil {
					t.Errorf("Close() = %v", err)
				}
				synctest.Wait()
				if calls != 1 {
					t.Errorf("the handler ran %d times, want once", calls)
				}
				if err := c.Close(); err != nil {
					t.Errorf("second Close() = %v", err)
				}
			})
		})
	}
}

func TestClient_Close_doesNotWaitForHandlers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(pushing)
		var ended atomic.Int32
		c := fakeClient(t, f,
			core.OnDownstream(func(ctx context.Context, _ any) { <-ctx.Done(); time.Sleep(time.Minute); ended.Add(1) }),
			core.OnClose(func(ctx context.Context, _ core.CloseInfo) bool { <-ctx.Done(); time.Sleep(time.Minute); return true }))
		f.receive(downstreamFrame("1"))
		f.do(func() { f.closed(core.CloseInfo{}) })
		synctest.Wait()
		start := time.Now()
		if err := c.Close(); err != nil || time.Since(start) != 0 {
			t.Errorf("Close() = %v after %v, want nil at once", err, time.Since(start))
		}
		time.Sleep(2 * time.Minute)
		if ended.Load() != 1 {
			t.Error("the handler's context was not cancelled")
		}
	})
}

func TestClient_OnMessage(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = alwaysAnswer("1")
	var seen []string
	c := fakeClient(t, f, core.OnMessage(func(m core.Message) bool {
		seen = append(seen, string(m.Data))
		if string(m.Data) == "panic" {
			panic("in the hook")
		}
		return string(m.Data) == "pong"
	}))
	f.receive("pong")
	f.receive("panic")
	if got, err := core.Call[int](t.Context(), c, "f"); got != 1 || err != nil {
		t.Errorf("a call with the hook = %v, %v, want 1", got, err)
	}
	if len(seen) != 3 || seen[0] != "pong" {
		t.Errorf("the hook saw %q, want all three messages", seen)
	}
	if s := c.Stats(); s.Malformed != 1 {
		t.Errorf("Stats() = %+v, want the message of the panicking hook counted as malformed, and pong not", s)
	}
}
