package room_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
	"github.com/millrace/millrace/internal/room"
	"github.com/millrace/millrace/transports/memtransport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// event is any of the messages of a room.
type event struct {
	Type string    `millrace:"type"`
	ID   int       `millrace:"id"`
	Name string    `millrace:"name"`
	Text string    `millrace:"text"`
	Time time.Time `millrace:"time"`
}

type lobby struct {
	t *testing.T
	l *memtransport.Listener
}

func open(t *testing.T) *lobby {
	t.Helper()
	srv, err := core.NewServer(lmzcodec.New(), core.AllowAnonymousClientID(), core.WithLimits(core.Limits{ConnectionsPerID: core.NoLimit}))
	if err != nil {
		t.Fatal(err)
	}
	if err := room.Register(srv); err != nil {
		t.Fatal(err)
	}
	l, err := memtransport.NewListener(srv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := errors.Join(l.Close(ctx), srv.Shutdown(ctx)); err != nil {
			t.Error(err)
		}
	})
	return &lobby{t, l}
}

// person connects under a client id, and hears when events is not nil.
func (o *lobby) person(id string, events chan event) *core.Client {
	o.t.Helper()
	var opts []memtransport.Option
	if id != "" {
		opts = append(opts, memtransport.ClientID(id))
	}
	tr, err := o.l.Transport(core.Target{Binding: room.Binding, Instance: "lobby"}, opts...)
	if err != nil {
		o.t.Fatal(err)
	}
	var client []core.ClientOption
	if events != nil {
		client = append(client, core.OnDownstream(func(_ context.Context, e event) { events <- e }))
	}
	c, err := core.NewClient(tr, lmzcodec.New(), client...)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = c.Close() })
	call[[]room.Participant](o, c, "participants") // when it is answered, the room knows of the connection
	return c
}

func (o *lobby) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	o.t.Cleanup(cancel)
	return ctx
}

func call[T any](o *lobby, c *core.Client, method string, args ...any) T {
	o.t.Helper()
	v, err := core.Call[T](o.ctx(), c, method, args...)
	if err != nil {
		o.t.Fatalf("%s: %v", method, err)
	}
	return v
}

func (o *lobby) refused(c *core.Client, code, method string, args ...any) {
	o.t.Helper()
	_, err := c.Call(method, args...).Await(o.ctx())
	thrown, ok := errors.AsType[*value.Error](err)
	if !ok {
		o.t.Errorf("%s: %v, want an error with the code %s", method, err, code)
		return
	}
	if got, _ := thrown.Props.Get("code"); got != code {
		o.t.Errorf("%s: %v with the code %v, want %s", method, err, got, code)
	}
}

func (o *lobby) hears(events chan event, kind, name, text string, id int) {
	o.t.Helper()
	select {
	case e := <-events:
		if e.Type != kind || e.Name != name || e.Text != text || e.ID != id {
			o.t.Errorf("heard %+v, want %s %q %q %d", e, kind, name, text, id)
		}
		if kind == "message" && time.Since(e.Time).Abs() > time.Minute {
			o.t.Errorf("the message is of %v", e.Time)
		}
	case <-time.After(patience):
		o.t.Fatalf("nothing heard, want %s %q %q", kind, name, text)
	}
}

func TestRoom_JoinPostAndHear(t *testing.T) {
	t.Parallel()
	o := open(t)
	annHears, bobHears := make(chan event, 16), make(chan event, 16)
	ann, bob := o.person("ann", annHears), o.person("bob", bobHears)
	joined := call[room.Joined](o, ann, "join", "  Ann ")
	if joined.Name != "Ann" || joined.LastID != 0 || len(joined.Participants) != 1 || joined.Participants[0] != (room.Participant{Name: "Ann", Online: true}) {
		t.Errorf("join = %+v", joined)
	}
	o.hears(annHears, "joined", "Ann", "", 0)
	o.hears(bobHears, "joined", "Ann", "", 0)
	call[room.Joined](o, bob, "join", "Bob")
	o.hears(annHears, "joined", "Bob", "", 0)
	o.hears(bobHears, "joined", "Bob", "", 0)
	for i, text := range []string{"one", "two", "three"} {
		if m := call[room.Message](o, ann, "post", text); m.ID != i+1 || m.Name != "Ann" || m.Text != text {
			t.Errorf("post = %+v", m)
		}
		o.hears(annHears, "message", "Ann", text, i+1)
		o.hears(bobHears, "message", "Ann", text, i+1)
	}
	for since, want := range map[int][]string{-1: {"one", "two", "three"}, 0: {"one", "two", "three"}, 2: {"three"}, 3: {}, 99: {}} {
		history := call[[]room.Message](o, bob, "history", since)
		var texts []string
		for _, m := range history {
			texts = append(texts, m.Text)
		}
		if fmt.Sprint(texts) != fmt.Sprint(want) {
			t.Errorf("history(%d) = %v, want %v", since, texts, want)
		}
	}
	if all := call[[]room.Message](o, bob, "history"); len(all) != 3 || all[0].ID != 1 {
		t.Errorf("history() = %+v", all)
	}
	// Joining again under the same name is no news, under another it is.
	call[room.Joined](o, ann, "join", "Ann")
	call[room.Joined](o, ann, "join", "Anna")
	o.hears(bobHears, "joined", "Anna", "", 0)
}

func TestRoom_Refusals(t *testing.T) {
	t.Parallel()
	o := open(t)
	ann, bob, nobody := o.person("ann", nil), o.person("bob", nil), o.person("", nil)
	o.refused(nobody, room.CodeNoClientID, "join", "X")
	o.refused(nobody, room.CodeNoClientID, "post", "x")
	o.refused(ann, room.CodeNotJoined, "post", "too early")
	o.refused(ann, room.CodeBadName, "join", " ")
	o.refused(ann, room.CodeBadName, "join", strings.Repeat("x", room.MaxNameBytes+1))
	o.refused(ann, room.CodeBadName, "join", "a\x1b[2J")
	o.refused(ann, room.CodeBadName, "join", "a\xed\xa0\x80")
	call[room.Joined](o, ann, "join", "Ann")
	o.refused(bob, room.CodeNameTaken, "join", "ANN")
	o.refused(ann, room.CodeBadText, "post", " \n")
	o.refused(ann, room.CodeBadText, "post", strings.Repeat("x", room.MaxTextBytes+1))
	if m := call[room.Message](o, ann, "post", strings.Repeat("x", room.MaxTextBytes)); m.ID != 1 {
		t.Errorf("after refusals the first message has the number %d", m.ID)
	}
}

// The name of somebody who left goes to who asks for it.
func TestRoom_NamesOfTheAbsent(t *testing.T) {
	t.Parallel()
	o := open(t)
	ann, bob := o.person("ann", nil), o.person("bob", nil)
	call[room.Joined](o, ann, "join", "Ann")
	call[room.Joined](o, bob, "join", "Bob")
	if err := ann.Close(); err != nil {
		t.Fatal(err)
	}
	want := []room.Participant{{Name: "Ann"}, {Name: "Bob", Online: true}}
	for deadline := time.Now().Add(patience); ; {
		got := call[[]room.Participant](o, bob, "participants")
		if fmt.Sprint(got) == fmt.Sprint(want) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("participants = %+v, want %+v", got, want)
		}
	}
	call[room.Joined](o, bob, "join", "ann")
	if got := call[[]room.Participant](o, bob, "participants"); len(got) != 1 || got[0].Name != "ann" {
		t.Errorf("participants = %+v", got)
	}
}

func TestRoom_HistoryIsBounded(t *testing.T) {
	t.Parallel()
	o := open(t)
	ann := o.person("ann", nil)
	call[room.Joined](o, ann, "join", "Ann")
	const extra = 5
	refs := make([]*core.Ref, 0, room.MaxHistory/2+extra)
	for range 2 { // a batch takes at most 1,000 items
		refs = refs[:0]
		for range room.MaxHistory/2 + extra {
			refs = append(refs, ann.Call("post", "x"))
		}
		if err := ann.Batch(o.ctx(), refs...); err != nil {
			t.Fatal(err)
		}
	}
	all := call[[]room.Message](o, ann, "history")
	if len(all) != room.MaxHistory || all[0].ID != 2*extra+1 || all[len(all)-1].ID != room.MaxHistory+2*extra {
		t.Errorf("history holds %d messages, the first has the number %d", len(all), all[0].ID)
	}
	if got := call[[]room.Message](o, ann, "history", room.MaxHistory+2*extra-1); len(got) != 1 {
		t.Errorf("history of the last one: %d messages", len(got))
	}
}

// In a full room, whoever is away makes place; when all are there, nobody enters.
func TestRoom_Full(t *testing.T) {
	t.Parallel()
	o := open(t)
	for i := range room.MaxParticipants - 1 {
		call[room.Joined](o, o.person(fmt.Sprint("id-", i), nil), "join", fmt.Sprint("name-", i))
	}
	last := o.person("last", nil)
	call[room.Joined](o, last, "join", "Last")
	late := o.person("late", nil)
	o.refused(late, room.CodeRoomFull, "join", "Late")
	if err := last.Close(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; {
		if _, err := core.Call[room.Joined](o.ctx(), late, "join", "Late"); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	if got := call[[]room.Participant](o, late, "participants"); len(got) != room.MaxParticipants {
		t.Errorf("%d participants", len(got))
	}
}
