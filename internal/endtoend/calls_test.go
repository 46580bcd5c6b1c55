package endtoend_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/gobwas/ws"

	"github.com/millrace/millrace/core"
)

// What curl sends by POST goes over a WebSocket with its type, and is answered to the byte.
func TestCall_Bytes(t *testing.T) {
	t.Parallel()
	p := newHost(t).peer()
	p.text(`{"json":{"type":"__rpc","batch":[{"id":"x1","operations":[{"type":"get","key":"number"},{"type":"apply","args":[3]}]}]},"meta":{}}`)
	want := `{"json":{"type":"__rpc","batch":[{"id":"x1","success":true,"result":3}]},"meta":{}}`
	if f := p.next(); f.Header.OpCode != ws.OpText || string(f.Payload) != want {
		t.Errorf("got opcode %d %s, want %s", f.Header.OpCode, f.Payload, want)
	}
}

// 25 calls are 50 operations, the most that a chain may have.
func TestChain_RunsEachCallOnce(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	c := h.client("")
	for k := 1; k <= 25; k++ {
		h.ran.Store(0)
		ref := c.Object()
		for range k - 1 {
			ref = ref.Call("next")
		}
		if got, err := core.Call[int](h.ctx(), ref, "number", k); got != k || err != nil {
			t.Errorf("a chain of %d calls = %d, %v", k, got, err)
		}
		if ran := h.ran.Load(); ran != int64(k) {
			t.Errorf("a chain of %d calls ran %d", k, ran)
		}
	}
}

func TestCalls_EachGetsItsOwnAnswer(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	c := h.client("")
	const n = 500
	ctx := h.ctx()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if got, err := core.Call[int](ctx, c, "number", i); got != i || err != nil {
				t.Errorf("number(%d) = %d, %v", i, got, err)
			}
		})
	}
	wg.Wait()
	if s := h.srv.Stats(); h.ran.Load() != n || s.Connections != 1 {
		t.Errorf("%d calls ran on %d connections, want %d on one", h.ran.Load(), s.Connections, n)
	}
}

// A slow call on one object, and one that waits for it, delay nobody who calls another.
func TestCall_SlowObjectDelaysNoOther(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	c := h.client("")
	ctx := h.ctx()
	at := func(name string) *core.Ref { return c.Get("env").Get("COUNTER").Call("getByName", name) }
	slow, behind := make(chan error, 1), make(chan error, 1)
	go func() {
		got, err := core.Call[string](ctx, at("slow"), "slow")
		if err == nil && got != "slow" {
			err = fmt.Errorf("slow() = %q", got)
		}
		slow <- err
	}()
	<-h.slow // it runs
	go func() {
		_, err := core.Call[int](ctx, at("slow"), "number", 1)
		behind <- err
	}()
	for i := range 100 {
		if got, err := core.Call[int](ctx, at("quick"), "number", i); got != i || err != nil {
			t.Fatalf("number(%d) = %d, %v", i, got, err)
		}
		if got, err := core.Call[int](ctx, c, "number", i); got != i || err != nil {
			t.Fatalf("number(%d) of the object called first = %d, %v", i, got, err)
		}
	}
	select {
	case err := <-slow:
		t.Fatalf("the slow call ended by itself: %v", err)
	case err := <-behind:
		t.Fatalf("a call overtook the one that runs on its object: %v", err)
	default:
	}
	close(h.release)
	for _, outcome := range []chan error{slow, behind} {
		if err := <-outcome; err != nil {
			t.Error(err)
		}
	}
}
