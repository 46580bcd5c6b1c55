package endtoend_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/memtransport"
)

// An idle object goes, its connections stay: the next call makes it again, and what it sends arrives.
func TestEvictIdle_ConnectionStaysOpenAndTagged(t *testing.T) {
	t.Parallel()
	h := newHost(t, core.EvictIdle(time.Second))
	heard := make(chan string, 1)
	lost := make(chan core.CloseInfo, 1)
	ann := h.client("ann",
		core.OnDownstream(func(_ context.Context, text string) { heard <- text }),
		core.OnClose(func(_ context.Context, info core.CloseInfo) bool { lost <- info; return true }))
	if err := ann.Connect(h.ctx()); err != nil {
		t.Fatal(err)
	}
	bob := h.client("")
	for round := range int64(2) {
		if sent, err := core.Call[int](h.ctx(), bob, "push", "ann", "hello"); sent != 1 || err != nil {
			t.Fatalf("push() = %d, %v, want one connection with the tag", sent, err)
		}
		select {
		case text := <-heard:
			if text != "hello" {
				t.Errorf("heard %q", text)
			}
		case <-time.After(patience):
			t.Fatal("the message does not arrive")
		}
		if made := h.made.Load(); made != round+1 {
			t.Errorf("the factory ran %d times, want %d", made, round+1)
		}
		h.until("the object is evicted", func() bool { return h.srv.Stats().Evictions == round+1 })
		if s := h.srv.Stats(); s.Objects != 0 || s.Connections != 2 {
			t.Errorf("%d objects and %d connections after idleness, want none and two", s.Objects, s.Connections)
		}
	}
	select {
	case info := <-lost:
		t.Errorf("the connection was lost: %+v", info)
	default:
	}
}

// The same to the millisecond: what is used within the time stays.
func TestEvictIdle_Schedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, err := core.NewServer(lmzcodec.New(), core.AllowAnonymousClientID())
		if err != nil {
			t.Fatal(err)
		}
		h := &host{t: t, srv: srv}
		if err := srv.Register("COUNTER", h.factory, core.EvictIdle(time.Second)); err != nil {
			t.Fatal(err)
		}
		tr, err := memtransport.New(srv, core.Target{Binding: "COUNTER", Instance: "x"}, memtransport.ClientID("ann"))
		if err != nil {
			t.Fatal(err)
		}
		heard := make(chan string, 1)
		ann, err := core.NewClient(tr, lmzcodec.New(), core.OnDownstream(func(_ context.Context, text string) { heard <- text }))
		if err != nil {
			t.Fatal(err)
		}
		for i, step := range []struct {
			idle time.Duration
			made int64
		}{{0, 1}, {999 * time.Millisecond, 1}, {999 * time.Millisecond, 1}, {1001 * time.Millisecond, 2}, {time.Hour, 3}} {
			time.Sleep(step.idle)
			synctest.Wait()
			sent, err := core.Call[int](t.Context(), ann, "push", "ann", "hello")
			if sent != 1 || err != nil || <-heard != "hello" || h.made.Load() != step.made {
				t.Errorf("step %d, after %v: push() = %d, %v, the factory ran %d times, want %d", i, step.idle, sent, err, h.made.Load(), step.made)
			}
		}
		if err := errors.Join(ann.Close(), srv.Shutdown(t.Context())); err != nil {
			t.Error(err)
		}
	})
}
