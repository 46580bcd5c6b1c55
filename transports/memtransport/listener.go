package memtransport

import (
	"context"
	"sync"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/link"
)

// Name is the transport's name in handshakes, errors and logs.
const Name = "memory"

// Listener is an in-memory server: a place to which transports connect.
type Listener struct {
	hub *link.Hub

	mu      sync.Mutex // guards what follows
	refuse  *core.Reject
	closing bool
	served  chan struct{} // closed by Close
}

var _ core.Listener = (*Listener)(nil)

// NewListener returns a listener that gives its connections to h and accepts at
// once. Of the options, [Limits] and [Logger] count. Whoever makes one closes it.
func NewListener(h core.Handler, opts ...Option) (*Listener, error) {
	cfg := makeConfig(opts)
	hub, err := link.NewHub(h, link.HubConfig{Limits: cfg.limits, Logger: cfg.logger})
	if err != nil {
		return nil, err
	}
	return &Listener{hub: hub, served: make(chan struct{})}, nil
}

// Transport returns a transport to one object behind the listener. It does not
// connect yet.
func (l *Listener) Transport(target core.Target, opts ...Option) (*Transport, error) {
	return newTransport(l, target, makeConfig(opts))
}

// Serve waits until ctx is done or Close is called, and returns nil. A listener
// accepts without it too. Its handler is that of NewListener; h must be nil or the same.
func (l *Listener) Serve(ctx context.Context, _ core.Handler) error {
	select {
	case <-ctx.Done():
	case <-l.served:
	}
	return nil
}

// Addr is "memory".
func (l *Listener) Addr() string { return Name }

// Stop refuses new connections and cuts the existing ones off without a close
// frame, as a server that was killed.
func (l *Listener) Stop() {
	l.Refuse(&core.Reject{Status: 503, Text: "the listener is stopped", Code: fault.CloseGoingAway})
	l.Drop(fault.CloseAbnormal, "")
}

// Start accepts connections again after Stop or Refuse.
func (l *Listener) Start() { l.Refuse(nil) }

// Refuse answers every new connection with r; nil ends that. Existing ones stay.
func (l *Listener) Refuse(r *core.Reject) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refuse = r
}

// Drop closes every connection with the code, or, with CloseAbnormal, cuts them off
// without a close frame. It returns how many there were.
func (l *Listener) Drop(code core.CloseCode, reason string) int {
	n := 0
	l.hub.Each(func(s *link.Session) {
		n++
		if code == fault.CloseAbnormal {
			s.Cut()
			return
		}
		_ = s.Close(code, reason) // always nil
	})
	return n
}

// Sessions counts the open connections.
func (l *Listener) Sessions() int { return l.hub.Sessions() }

// Close drains: see [link.Hub.Shutdown].
func (l *Listener) Close(ctx context.Context) error {
	l.mu.Lock()
	if !l.closing {
		l.closing = true
		close(l.served)
	}
	l.mu.Unlock()
	return l.hub.Shutdown(ctx)
}

// accept makes a connection and returns the client's end.
func (l *Listener) accept(ctx context.Context, hs core.Handshake, clientLimit int) (link.Conn, error) {
	l.mu.Lock()
	reject := l.refuse
	l.mu.Unlock()
	if reject != nil {
		return nil, link.Refused(Name, reject.Status, reject.Text, link.RetryAfter(reject.Header))
	}
	ticket, reject := l.hub.Accept(ctx, hs)
	if reject != nil {
		return nil, link.Refused(Name, reject.Status, reject.Text, link.RetryAfter(reject.Header))
	}
	limits := ticket.Limits()
	client, server := connect(clientLimit, limits.MessageBytes)
	ticket.Open(server, nil) // the client's end is returned after this
	return client, nil
}
