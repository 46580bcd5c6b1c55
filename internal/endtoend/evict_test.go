package endtoend_test

import (
	"context"
	"testing"
	"time"

	"github.com/millrace/millrace/core"
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
