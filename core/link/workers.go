package link

import "sync"

// parkedWorkers is how many idle goroutines a hub keeps for reading on after a
// hand-off: each saves starting one, whose fresh stack would have to grow again.
const parkedWorkers = 64

// workers runs the readers of sessions (leader and followers): the goroutine that
// runs a handler stays with it, and a parked one reads on.
type workers struct {
	crew *crew

	mu     sync.Mutex // guards what follows
	parked []*worker
	closed bool
}

type worker struct{ next chan *Session }

// read lets a goroutine read s until the session ends or is handed off; false
// when the hub has shut down.
func (w *workers) read(s *Session) bool {
	w.mu.Lock()
	if n := len(w.parked); n > 0 {
		k := w.parked[n-1]
		w.parked = w.parked[:n-1]
		w.mu.Unlock()
		k.next <- s
		return true
	}
	w.mu.Unlock()
	k := &worker{next: make(chan *Session, 1)}
	return w.crew.Go(func() { w.run(k, s) })
}

func (w *workers) run(k *worker, s *Session) {
	for s != nil {
		s.serve()
		if !w.park(k) {
			return
		}
		s = <-k.next // nil after close
	}
}

func (w *workers) park(k *worker) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || len(w.parked) >= parkedWorkers {
		return false
	}
	w.parked = append(w.parked, k)
	return true
}

// close ends the parked goroutines; those that run end when they are done.
func (w *workers) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, k := range w.parked {
		close(k.next)
	}
	w.parked = nil
}
