package room_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
	"github.com/millrace/millrace/examples/chat/room"
)

// Everybody hears a message, in all his connections; its author is told that it is his own.
func TestPostMessage_IsHeardByAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, bob := h.join("lobby", "id-ann", "Ann"), h.join("lobby", "id-bob", "Bob")
	ann.hears("joined")
	annToo, bobToo := h.connect("lobby", "id-ann"), h.connect("lobby", "id-bob")
	eve := h.connect("lobby", "id-eve") // has not joined
	attic := h.join("attic", "id-ann", "Ann")

	m := call[room.Message](ann, "postMessage", "hello", "key")
	if m.ID != 1 || m.Type != "message" || m.From != "Ann" || m.Text != "hello" || !m.Own || m.Key != "key" || time.Since(m.Time).Abs() > time.Minute {
		t.Errorf("postMessage = %+v", m)
	}
	others := event{Type: "message", ID: 1, From: "Ann", Text: "hello", Time: m.Time}
	own := others
	own.Own, own.Key = true, "key"
	for _, tt := range []struct {
		name string
		c    *client
		want event
	}{{"ann", ann, own}, {"ann-too", annToo, own}, {"bob", bob, others}, {"bob-too", bobToo, others}} {
		same(t, tt.name, tt.c.next(), tt.want)
	}
	call[room.Joined](eve, "join", "Eve")
	eve.hears("joined") // the first that she hears
	attic.silent()

	same(t, "history of the author", call[room.Page](annToo, "getMessagesSince", 0).Messages, []room.Message{m})
	m.Own, m.Key = false, ""
	same(t, "history of another one", call[room.Page](bob, "getMessagesSince", 0).Messages, []room.Message{m})
}

// What travels is what the page is written for.
func TestPostMessage_Wire(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.join("lobby", "id-ann", "Ann")
	got := ann.get("postMessage", "hello").(*value.Object)
	var keys []string
	for key := range got.All() {
		keys = append(keys, key)
	}
	same(t, "keys", keys, []string{"type", "id", "from", "text", "time", "own"})
	if at, _ := got.Get("time"); !at.(*value.Date).Valid() {
		t.Errorf("the time is %v", at)
	}
}

func TestPostMessage_KeyIsPostedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, bob := h.join("lobby", "id-ann", "Ann"), h.join("lobby", "id-bob", "Bob")
	ann.hears("joined")
	first := call[room.Message](ann, "postMessage", "hello", "key")
	call[room.Joined](ann, "join", "Anna")
	for _, text := range []string{"hello", "something else"} {
		same(t, "the message", call[room.Message](ann, "postMessage", text, "key"), first)
	}
	if m := call[room.Message](bob, "postMessage", "hello", "key"); m.ID != 2 || m.From != "Bob" {
		t.Errorf("the same key of another one = %+v", m)
	}
	ann.hears("message", "joined", "message")
	ann.silent()
	bob.hears("message", "joined", "message", "message")
	bob.silent()
	same(t, "the history", texts(call[room.Page](bob, "getMessagesSince", 0, 2)), []string{"1:hello", "2:hello"})

	longest := strings.Repeat("k", room.MaxKeyBytes)
	call[room.Message](ann, "postMessage", "hello", longest)
	ann.refused(room.CodeBadKey, "the key has 65 bytes, at most 64 are allowed", "postMessage", "hello", longest+"k")
}

func TestPostMessage_BadText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.connect("lobby", "id-ann")
	ann.refused(room.CodeNotJoined, notJoined, "postMessage", "hello")
	call[room.Joined](ann, "join", "Ann")
	ann.hears("joined")
	for _, text := range []string{"", "   ", "\n\t\u00a0"} {
		ann.refused(room.CodeBadText, "the text is empty", "postMessage", text)
	}
	longest := strings.Repeat("ü", room.MaxTextBytes/2)
	ann.refused(room.CodeBadText, "the text has 4001 bytes, at most 4000 are allowed", "postMessage", longest+"x")
	for i, text := range []string{longest, " spaces stay ", "a\x00b\r\n", "\xed\xa0\x80 lone"} {
		m := call[room.Message](ann, "postMessage", text)
		if want := value.ReplaceSurrogates(text); m.ID != int64(i+1) || m.Text != want {
			t.Errorf("postMessage(%.20q) = %+v", text, m)
		}
		same(t, "heard", ann.hears("message").Text, m.Text)
	}
}

// People who post at the same time in several rooms: numbers have no gaps, and everybody hears
// every message of his room, in order.
func TestPostMessage_Concurrent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const each = 12
	rooms := []string{"lobby", "attic", "cellar"}
	clients := map[string][]*client{}
	for _, name := range rooms {
		for i := range 4 {
			c := h.connect(name, fmt.Sprint("id", i))
			call[room.Joined](c, "join", fmt.Sprint("name", i))
			clients[name] = append(clients[name], c)
		}
	}
	var wg sync.WaitGroup
	for _, name := range rooms {
		for _, c := range clients[name] {
			wg.Go(func() {
				for i := range each {
					if _, err := core.Call[room.Message](c.ctx(), c.Client, "postMessage", fmt.Sprint(name, i)); err != nil {
						t.Errorf("postMessage: %v", err)
					}
				}
			})
		}
	}
	wg.Wait()
	for _, name := range rooms {
		page := call[room.Page](clients[name][0], "getMessagesSince", 0)
		if len(page.Messages) != 4*each || page.More {
			t.Fatalf("%s has %d messages, want %d", name, len(page.Messages), 4*each)
		}
		for _, c := range clients[name] {
			for want := int64(1); want <= 4*each; {
				e := c.next()
				if e.Type == "joined" {
					continue
				}
				m := page.Messages[want-1]
				if e.ID != want || m.ID != want || e.Text != m.Text || e.From != m.From || !strings.HasPrefix(e.Text, name) {
					t.Fatalf("in %s heard %+v, want number %d: %+v", name, e, want, m)
				}
				want++
			}
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.join("lobby", "id-ann", "Ann")
	const n = room.MaxPage + 30
	refs := make([]*core.Ref, n)
	for i := range refs {
		refs[i] = ann.Call("postMessage", fmt.Sprint("text", i+1))
	}
	if err := ann.Batch(ann.ctx(), refs...); err != nil {
		t.Fatal(err)
	}
	bounds := func(page room.Page) string {
		if slices.Contains(texts(page), "GAP") {
			t.Errorf("gaps in %v", texts(page))
		}
		if len(page.Messages) == 0 {
			return fmt.Sprint("none ", page.More)
		}
		return fmt.Sprint(page.Messages[0].ID, "-", page.Messages[len(page.Messages)-1].ID, " ", page.More)
	}
	for _, tt := range []struct {
		method string
		args   []any
		want   string
	}{
		{"getMessagesSince", []any{0}, "1-200 true"},
		{"getMessagesSince", []any{200}, "201-230 false"},
		{"getMessagesSince", []any{30}, "31-230 false"},
		{"getMessagesSince", []any{29}, "30-229 true"},
		{"getMessagesSince", []any{230}, "none false"},
		{"getMessagesSince", []any{1 << 40}, "none false"},
		{"getMessagesSince", []any{5, 3}, "6-8 true"},
		{"getMessagesSince", []any{0, 100000}, "1-200 true"},
		{"getMessagesSince", []any{0, 0}, "1-1 true"},
		{"getMessagesSince", []any{0, -5}, "1-1 true"},
		{"getMessagesSince", nil, "31-230 false"},
		{"getMessagesSince", []any{-1}, "31-230 false"},
		{"getMessagesSince", []any{-1, 2}, "229-230 false"},
		{"getMessagesBefore", []any{31}, "1-30 false"},
		{"getMessagesBefore", []any{31, 10}, "21-30 true"},
		{"getMessagesBefore", []any{1}, "none false"},
		{"getMessagesBefore", []any{-7}, "none false"},
		{"getMessagesBefore", []any{1 << 40, 1}, "230-230 true"},
	} {
		if got := bounds(call[room.Page](ann, tt.method, tt.args...)); got != tt.want {
			t.Errorf("%s%v = %s, want %s", tt.method, tt.args, got, tt.want)
		}
	}
	if seen := call[room.Joined](ann, "join", "Ann").LastID; seen != n {
		t.Errorf("lastId is %d, want %d", seen, n)
	}
}

// The longest messages fit into pages as well, however they are written on the wire.
func TestPages_OfLongTexts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.join("lobby", "id-ann", "Ann")
	const n = 100
	long := strings.Repeat("\x01", room.MaxTextBytes)
	for range n {
		call[room.Message](ann, "postMessage", long)
	}
	forwards, backwards := []int64{}, []int64{}
	for last, more := int64(0), true; more; {
		page := call[room.Page](ann, "getMessagesSince", last)
		for _, m := range page.Messages {
			forwards = append(forwards, m.ID)
			last = m.ID
		}
		more = page.More
	}
	for first, more := int64(n+1), true; more; {
		page := call[room.Page](ann, "getMessagesBefore", first)
		for _, m := range slices.Backward(page.Messages) {
			backwards = append(backwards, m.ID)
			first = m.ID
		}
		more = page.More
	}
	slices.Reverse(backwards)
	same(t, "backwards", backwards, forwards)
	if len(forwards) != n || forwards[0] != 1 || forwards[n-1] != n {
		t.Errorf("forwards: %v", forwards)
	}
}

func TestHistory_SurvivesRestart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.join("lobby", "id-ann", "Ann")
	first := call[room.Message](ann, "postMessage", "before", "key")
	call[*value.Map](ann, "updateSettings", value.NewMap(value.Entry{Key: "topic", Value: "Tea"}))
	h.stop()

	h = openHouse(t, h.path)
	ann = h.connect("lobby", "id-ann")
	ann.refused(room.CodeNotJoined, notJoined, "postMessage", "after") // who is here is not kept
	joined := call[room.Joined](ann, "join", "Ann")
	if topic, _ := joined.Settings.Get("topic"); joined.LastID != 1 || topic != "Tea" {
		t.Errorf("join = %+v", joined)
	}
	same(t, "the history", call[room.Page](ann, "getMessagesSince", 0).Messages, []room.Message{first})
	same(t, "the same key", call[room.Message](ann, "postMessage", "before", "key"), first)
	if m := call[room.Message](ann, "postMessage", "after"); m.ID != 2 {
		t.Errorf("the next message has the number %d", m.ID)
	}
}
