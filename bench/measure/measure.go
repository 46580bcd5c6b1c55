// Package measure times round trips: one caller after another for the latency,
// many at once for the throughput, and what both allocate.
package measure

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Call makes one round trip.
type Call func(ctx context.Context) error

// Latency is what one caller saw.
type Latency struct {
	P50, P99 time.Duration
	Calls    int
}

// Sequential calls one after the other for d, after a warm-up of a tenth of it.
func Sequential(ctx context.Context, call Call, d time.Duration) (Latency, error) {
	for end := time.Now().Add(d / 10); time.Now().Before(end); {
		if err := call(ctx); err != nil {
			return Latency{}, err
		}
	}
	times := make([]time.Duration, 0, d/(4*time.Microsecond))
	start := time.Now()
	for last := start; last.Sub(start) < d; {
		if err := call(ctx); err != nil {
			return Latency{}, err
		}
		now := time.Now()
		times = append(times, now.Sub(last))
		last = now
	}
	slices.Sort(times)
	return Latency{P50: times[len(times)/2], P99: times[len(times)*99/100], Calls: len(times)}, nil
}

// Concurrent has callers call at once for d and returns calls per second.
func Concurrent(ctx context.Context, call Call, callers int, d time.Duration) (perSecond float64, err error) {
	var (
		calls atomic.Int64
		wg    sync.WaitGroup
		once  sync.Once
		stop  atomic.Bool
	)
	start := time.Now()
	for range callers {
		wg.Go(func() {
			for !stop.Load() {
				if e := call(ctx); e != nil {
					once.Do(func() { err = e })
					stop.Store(true)
					return
				}
				calls.Add(1)
			}
		})
	}
	timer := time.AfterFunc(d, func() { stop.Store(true) })
	wg.Wait()
	timer.Stop()
	return float64(calls.Load()) / time.Since(start).Seconds(), err
}

// Mallocs is the number of objects that this process has allocated so far.
func Mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// Series collects one figure over the rounds.
type Series []float64

// Median of the rounds, 0 when there are none.
func (s Series) Median() float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Range returns the smallest and the largest, 0 when there are none.
func (s Series) Range() (low, high float64) {
	if len(s) == 0 {
		return 0, 0
	}
	return slices.Min(s), slices.Max(s)
}

// Over divides round by round; it is empty unless both have the same rounds.
func (s Series) Over(to Series) Series {
	if len(s) != len(to) {
		return nil
	}
	q := make(Series, len(s))
	for i := range s {
		q[i] = s[i] / to[i]
	}
	return q
}
