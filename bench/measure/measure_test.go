package measure_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bench/measure"
)

// nap is a call that takes as long as it says, by the bubble's clock.
func nap(d time.Duration) measure.Call {
	return func(context.Context) error {
		<-time.After(d)
		return nil
	}
}

func TestSequential(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, err := measure.Sequential(t.Context(), nap(time.Millisecond), time.Second)
		want := measure.Latency{P50: time.Millisecond, P99: time.Millisecond, Calls: 1000}
		if err != nil || l != want {
			t.Errorf("Sequential = %+v, %v, want %+v", l, err, want)
		}
	})
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got, err := measure.Concurrent(t.Context(), nap(time.Millisecond), 8, time.Second)
		if err != nil || got < 7900 || got > 8100 {
			t.Errorf("Concurrent = %v, %v, want about 8000 a second", got, err)
		}
	})
}

func TestFailedCallEndsTheMeasurement(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var calls atomic.Int64
	call := func(context.Context) error {
		if calls.Add(1) > 10 {
			return broken
		}
		return nil
	}
	if _, err := measure.Sequential(t.Context(), call, time.Hour); !errors.Is(err, broken) {
		t.Errorf("Sequential: %v, want %v", err, broken)
	}
	if _, err := measure.Concurrent(t.Context(), call, 4, time.Hour); !errors.Is(err, broken) {
		t.Errorf("Concurrent: %v, want %v", err, broken)
	}
}

func TestSeries(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name              string
		s                 measure.Series
		median, low, high float64
	}{
		{"empty", nil, 0, 0, 0},
		{"odd", measure.Series{3, 1, 2}, 2, 1, 3},
		{"even", measure.Series{4, 1, 2, 3}, 2.5, 1, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			low, high := tt.s.Range()
			if m := tt.s.Median(); m != tt.median || low != tt.low || high != tt.high {
				t.Errorf("median %v, range %v-%v, want %v, %v-%v", m, low, high, tt.median, tt.low, tt.high)
			}
		})
	}
	if q := (measure.Series{4, 9}).Over(measure.Series{2, 3}); len(q) != 2 || q[0] != 2 || q[1] != 3 {
		t.Errorf("Over = %v, want [2 3]", q)
	}
	if q := (measure.Series{4, 9}).Over(measure.Series{2}); q != nil {
		t.Errorf("Over of other rounds = %v, want nil", q)
	}
}
