package link_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/memtransport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var room = core.Target{Binding: "ROOM", Instance: "1"}

func text(s string) core.Message { return core.Message{Data: []byte(s)} }

// pair is a listener with one transport. Its tests run in synctest bubbles.
type pair struct {
	*memtransport.Transport
	l *memtransport.Listener

	mu     sync.Mutex
	got    []string
	closes []core.CloseInfo
	opens  []bool
	again  bool // what the close handler answers
}

func newPair(t *testing.T, h core.Handler, limits core.Limits) *pair {
	t.Helper()
	l, err := memtransport.NewListener(h, memtransport.Limits(limits))
	if err != nil {
		t.Fatal(err)
	}
	p := newClient(t, l, limits)
	t.Cleanup(func() { _ = l.Close(context.Background()) })
	return p
}

func newClient(t *testing.T, l *memtransport.Listener, limits core.Limits) *pair {
	t.Helper()
	tr, err := l.Transport(room, memtransport.Limits(limits))
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{Transport: tr, l: l, again: true}
	tr.SetMessageHandler(func(m core.Message) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.got = append(p.got, string(m.Data))
		return true
	})
	tr.SetOpenHandler(func(reopened bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.opens = append(p.opens, reopened)
	})
	tr.SetCloseHandler(func(c core.CloseInfo) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.closes = append(p.closes, c)
		return p.again
	})
	t.Cleanup(func() { _ = tr.Close(core.CloseNormal, "") })
	return p
}

func (p *pair) received() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

func (p *pair) losses() []core.CloseInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.closes)
}

func (p *pair) opened() []bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.opens)
}

func (p *pair) answer(again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.again = again
}

func mustConnect(t *testing.T, p *pair) {
	t.Helper()
	if err := p.Connect(t.Context()); err != nil {
		t.Fatalf("Connect() error = %v", err)
	}
}

func mustSend(t *testing.T, p *pair, s string) uint64 {
	t.Helper()
	seq, err := p.Send(t.Context(), text(s))
	if err != nil {
		t.Fatalf("Send(%q) error = %v", s, err)
	}
	return seq
}
