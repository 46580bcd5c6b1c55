package link

import (
	"cmp"
	"context"
	"log/slog"
	"sync"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
)

// HubConfig is what a listener gives to [NewHub].
type HubConfig struct {
	Limits core.Limits  // fields that are set win over what the handler decides for a session
	Logger *slog.Logger // nil: discard
}

// Hub keeps the sessions of one listener.
type Hub struct {
	handler core.Handler
	given   core.Limits // as configured
	limits  core.Limits // with defaults
	log     *slog.Logger
	crew    *crew
	workers workers

	mu       sync.Mutex // guards what follows
	sessions map[*Session]struct{}
	admitted int // sessions and open tickets
	draining bool
	changed  chan struct{} // closed when admitted changes during a drain
}

// NewHub returns a hub whose sessions are served by h.
func NewHub(h core.Handler, cfg HubConfig) (*Hub, error) {
	if h == nil {
		return nil, fault.New(fault.CodeConfig, "link: the handler is nil")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cr := newCrew()
	return &Hub{
		handler:  h,
		given:    cfg.Limits,
		limits:   cfg.Limits.WithDefaults(),
		log:      cfg.Logger,
		crew:     cr,
		workers:  workers{crew: cr},
		sessions: make(map[*Session]struct{}),
		changed:  make(chan struct{}),
	}, nil
}

// Limits is what bounds a connection before its session is accepted.
func (h *Hub) Limits() core.Limits { return h.limits }

// Sessions counts the open sessions.
func (h *Hub) Sessions() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.sessions)
}

// Ticket is an accepted handshake that is not answered yet. It must be ended by
// Open or Cancel.
type Ticket struct {
	hub      *Hub
	hs       core.Handshake
	settings core.Settings
	limits   core.Limits
	used     bool
}

// Accept asks the handler about a handshake, after checking that there is room.
func (h *Hub) Accept(ctx context.Context, hs core.Handshake) (*Ticket, *core.Reject) {
	h.mu.Lock()
	switch {
	case h.draining:
		h.mu.Unlock()
		return nil, &core.Reject{Status: 503, Text: "the server is shutting down", Code: fault.CloseGoingAway}
	case fault.Over(h.admitted+1, h.limits.Connections):
		h.mu.Unlock()
		h.log.Warn("link: connection refused: too many", "limit", h.limits.Connections)
		return nil, &core.Reject{Status: 503, Text: "too many connections", Code: fault.ClosePolicy}
	}
	h.admitted++
	h.mu.Unlock()
	t := &Ticket{hub: h, hs: hs}
	accepted := false
	defer func() {
		if !accepted { // refused, or the handler panicked
			t.Cancel()
		}
	}()
	set, reject := h.handler.Accept(ctx, hs)
	if reject != nil {
		return nil, reject
	}
	accepted = true
	t.settings, t.limits = set, h.merge(set.Limits)
	return t, nil
}

// merge completes what the hub was configured with by what the handler decided.
func (h *Hub) merge(l core.Limits) core.Limits {
	g := h.given
	l.MessageBytes = cmp.Or(g.MessageBytes, l.MessageBytes)
	l.Fragments = cmp.Or(g.Fragments, l.Fragments)
	l.AssemblyTime = cmp.Or(g.AssemblyTime, l.AssemblyTime)
	l.ControlFrames = cmp.Or(g.ControlFrames, l.ControlFrames)
	l.PingInterval = cmp.Or(g.PingInterval, l.PingInterval)
	l.PongWait = cmp.Or(g.PongWait, l.PongWait)
	l.WriteTimeout = cmp.Or(g.WriteTimeout, l.WriteTimeout)
	l.CloseTimeout = cmp.Or(g.CloseTimeout, l.CloseTimeout)
	l.QueueBytes = cmp.Or(g.QueueBytes, l.QueueBytes)
	l.QueueMessages = cmp.Or(g.QueueMessages, l.QueueMessages)
	return l.WithDefaults()
}

// Settings is what the handler decided.
func (t *Ticket) Settings() core.Settings { return t.settings }

// Limits bounds the connection of this ticket.
func (t *Ticket) Limits() core.Limits { return t.limits }

// Cancel gives the ticket back. It does nothing after Open or Cancel.
func (t *Ticket) Cancel() {
	if !t.used {
		t.used = true
		t.hub.release(nil)
	}
}

// Open makes conn a session: the handler learns of it, then answer tells the
// client, so that nothing sent to its tags from then on can miss it, and then it is read. What
// is sent meanwhile follows the answer. From here on the hub owns conn. A nil answer is none; an
// error of answer ends the session, and so does a panic of the handler, which goes on to the caller.
func (t *Ticket) Open(conn Conn, answer func() error) {
	t.used = true
	h := t.hub
	if h.crew.stopped.Load() {
		_ = conn.Close() // nobody has learned of it
		h.release(nil)
		return
	}
	s := &Session{hub: h, hs: t.hs, value: t.settings.Value, auto: t.settings.AutoResponse, own: t.limits}
	s.init(conn, h.crew, &s.own, 0, 0)
	s.beat.busy = s.handling
	s.out.hold()
	h.mu.Lock()
	h.sessions[s] = struct{}{}
	draining := h.draining
	h.mu.Unlock()
	told := false
	defer func() {
		if !told { // the handler panicked; whoever called Open deals with that
			s.cut(errCut) // before release: nothing may precede the answer
			s.out.release()
			h.abandon(s)
		}
	}()
	h.handler.Opened(s)
	if answer != nil {
		if err := answer(); err != nil {
			s.cut(err)
		}
	}
	told = true
	s.out.release()
	s.beat.start()
	if draining {
		s.drain()
	}
	if !h.workers.read(s) { // after a shutdown
		h.abandon(s)
	}
}

// abandon ends a session that has no reader.
func (h *Hub) abandon(s *Session) {
	defer h.release(s)
	s.cut(errCut)
	h.handler.Closed(s, s.end())
}

// release forgets a session, or a ticket when s is nil.
func (h *Hub) release(s *Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sessions, s)
	h.admitted--
	if h.draining {
		close(h.changed)
		h.changed = make(chan struct{})
	}
}

// Each calls f for every open session, in no order.
func (h *Hub) Each(f func(*Session)) {
	h.mu.Lock()
	all := make([]*Session, 0, len(h.sessions))
	for s := range h.sessions {
		all = append(all, s)
	}
	h.mu.Unlock()
	for _, s := range all {
		f(s)
	}
}

// Shutdown drains: nothing new is accepted; each session is closed with
// CloseGoingAway as soon as no handler call of it runs. What is left when ctx ends, or after
// DrainGrace if ctx has no deadline, is cut off, and an error of the code timeout
// returned. Afterwards no goroutine of the hub is left, except inside handlers. Idempotent.
func (h *Hub) Shutdown(ctx context.Context) error {
	if _, ok := ctx.Deadline(); !ok && h.limits.DrainGrace > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.limits.DrainGrace)
		defer cancel()
	}
	h.mu.Lock()
	h.draining = true
	h.mu.Unlock()
	h.Each((*Session).drain)
	err := h.awaitEmpty(ctx)
	if err != nil {
		h.Each(func(s *Session) { s.cut(err) })
	}
	h.workers.close()
	h.crew.stop(0)
	return err
}

func (h *Hub) awaitEmpty(ctx context.Context) error {
	for {
		h.mu.Lock()
		left, changed := h.admitted, h.changed
		h.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fault.New(fault.CodeTimeout, "link: drain: %d connections were still busy: %w", left, ctx.Err())
		}
	}
}
