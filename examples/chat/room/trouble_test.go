package room_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
	"github.com/millrace/millrace/examples/chat/room"
)

// lock locks the file for those who write, until unlock is called.
func (h *house) lock() (unlock func()) {
	h.t.Helper()
	db, err := sql.Open("sqlite", h.path)
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := db.Conn(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := c.ExecContext(context.Background(), "BEGIN EXCLUSIVE"); err != nil {
		h.t.Fatal(err)
	}
	return func() {
		_, err := c.ExecContext(context.Background(), "ROLLBACK")
		if err := errors.Join(err, c.Close(), db.Close()); err != nil {
			h.t.Error(err)
		}
	}
}

// A message that could not be stored was not posted; all else goes on.
func TestStorage_Locked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, bob := h.join("lobby", "id-ann", "Ann"), h.join("lobby", "id-bob", "Bob")
	ann.hears("joined")
	call[room.Message](ann, "postMessage", "before")
	ann.hears("message")
	bob.hears("message")
	unlock := h.lock()
	const locked = "the history cannot be written just now: the database is locked. "
	ann.refused(room.CodeStorage, locked+"Your message was not posted; try again.", "postMessage", "lost", "key")
	ann.refused(room.CodeStorage, locked+"The settings were not changed; try again.", "updateSettings", mapOf("topic", "Tea"))

	call[any](ann, "typing")
	bob.hears("typing") // and neither message nor settings
	cat := h.connect("lobby", "id-cat")
	if joined := call[room.Joined](cat, "join", "Cat"); joined.LastID != 1 || len(joined.Participants) != 3 {
		t.Errorf("join = %+v", joined)
	}
	bob.hears("joined")
	same(t, "the history", texts(call[room.Page](cat, "getMessagesSince")), []string{"1:before"})
	if topic, _ := cat.get("getSettings").(*value.Map).Get("topic"); topic != "" {
		t.Errorf("the topic is %q", topic)
	}
	unlock()
	if m := call[room.Message](ann, "postMessage", "again", "key"); m.ID != 2 || m.Text != "again" {
		t.Errorf("the message that was lost is there: %+v", m)
	}
	same(t, "Bob hears", bob.hears("message").Text, "again")
}

// Nobody waits long for a locked file because of others.
func TestStorage_LockedForManyRooms(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rooms := []*client{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		rooms = append(rooms, h.join(name, "id-ann", "Ann"))
	}
	defer h.lock()()
	outcomes := make(chan error)
	began := time.Now()
	for _, c := range rooms {
		for range 3 {
			go func() {
				_, err := core.Call[room.Message](c.ctx(), c.Client, "postMessage", "lost")
				outcomes <- err
			}()
		}
	}
	for range 3 * len(rooms) {
		if _, ok := errors.AsType[*value.Error](<-outcomes); !ok {
			t.Error("it is not refused")
		}
	}
	if took := time.Since(began); took > 9*time.Second { // one after the other: 18 s
		t.Errorf("it took %v", took)
	}
}

// Where there is no history at all, people can meet, and hear of it when it is there.
func TestStorage_NotThere(t *testing.T) {
	t.Parallel()
	first := newHouse(t)
	ann := first.join("lobby", "id-ann", "Ann")
	call[room.Message](ann, "postMessage", "before")
	call[*value.Map](ann, "updateSettings", mapOf("topic", "Tea"))
	first.stop()
	aside := first.path + ".aside"
	must(t, os.Rename(first.path, aside))
	must(t, os.Mkdir(first.path, 0o700))

	h := openHouse(t, first.path)
	ann = h.connect("lobby", "id-ann")
	const read = "the history cannot be read just now: the file cannot be opened. "
	const written = "the history cannot be written just now: the file cannot be opened. "
	joined := call[room.Joined](ann, "join", "Ann")
	if joined.LastID != -1 || joined.Trouble+" " != read {
		t.Errorf("join = %+v", joined)
	}
	ann.hears("joined")
	bob := h.join("lobby", "id-bob", "Bob")
	ann.hears("joined")
	ann.refused(room.CodeStorage, read+"Try again.", "getMessagesSince", 0)
	ann.refused(room.CodeStorage, read+"Try again.", "getMessagesSince")
	ann.refused(room.CodeStorage, read+"Try again.", "getMessagesBefore", 5)
	ann.refused(room.CodeStorage, written+"Your message was not posted; try again.", "postMessage", "lost")
	ann.refused(room.CodeStorage, read+"The settings were not changed; try again.", "updateSettings", mapOf("topic", "Tea"))
	if limit, _ := ann.get("getSettings").(*value.Map).Get("maxTextLength"); limit != float64(room.MaxTextBytes) {
		t.Errorf("the limit is %v", limit)
	}

	must(t, os.Remove(h.path))
	must(t, os.Rename(aside, h.path))
	if m := call[room.Message](ann, "postMessage", "after"); m.ID != 2 {
		t.Errorf("the next message has the number %d", m.ID)
	}
	if topic, _ := bob.hears("settings").Settings.Get("topic"); topic != "Tea" { // of which she had heard nothing yet
		t.Errorf("the topic is %q", topic)
	}
	same(t, "Bob hears", bob.hears("message").Text, "after")
	same(t, "the history", texts(call[room.Page](bob, "getMessagesSince", 0)), []string{"1:before", "2:after"})
}

// When the file was taken away, the numbers begin again, and people hear that first.
func TestHistory_BeginsAnew(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, bob := h.join("lobby", "id-ann", "Ann"), h.join("lobby", "id-bob", "Bob")
	ann.hears("joined")
	for range 2 {
		call[room.Message](ann, "postMessage", "before")
		ann.hears("message")
		bob.hears("message")
	}
	must(t, os.Remove(h.path))
	if m := call[room.Message](ann, "postMessage", "after"); m.ID != 1 {
		t.Errorf("the first message has the number %d", m.ID)
	}
	ann.hears("history", "message")
	bob.hears("history", "message")
	call[room.Message](ann, "postMessage", "after that")
	ann.hears("message")
	bob.hears("message")
	must(t, os.Remove(h.path))
	if joined := call[room.Joined](bob, "join", "Bob"); joined.LastID != 0 {
		t.Errorf("join = %+v", joined)
	}
	ann.hears("history")
	bob.hears("history")
	bob.silent()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
