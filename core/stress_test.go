package core_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/memtransport"
)

// accounts note which call ran how often.
type accounts struct {
	mu  sync.Mutex // guards ran
	ran map[string]int
}

func (l *accounts) note(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ran[id]++
}

func (l *accounts) count(id string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ran[id]
}

// worker notes each call in the accounts, and gives its id back.
type worker struct {
	Env *core.Env `json:"env"`
	st  *core.State
	led *accounts
}

func (w *worker) Do(id string) string { w.led.note(id); return id }

// Pass gives back what a nested chain gave.
func (w *worker) Pass(id string) string { return id }

// Slow takes a while, or as long as its caller waits.
func (w *worker) Slow(ctx context.Context, id string, ms int) (string, error) {
	w.led.note(id)
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
		return id, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Hop has the call done after going through a line of objects, which may include this one.
func (w *worker) Hop(ctx context.Context, id string, route []string) (any, error) {
	if len(route) == 0 {
		return w.Do(id), nil
	}
	n, err := w.Env.Binding(route[0])
	if err != nil {
		return nil, err
	}
	return n.GetByName(route[1]).Call(ctx, "hop", id, route[2:])
}

// Tell sends a message to all who are connected.
func (w *worker) Tell(ctx context.Context, id string) (string, error) {
	w.led.note(id)
	_, err := core.SendDownstream(ctx, w.st, w.st.Tags(), id)
	return id, err
}

// Kick drops all connections, the caller's too.
func (w *worker) Kick(id string) string {
	w.led.note(id)
	for _, s := range w.st.Sockets("") {
		_ = s.Close(core.CloseGoingAway, "kicked") // it may be closed already
	}
	return id
}

const stressObjects = 3

func stressServer(t *testing.T) (*core.Server, *accounts) {
	t.Helper()
	led := &accounts{ran: map[string]int{}}
	srv := newServer(t, nil, core.WithLimits(core.Limits{CallsPerConnection: 8, CallTimeout: 5 * time.Second}))
	factory := func(st *core.State) (any, error) { return &worker{Env: st.Env(), st: st, led: led}, nil }
	for name, opts := range map[string][]core.ObjectOption{
		"ONE":  {core.EvictIdle(time.Millisecond)},
		"MANY": {core.Concurrent(), core.EvictIdle(time.Millisecond)},
	} {
		if err := srv.Register(name, factory, opts...); err != nil {
			t.Fatal(err)
		}
	}
	return srv, led
}

// stressor is one client under stress.
type stressor struct {
	t      *testing.T
	client *core.Client
	led    *accounts
	ids    *atomic.Int64
	sum    *[2]atomic.Int64 // calls that failed, and that succeeded
}

// place is a random binding and instance.
func place(r *rand.Rand) (binding, instance string) {
	return []string{"ONE", "MANY"}[r.IntN(2)], strconv.Itoa(r.IntN(stressObjects))
}

// check compares how a call ended with what the accounts have on it.
func (s *stressor) check(id string, got any, err error) {
	n := s.led.count(id)
	switch {
	case n > 1:
		s.t.Errorf("call %s ran %d times", id, n)
	case err == nil && (n != 1 || got != id):
		s.t.Errorf("call %s ran %d times and gave %v", id, n, got)
	case err != nil && core.CodeOf(err) == "":
		s.t.Errorf("call %s failed without a code: %v", id, err)
	case core.CodeOf(err) == core.CodeUnreachable && n != 0:
		s.t.Errorf("call %s ran, and its caller was told that it was not sent: %v", id, err)
	}
	if err == nil {
		s.sum[1].Add(1)
	} else {
		s.sum[0].Add(1)
	}
}

// step makes one random use of the client.
func (s *stressor) step(r *rand.Rand) {
	id := fmt.Sprint("c", s.ids.Add(1))
	ctx := s.t.Context()
	var got any
	var err error
	switch n := r.IntN(100); {
	case n < 25:
		got, err = core.Call[string](ctx, s.client, "do", id)
	case n < 40:
		binding, name := place(r)
		got, err = s.client.Get("env").Get(binding).Call("getByName", name).Call("do", id).Await(ctx)
	case n < 55:
		var route []string
		for range r.IntN(4) {
			binding, name := place(r)
			route = append(route, binding, name)
		}
		got, err = s.client.Call("hop", id, route).Await(ctx)
	case n < 65:
		nested := s.client.Call("do", id)
		got, err = s.client.Call("pass", nested).Await(ctx)
	case n < 80:
		limited, cancel := context.WithTimeout(ctx, time.Duration(r.IntN(5))*time.Millisecond)
		defer cancel()
		got, err = s.client.Call("slow", id, r.IntN(5)).Await(limited)
	case n < 90:
		s.batch(ctx, id, 2+r.IntN(4))
		return
	case n < 97:
		got, err = s.client.Call("tell", id).Await(ctx)
	case n < 98:
		got, err = s.client.Call("kick", id).Await(ctx)
	default:
		time.Sleep(time.Duration(r.IntN(3)) * time.Millisecond) // idle, for the eviction
		return
	}
	s.check(id, got, err)
}

func (s *stressor) batch(ctx context.Context, id string, n int) {
	refs := make([]*core.Ref, n)
	for i := range refs {
		refs[i] = s.client.Call("do", fmt.Sprint(id, ".", i))
	}
	failed := s.client.Batch(ctx, refs...)
	for i, ref := range refs {
		got, err := ref.Await(ctx)
		if failed == nil && err != nil && core.CodeOf(err) == core.CodeOutcomeUnknown {
			s.t.Errorf("item %d of an answered batch has no outcome: %v", i, err)
		}
		s.check(fmt.Sprint(id, ".", i), got, err)
	}
}

// Clients call objects in all the ways there are while connections drop, callers give up and
// objects are evicted: each call ends, with an outcome that agrees with what ran.
func TestStress_EachCallRunsAtMostOnce(t *testing.T) {
	t.Parallel()
	const clients, callers, steps = 8, 4, 60
	synctest.Test(t, func(t *testing.T) {
		srv, led := stressServer(t)
		listener, err := memtransport.NewListener(srv)
		if err != nil {
			t.Fatal(err)
		}
		var ids, heard atomic.Int64
		var sum [2]atomic.Int64
		var all []*core.Client
		var running sync.WaitGroup
		for i := range clients {
			target := core.Target{Binding: []string{"ONE", "MANY"}[i%2], Instance: strconv.Itoa(i % stressObjects)}
			tr, err := listener.Transport(target, memtransport.ClientID(fmt.Sprint("client-", i)))
			if err != nil {
				t.Fatal(err)
			}
			client, err := core.NewClient(tr, lmzcodec.New(), core.OnDownstream(func(context.Context, string) { heard.Add(1) }))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, client)
			s := &stressor{t: t, client: client, led: led, ids: &ids, sum: &sum}
			for j := range callers {
				running.Go(func() {
					r := rand.New(rand.NewPCG(uint64(i), uint64(j)))
					for range steps {
						s.step(r)
					}
				})
			}
		}
		running.Wait() // in the bubble, a call that never ends is a deadlock
		for _, c := range all {
			if n := c.Stats().Pending; n != 0 {
				t.Errorf("a client has %d calls pending", n)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := listener.Close(t.Context()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		led.mu.Lock()
		defer led.mu.Unlock()
		for id, n := range led.ran {
			if n != 1 {
				t.Errorf("call %s ran %d times", id, n)
			}
		}
		stats := srv.Stats()
		t.Logf("%d calls failed, %d succeeded, %d messages heard, %d evictions", sum[0].Load(), sum[1].Load(), heard.Load(), stats.Evictions)
		if stats.Running != 0 || stats.Connections != 0 || stats.Overdue != 0 || stats.Panics != 0 {
			t.Errorf("at the end: %+v", stats)
		}
		if sum[0].Load() == 0 || sum[1].Load() == 0 || heard.Load() == 0 || stats.Evictions == 0 {
			t.Errorf("nothing was at stake: %d failed, %d succeeded, %d heard, %d evictions", sum[0].Load(), sum[1].Load(), heard.Load(), stats.Evictions)
		}
	})
}
