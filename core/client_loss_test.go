package core_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/millrace/millrace/core"
)

func TestClient_lossEndsItsCalls(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	placed := make(chan uint64, 3)
	f.placed = func(seq uint64) { placed <- seq }
	c := fakeClient(t, f)
	results := make([]chan error, 3)
	for i := range results {
		results[i] = make(chan error, 1)
		go func() { _, err := core.Call[any](t.Context(), c, "f"); results[i] <- err }()
		<-placed
	}
	f.do(func() {}) // the calls may still be on their way from placed to waiting
	if !f.lose(core.CloseInfo{Code: core.CloseAbnormal, Reason: "cable", Written: 2, Queued: 3}) {
		t.Error("the close handler = false, want a reconnect")
	}
	for i, want := range []core.Code{core.CodeOutcomeUnknown, core.CodeOutcomeUnknown, core.CodeUnreachable} {
		err := <-results[i]
		if core.CodeOf(err) != want || !strings.Contains(err.Error(), "WebSocket connection closed (1006 cable)") {
			t.Errorf("call %d = %v (%s), want %s", i+1, err, core.CodeOf(err), want)
		}
	}
	if s := c.Stats(); s.Pending != 0 {
		t.Errorf("%d calls are pending", s.Pending)
	}
}

// A connection may be lost between the moment that a message gets its place and the return of Send.
func TestClient_lossDuringSend(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		info core.CloseInfo
		want core.Code // "": the message belongs to the next connection, and is answered
	}{
		{"written", core.CloseInfo{Written: 1, Queued: 1}, core.CodeOutcomeUnknown},
		{"only queued", core.CloseInfo{Written: 0, Queued: 1}, core.CodeUnreachable},
		{"of the next connection", core.CloseInfo{Written: 0, Queued: 0}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(pushing)
			var frame string
			f.serve = func(sent string) []string { frame = sent; return nil }
			f.placed = func(uint64) {
				f.lose(tt.info)
				f.receive(alwaysAnswer("1")(frame)[0])
			}
			c := fakeClient(t, f)
			if tt.want != "" {
				f.placed = func(uint64) { f.lose(tt.info) }
			}
			got, err := core.Call[any](t.Context(), c, "f")
			if core.CodeOf(err) != tt.want {
				t.Errorf("Call() = %v, %v, want code %q", got, err, tt.want)
			}
			if tt.want == "" && got != 1.0 {
				t.Errorf("Call() = %v, %v, want the answer", got, err)
			}
		})
	}
}

func TestClient_sendFailures(t *testing.T) {
	t.Parallel()
	plain := errors.New("no route")
	tests := []struct {
		name string
		err  error
		want core.Code
	}{
		{"typed", &core.Error{Code: core.CodeForbidden, Message: "no"}, core.CodeForbidden},
		{"untyped", plain, core.CodeUnreachable},
		// Somebody else's context ended: the caller's own did not.
		{"foreign cancellation", context.Canceled, core.CodeUnreachable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(pushing)
			f.sending = func(context.Context, uint64) error { return tt.err }
			c := fakeClient(t, f)
			_, err := core.Call[any](t.Context(), c, "f")
			if core.CodeOf(err) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("Call() = %v (%s), want %s with its cause", err, core.CodeOf(err), tt.want)
			}
			if err := c.Batch(t.Context(), c.Call("f")); core.CodeOf(err) != tt.want {
				t.Errorf("Batch() = %v, want %s", err, tt.want)
			}
			if s := c.Stats(); s.Pending != 0 {
				t.Errorf("%d calls are pending", s.Pending)
			}
		})
	}
}

func TestClient_Close_endsCalls(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	placed := make(chan uint64, 1)
	f.placed = func(seq uint64) { placed <- seq }
	c := fakeClient(t, f)
	waiting, sending := make(chan error, 1), make(chan error, 1)
	go func() { _, err := core.Call[any](t.Context(), c, "f"); waiting <- err }()
	<-placed
	blocked := make(chan struct{})
	f.sending = func(context.Context, uint64) error {
		close(blocked)
		<-f.quit
		return errors.New("closed under it")
	}
	go func() { _, err := core.Call[any](t.Context(), c, "f"); sending <- err }()
	<-blocked
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, result := range []chan error{waiting, sending} {
		err := <-result
		if core.CodeOf(err) != core.CodeClosed || !strings.Contains(err.Error(), "WebSocket disconnected") {
			t.Errorf("got %v, want %s with the compatible text", err, core.CodeClosed)
		}
	}
	ref := c.Call("f")
	for _, call := range []func() error{
		func() error { _, err := core.Call[any](t.Context(), c, "f"); return err },
		func() error { _, err := ref.Await(t.Context()); return err },
		func() error { return c.Batch(t.Context(), c.Call("f")) },
	} {
		if err := call(); core.CodeOf(err) != core.CodeClosed {
			t.Errorf("a call after Close = %v, want %s", err, core.CodeClosed)
		}
	}
}

func TestClient_callsUnderLossAndClose(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = func(frame string) []string {
		if strings.Contains(frame, "__cancel") {
			return nil
		}
		return alwaysAnswer("1")(frame)
	}
	c := fakeClient(t, f)
	done := make(chan error, 100)
	for range 100 {
		go func() {
			for {
				_, err := core.Call[int](t.Context(), c, "f")
				switch core.CodeOf(err) {
				case "", core.CodeOutcomeUnknown, core.CodeUnreachable:
				case core.CodeClosed:
					done <- nil
					return
				default:
					done <- err
					return
				}
			}
		}()
	}
	for range 50 {
		f.mu.Lock()
		seq := f.seq
		f.mu.Unlock()
		f.lose(core.CloseInfo{Code: core.CloseAbnormal, Written: seq / 2, Queued: seq})
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err := <-done; err != nil {
			t.Errorf("a call ended with %v", err)
		}
	}
}
