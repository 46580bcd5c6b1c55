package link

import (
	"sync/atomic"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
)

// Session is one accepted connection of a [Hub]. It implements [core.Session] and
// [core.Broadcaster].
type Session struct {
	connection
	hub   *Hub
	hs    core.Handshake
	value any
	auto  *core.AutoResponse
	own   core.Limits

	// turn is twice the number of hand-offs, plus one while the reader is in a
	// handler. Its value tells a goroutine whether it still is the reader.
	turn     atomic.Uint64
	running  atomic.Int32 // handler calls
	draining atomic.Bool
}

var (
	_ core.Session     = (*Session)(nil)
	_ core.Broadcaster = (*Session)(nil)
)

// Handshake is what the client said.
func (s *Session) Handshake() core.Handshake { return s.hs }

// Value is what the handler put into [core.Settings].
func (s *Session) Value() any { return s.value }

// Send queues a message. On overflow the session is closed with CloseSlowConsumer.
func (s *Session) Send(m core.Message) error {
	if fault.Over(len(m.Data), s.own.MessageBytes) {
		return tooBig(s.hs.Transport, len(m.Data), &s.own)
	}
	_, err := s.out.push(m)
	return s.sent(err)
}

// sent turns an error of the outbox into that of Send.
func (s *Session) sent(err error) error {
	switch err {
	case nil:
		return nil
	case errFull:
		s.shut(fault.CloseSlowConsumer, "slow consumer", true, nil)
		return fault.New(fault.CodeLimit, "%s: the client's queue is over its limit of %d bytes or %d messages (settings: QueueBytes, QueueMessages)",
			s.hs.Transport, s.own.QueueBytes, s.own.QueueMessages)
	}
	return fault.New(fault.CodeClosed, "%s: the session has ended", s.hs.Transport)
}

// SendAll does what Send does for each of sessions, which are all of the same
// hub, with one frame that they share.
func (s *Session) SendAll(sessions []core.Session, m core.Message) []error {
	errs := make([]error, len(sessions))
	if len(sessions) == 0 {
		return errs
	}
	if fault.Over(len(m.Data), s.own.MessageBytes) {
		for i := range errs {
			errs[i] = tooBig(s.hs.Transport, len(m.Data), &s.own)
		}
		return errs
	}
	frame := s.out.frame(m)
	for i, other := range sessions {
		o, ok := other.(*Session)
		if !ok || o.hub != s.hub {
			errs[i] = other.Send(m)
			continue
		}
		errs[i] = o.sent(o.out.pushShared(frame))
	}
	for i, other := range sessions {
		if o, ok := other.(*Session); ok && errs[i] == nil {
			o.out.flush()
		}
	}
	return errs
}

// Close sends the close code after what is queued. A code that may not travel is
// sent as CloseNormal. It returns at once; after CloseTimeout the connection is cut off.
func (s *Session) Close(code core.CloseCode, reason string) error {
	if !code.Sendable() {
		code = fault.CloseNormal
	}
	s.shut(code, reason, false, nil)
	return nil
}

// Cut ends the connection without a close frame, as a broken network would.
func (s *Session) Cut() { s.cut(errCut) }

var errCut = fault.New(fault.CodeClosed, "connection cut off")

// HandOff lets another goroutine read on while the current handler call continues.
// A second one in the same call could hand off the call that the new reader is in, which
// would let calls begin out of order: there is nothing by which to tell them apart.
func (s *Session) HandOff() {
	v := s.turn.Load()
	if v&1 == 0 || !s.turn.CompareAndSwap(v, v+1) {
		return // not in a handler call that still reads
	}
	s.activity.Add(1)
	if !s.hub.workers.read(s) {
		s.turn.Store(v) // after a shutdown: the caller stays the reader
	}
}

// handling reports whether the reader is in a handler call.
func (s *Session) handling() bool { return s.turn.Load()&1 == 1 }

// serve reads until the session ends or was handed off.
func (s *Session) serve() {
	h, cr := s.hub.handler, s.hub.crew
	for {
		m, ok := s.next()
		if !ok {
			s.finish()
			return
		}
		if s.auto != nil && !m.Binary && string(m.Data) == s.auto.Request {
			_ = s.Send(core.Message{Data: []byte(s.auto.Response)}) // an error ended the session
			continue
		}
		s.running.Add(1)
		if s.draining.Load() {
			s.ran()
			continue
		}
		turn := s.turn.Load()
		s.turn.Store(turn + 1)
		cr.enter()
		h.Message(s, m)
		cr.leave()
		s.activity.Add(1)
		mine := s.turn.CompareAndSwap(turn+1, turn)
		s.ran()
		if !mine {
			return
		}
	}
}

// ran counts a handler call out; the last one of a draining session closes it.
func (s *Session) ran() {
	if s.running.Add(-1) == 0 && s.draining.Load() {
		s.shut(fault.CloseGoingAway, "the server is shutting down", false, nil)
	}
}

// drain closes the session as soon as no handler call runs.
func (s *Session) drain() {
	s.draining.Store(true)
	if s.running.Load() == 0 {
		s.shut(fault.CloseGoingAway, "the server is shutting down", false, nil)
	}
}

// finish reports the end.
func (s *Session) finish() {
	info := s.end()
	cr := s.hub.crew
	cr.enter()
	s.hub.handler.Closed(s, info)
	cr.leave()
	s.hub.log.Debug("link: session ended", "transport", s.hs.Transport, "target", s.hs.Target.String(),
		"code", uint16(info.Code), "clean", info.Clean, "error", info.Err)
	s.hub.release(s)
}
