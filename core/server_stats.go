package core

import "sync/atomic"

// counters are what [Server.Stats] reads.
type counters struct {
	messages, ignored, malformed, refused, calls, failed, timeouts, late, panics,
	evictions, downstream, dropped, overdue atomic.Int64
}

// ServerStats is a snapshot of a server's counters, which only grow, and of its
// gauges.
type ServerStats struct {
	Connections int // open now
	Objects     int // alive now
	Running     int // uses of objects that wait or run now
	Overdue     int // running now though their caller was answered: their context is being ignored

	Messages  int64 // received
	Ignored   int64 // messages that were no RPC and that no object takes
	Malformed int64 // RPC messages that were refused as a whole
	Refused   int64 // handshakes
	Calls     int64 // batch items that were run
	Failed    int64 // items that were answered with an error
	Timeouts  int64 // items that were answered at their deadline
	Late      int64 // results that came after the answer and were dropped
	Panics    int64 // of user code
	Evictions int64 // objects dropped by EvictIdle

	Downstream int64 // messages given to connections by SendDownstream
	Dropped    int64 // messages of SendDownstream that a connection did not take
}

// Stats returns the server's counters. They are read one by one, while calls go on.
func (s *Server) Stats() ServerStats {
	s.mu.Lock()
	open := len(s.conns)
	s.mu.Unlock()
	objects := 0
	for _, b := range *s.bindings.Load() {
		objects += int(b.lives.Load())
	}
	c := &s.stats
	return ServerStats{
		Connections: open,
		Objects:     objects,
		Running:     int(s.running.Load()),
		Overdue:     int(c.overdue.Load()),
		Messages:    c.messages.Load(),
		Ignored:     c.ignored.Load(),
		Malformed:   c.malformed.Load(),
		Refused:     c.refused.Load(),
		Calls:       c.calls.Load(),
		Failed:      c.failed.Load(),
		Timeouts:    c.timeouts.Load(),
		Late:        c.late.Load(),
		Panics:      c.panics.Load(),
		Evictions:   c.evictions.Load(),
		Downstream:  c.downstream.Load(),
		Dropped:     c.dropped.Load(),
	}
}
