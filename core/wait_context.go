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

	once  sync.Once
	inner context.Context
	stop  context.CancelFunc
}

func (w *waitContext) start() {
	w.once.Do(func() { w.inner, w.stop = context.WithDeadline(w.Context, w.at) })
}

func (w *waitContext) Deadline() (time.Time, bool) { return w.at, true }

func (w *waitContext) Done() <-chan struct{} {
	w.start()
	return w.inner.Done()
}

func (w *waitContext) Err() error {
	w.start()
	return w.inner.Err()
}

// release frees the timer, if there is one. Nobody may use the context afterwards.
func (w *waitContext) release() {
	w.once.Do(func() {
		w.inner, w.stop = context.WithCancel(w.Context)
	})
	w.stop()
}
