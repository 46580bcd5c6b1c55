package link_test

import (
	"testing"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/link"
	"github.com/millrace/millrace/internal/linktest"
)

// sink is a connection that takes everything at once and says nothing.
type sink struct{ *scriptConn }

func (sink) Write(p []byte) (int, error)    { return len(p), nil }
func (sink) TryWrite(p []byte) (int, error) { return len(p), nil }

// BenchmarkSendAll sends one message to 100 sessions, and one of its own to each.
func BenchmarkSendAll(b *testing.B) {
	hub, err := link.NewHub(&linktest.Handler{}, link.HubConfig{})
	if err != nil {
		b.Fatal(err)
	}
	var sessions []core.Session
	for range 100 {
		t, _ := hub.Accept(b.Context(), core.Handshake{})
		t.Open(sink{newScript()}, nil)
	}
	hub.Each(func(s *link.Session) { sessions = append(sessions, s) })
	m := core.Message{Data: make([]byte, 1000)}
	b.ReportAllocs()
	for b.Loop() {
		sessions[0].(core.Broadcaster).SendAll(sessions, m)
		for _, s := range sessions {
			if err := s.Send(m); err != nil {
				b.Fatal(err)
			}
		}
	}
	hub.Each((*link.Session).Cut)
	_ = hub.Shutdown(b.Context())
}
