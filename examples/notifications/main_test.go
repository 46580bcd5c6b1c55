package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
	"github.com/millrace/millrace/transports/memtransport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second

// office is a server in memory, in a bubble.
type office struct {
	t *testing.T
	l *memtransport.Listener
}

// bubble runs a test with an office, on a clock of its own.
func bubble(t *testing.T, test func(o *office)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, err := newServer()
		if err != nil {
			t.Fatal(err)
		}
		l, err := memtransport.NewListener(srv)
		if err != nil {
			t.Fatal(err)
		}
		test(&office{t, l})
		synctest.Wait()
		if stats := srv.Stats(); stats.Panics > 0 || stats.Running > 0 {
			t.Errorf("at the end: %+v", stats)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := errors.Join(l.Close(ctx), srv.Shutdown(ctx)); err != nil {
			t.Error(err)
		}
	})
}

// heard is any of the messages.
type heard struct {
	Type    string    `millrace:"type"`
	Job     string    `millrace:"job"`
	Kind    string    `millrace:"kind"`
	Percent int       `millrace:"percent"`
	Stage   string    `millrace:"stage"`
	Outcome string    `millrace:"outcome"`
	From    string    `millrace:"from"`
	Text    string    `millrace:"text"`
	Time    time.Time `millrace:"time"`
}

func (h heard) String() string {
	switch h.Type {
	case "progress":
		return fmt.Sprintf("%s %s %d%% %s", h.Job, h.Kind, h.Percent, h.Stage)
	case "ended":
		return fmt.Sprintf("%s %s: %s", h.Job, h.Outcome, h.Text)
	}
	return fmt.Sprintf("%s from %s: %s", h.Type, h.From, h.Text)
}

// window is a page that somebody has open.
type window struct {
	o      *office
	client *core.Client
	hears  chan heard
}

// window opens one for a user; without a name it cannot hear.
func (o *office) window(user string) *window {
	o.t.Helper()
	w := &window{o: o, hears: make(chan heard, 1000)}
	var opts []memtransport.Option
	var client []core.ClientOption
	if user != "" {
		opts = append(opts, memtransport.ClientID(user))
		client = append(client, core.OnDownstream(func(_ context.Context, h heard) { w.hears <- h }))
	}
	tr, err := o.l.Transport(core.Target{Binding: binding, Instance: "office"}, opts...)
	if err != nil {
		o.t.Fatal(err)
	}
	if w.client, err = core.NewClient(tr, lmzcodec.New(), client...); err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = w.client.Close() })
	if err := w.client.Connect(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
	return w
}

// all is what the window heard until nothing more comes without time going on.
func (w *window) all() (texts []string) {
	synctest.Wait()
	for {
		select {
		case h := <-w.hears:
			texts = append(texts, h.String())
		default:
			return texts
		}
	}
}

// outcome is what a call came to.
type outcome[T any] struct {
	result T
	err    error
}

// start begins a job and returns where its outcome arrives.
func (w *window) start(ctx context.Context, args ...any) chan outcome[Result] {
	done := make(chan outcome[Result], 1)
	go func() {
		r, err := core.Call[Result](ctx, w.client, "start", args...)
		done <- outcome[Result]{r, err}
	}()
	return done
}

// codeOf is the code of a thrown error.
func codeOf(err error) string {
	if thrown, ok := errors.AsType[*value.Error](err); ok {
		code, _ := thrown.Props.Get("code")
		return fmt.Sprint(code)
	}
	return fmt.Sprintf("no code: %v", err)
}
