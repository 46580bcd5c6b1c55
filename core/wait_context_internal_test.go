package core

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaitContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithCancel(t.Context())
		defer cancel()
		in := func(d time.Duration) *waitContext { return &waitContext{Context: parent, at: time.Now().Add(d)} }

		w := in(time.Second)
		if at, ok := w.Deadline(); !ok || time.Until(at) != time.Second || w.Err() != nil {
			t.Errorf("Deadline() = %v, %t, Err() = %v, want one second left", at, ok, w.Err())
		}
		time.Sleep(time.Second)
		if err := w.Err(); !errors.Is(err, context.DeadlineExceeded) || w.inner != nil {
			t.Errorf("Err() = %v, want the deadline, without a timer", err)
		}
		w.release()

		w = in(time.Second)
		start := time.Now()
		<-w.Done()
		if err := w.Err(); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("Err() after Done = %v after %v, want the deadline", err, time.Since(start))
		}
		w.release()

		w = in(time.Hour)
		done := w.Done()
		w.release()
		<-done

		w = in(time.Hour)
		cancel()
		if err := w.Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("Err() = %v, want the parent's", err)
		}
		<-w.Done()
	})
}
