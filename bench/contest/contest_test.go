package contest_test

import (
	"net"
	"sync"
	"testing"

	"github.com/millrace/millrace/bench/contest"
)

// dial serves a contestant on loopback and returns one connection to it.
func dial(tb testing.TB, c contest.Contestant) contest.Caller {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { c.Serve(ln) })
	caller, err := c.Dial(tb.Context(), ln.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := caller.Close(); err != nil {
			tb.Error(err)
		}
		if err := ln.Close(); err != nil {
			tb.Error(err)
		}
		serving.Wait()
	})
	return caller
}

// TestCall has every contestant answer: one caller, then, where that is allowed, many.
func TestCall(t *testing.T) {
	t.Parallel()
	for _, c := range contest.All() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			caller := dial(t, c)
			for i := range 3 {
				if err := caller.Call(t.Context()); err != nil {
					t.Fatalf("call %d: %v", i, err)
				}
			}
			if !c.Concurrent {
				return
			}
			var wg sync.WaitGroup
			for range 32 {
				wg.Go(func() {
					for range 20 {
						if err := caller.Call(t.Context()); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

func TestAnchorsAreFilledOnce(t *testing.T) {
	t.Parallel()
	found := map[contest.Anchor]int{}
	for _, c := range contest.All() {
		found[c.Anchor]++
	}
	for _, role := range []contest.Anchor{contest.RawEcho, contest.RawMux, contest.PingPong} {
		if found[role] != 1 {
			t.Errorf("role %d is filled %d times, want once", role, found[role])
		}
	}
}

// BenchmarkCall is for benchstat: one caller, client and server in one process.
func BenchmarkCall(b *testing.B) {
	for _, c := range contest.All() {
		b.Run(c.Name, func(b *testing.B) {
			caller := dial(b, c)
			b.ReportAllocs()
			for b.Loop() {
				if err := caller.Call(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkConcurrent is the same from many callers on one connection.
func BenchmarkConcurrent(b *testing.B) {
	for _, c := range contest.All() {
		if !c.Concurrent {
			continue
		}
		b.Run(c.Name, func(b *testing.B) {
			caller := dial(b, c)
			b.ReportAllocs()
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := caller.Call(b.Context()); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
