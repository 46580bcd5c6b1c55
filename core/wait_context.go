package core

import (
	"context"
	"sync"
	"time"
)

// waitContext gives a context that has no deadline one, and makes a timer only
// when somebody waits for it. Handing a message to a transport rarely waits.
type waitContext struct {
	context.Context
	at time.Time

	mu    sync.Mutex // guards what follows
	inner context.Context
	stop  context.CancelFunc
}

// Deadline is the one that was given.
func (w *waitContext) Deadline() (time.Time, bool) { return w.at, true }

// Done starts the timer.
func (w *waitContext) Done() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inner == nil {
		w.inner, w.stop = context.WithDeadline(w.Context, w.at)
	}
	return w.inner.Done()
}

// Err is that of the parent, or says that the deadline passed.
func (w *waitContext) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inner != nil {
		return w.inner.Err()
	}
	if err := w.Context.Err(); err != nil {
		return err
	}
	if !time.Now().Before(w.at) {
		return context.DeadlineExceeded
	}
	return nil
}

// release frees the timer, if there is one. Nobody waits any more.
func (w *waitContext) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stop != nil {
		w.stop()
	}
}
