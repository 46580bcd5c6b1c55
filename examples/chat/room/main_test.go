package room_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
	"github.com/millrace/millrace/examples/chat/room"
	"github.com/millrace/millrace/examples/chat/store"
	"github.com/millrace/millrace/transports/memtransport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// house is a server with its rooms, and the file that they use.
type house struct {
	t    *testing.T
	path string
	l    *memtransport.Listener
	stop func()
}

func newHouse(t *testing.T) *house { return openHouse(t, filepath.Join(t.TempDir(), "chat.db")) }

// openHouse serves until stop is called, or the test ends.
func openHouse(t *testing.T, path string) *house {
	t.Helper()
	srv, err := core.NewServer(lmzcodec.New(), core.AllowAnonymousClientID())
	if err != nil {
		t.Fatal(err)
	}
	history := store.New(path, slog.New(slog.DiscardHandler))
	if err := room.Register(srv, history); err != nil {
		t.Fatal(err)
	}
	l, err := memtransport.NewListener(srv)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, path: path, l: l}
	stopped := false
	h.stop = func() {
		if stopped {
			return
		}
		stopped = true
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := errors.Join(l.Close(ctx), srv.Shutdown(ctx), history.Close()); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(h.stop)
	return h
}

// event is any of the messages that rooms send.
type event struct {
	Type         string             `millrace:"type"`
	ID           int64              `millrace:"id"`
	From         string             `millrace:"from"`
	Text         string             `millrace:"text"`
	Time         time.Time          `millrace:"time"`
	Own          bool               `millrace:"own"`
	Key          string             `millrace:"key"`
	Name         string             `millrace:"name"`
	Former       string             `millrace:"former"`
	Participants []room.Participant `millrace:"participants"`
	Settings     *value.Map         `millrace:"settings"`
}

// client is one connection of somebody to a room.
type client struct {
	t *testing.T
	*core.Client
	events chan event
}

// connect comes under a client id, which may be empty: then it cannot hear.
func (h *house) connect(name, id string) *client {
	h.t.Helper()
	c := h.dial(name, id)
	c.get("getParticipants") // when it is answered, the room knows of the connection
	return c
}

func (h *house) dial(name, id string) *client {
	h.t.Helper()
	c := &client{t: h.t, events: make(chan event, 4096)}
	var opts []memtransport.Option
	var copts []core.ClientOption
	if id != "" {
		opts = append(opts, memtransport.ClientID(id))
		copts = append(copts, core.OnDownstream(func(_ context.Context, e event) { c.events <- e }))
	}
	tr, err := h.l.Transport(core.Target{Binding: room.Binding, Instance: name}, opts...)
	if err != nil {
		h.t.Fatal(err)
	}
	if c.Client, err = core.NewClient(tr, lmzcodec.New(), copts...); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	return c
}

// join connects and joins, and reads what everybody hears of it from the newcomer.
func (h *house) join(roomName, id, name string) *client {
	h.t.Helper()
	c := h.connect(roomName, id)
	call[room.Joined](c, "join", name)
	c.hears("joined")
	return c
}

func (c *client) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	c.t.Cleanup(cancel)
	return ctx
}

func call[T any](c *client, method string, args ...any) T {
	c.t.Helper()
	v, err := core.Call[T](c.ctx(), c.Client, method, args...)
	if err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
	return v
}

// get calls for the value model's sake, to see what really travels.
func (c *client) get(method string, args ...any) any {
	c.t.Helper()
	return call[any](c, method, args...)
}

func (c *client) refused(code, sentence, method string, args ...any) {
	c.t.Helper()
	_, err := c.Call(method, args...).Await(c.ctx())
	thrown, ok := errors.AsType[*value.Error](err)
	if !ok {
		c.t.Errorf("%s%v: %v, want an error with the code %s", method, args, err, code)
		return
	}
	if got, _ := thrown.Props.Get("code"); got != code || thrown.Message != sentence {
		c.t.Errorf("%s%.40v: code %v, %q,\nwant %s, %q", method, args, got, thrown.Message, code, sentence)
	}
}

// next is the next event that is heard.
func (c *client) next() event {
	c.t.Helper()
	select {
	case e := <-c.events:
		return e
	case <-time.After(patience):
		c.t.Fatal("nothing is heard")
		return event{}
	}
}

// hears takes events of these kinds, in this order, and returns the last one.
func (c *client) hears(kinds ...string) (e event) {
	c.t.Helper()
	for _, kind := range kinds {
		if e = c.next(); e.Type != kind {
			c.t.Fatalf("heard %+v, want %q", e, kind)
		}
	}
	return e
}

// silent checks that nothing was sent to c up to now: what is sent to one connection arrives in order,
// so the next that arrives must be what c itself provokes.
func (c *client) silent() {
	c.t.Helper()
	m := call[room.Message](c, "postMessage", "marker")
	if e := c.next(); e.Type != "message" || e.ID != m.ID {
		c.t.Errorf("heard %+v, want nothing", e)
	}
}

func people(names ...string) []room.Participant {
	list := []room.Participant{}
	for _, name := range names {
		list = append(list, room.Participant{Name: name})
	}
	return list
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func texts(page room.Page) (list []string) {
	for i, m := range page.Messages {
		list = append(list, fmt.Sprintf("%d:%s", m.ID, m.Text))
		if i > 0 && m.ID != page.Messages[i-1].ID+1 {
			list = append(list, "GAP")
		}
	}
	return list
}
