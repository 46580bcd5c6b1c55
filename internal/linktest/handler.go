// Package linktest holds a core.Handler that tests of transports configure by
// functions and that writes down what it was told.
package linktest

import (
	"context"
	"sync"

	"github.com/millrace/millrace/core"
)

// Handler is a [core.Handler] for tests. Without functions it accepts everybody and
// echoes every message. The functions are set before it is used.
type Handler struct {
	OnAccept   func(ctx context.Context, hs core.Handshake) (core.Settings, *core.Reject)
	OnOpened   func(s core.Session)
	OnMessage  func(s core.Session, m core.Message)
	OnExchange func(ctx context.Context, hs core.Handshake, st core.Settings, m core.Message) (core.Message, core.Outcome)
	OnClosed   func(s core.Session, c core.CloseInfo)

	mu       sync.Mutex // guards what follows
	sessions []core.Session
	closed   []core.CloseInfo
	messages int
}

var _ core.Handler = (*Handler)(nil)

// Accept asks OnAccept, or accepts.
func (h *Handler) Accept(ctx context.Context, hs core.Handshake) (core.Settings, *core.Reject) {
	if h.OnAccept != nil {
		return h.OnAccept(ctx, hs)
	}
	return core.Settings{}, nil
}

// Opened remembers the session.
func (h *Handler) Opened(s core.Session) {
	h.mu.Lock()
	h.sessions = append(h.sessions, s)
	h.mu.Unlock()
	if h.OnOpened != nil {
		h.OnOpened(s)
	}
}

// Message counts, and calls OnMessage or echoes.
func (h *Handler) Message(s core.Session, m core.Message) {
	h.mu.Lock()
	h.messages++
	h.mu.Unlock()
	if h.OnMessage != nil {
		h.OnMessage(s, m)
		return
	}
	_ = s.Send(m) // an echo to a session that ended is lost
}

// Exchange asks OnExchange, or echoes.
func (h *Handler) Exchange(ctx context.Context, hs core.Handshake, st core.Settings, m core.Message) (core.Message, core.Outcome) {
	if h.OnExchange != nil {
		return h.OnExchange(ctx, hs, st, m)
	}
	return m, core.Succeeded
}

// Closed remembers how the session ended.
func (h *Handler) Closed(s core.Session, c core.CloseInfo) {
	h.mu.Lock()
	h.closed = append(h.closed, c)
	h.mu.Unlock()
	if h.OnClosed != nil {
		h.OnClosed(s, c)
	}
}

// Sessions returns those that were opened, in order.
func (h *Handler) Sessions() []core.Session {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]core.Session(nil), h.sessions...)
}

// Ends returns how sessions ended, in order.
func (h *Handler) Ends() []core.CloseInfo {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]core.CloseInfo(nil), h.closed...)
}

// Messages counts those that arrived.
func (h *Handler) Messages() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.messages
}
