package room_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/core/value"
	"github.com/millrace/millrace/examples/chat/room"
)

func TestJoin(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.connect("lobby", "id-ann")
	joined := call[room.Joined](ann, "join", "  Ann ")
	same(t, "you", joined.You, room.Participant{Name: "Ann"})
	same(t, "participants", joined.Participants, people("Ann"))
	if joined.LastID != 0 || joined.Trouble != "" {
		t.Errorf("join = %+v", joined)
	}
	if welcome, _ := joined.Settings.Get("welcome"); welcome == "" {
		t.Errorf("the settings are %v", joined.Settings)
	}
	same(t, "what Ann hears of herself", ann.hears("joined").Participants, people("Ann"))

	bob := h.join("lobby", "id-bob", "Bob")
	e := ann.hears("joined")
	same(t, "what Ann hears of Bob", e, event{Type: "joined", Name: "Bob", Participants: people("Ann", "Bob")})
	same(t, "getParticipants", call[[]room.Participant](bob, "getParticipants"), people("Ann", "Bob"))

	call[room.Joined](bob, "join", "Robert")
	e = ann.hears("joined")
	same(t, "what Ann hears of the new name", e, event{Type: "joined", Name: "Robert", Former: "Bob", Participants: people("Ann", "Robert")})
	call[room.Joined](bob, "join", "Robert") // nothing new
	bob.hears("joined")
	bob.silent()
	ann.hears("message")
	ann.silent()

	same(t, "another room", call[[]room.Participant](h.connect("attic", "id-ann"), "getParticipants"), people())
}

// No client learns the id of another one, since that would let him hear his messages.
func TestClientIDs_StayWithTheirOwners(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, bob := h.join("lobby", "secret-of-ann", "Ann"), h.join("lobby", "secret-of-bob", "Bob")
	ann.hears("joined")
	call[room.Message](ann, "postMessage", "hello", "key-of-ann")
	seen := []any{bob.get("join", "Bob"), bob.get("getMessagesSince"), bob.get("getParticipants"), bob.get("getSettings"), bob.hears("message")}
	call[any](ann, "typing")
	call[any](ann, "leave")
	seen = append(seen, bob.hears("typing"), bob.hears("left"))
	_, err := bob.Call("join", "x\x00").Await(bob.ctx())
	seen = append(seen, err.Error())
	for _, v := range seen {
		if text := value.Format(v) + fmt.Sprintf("%+v", v); strings.Contains(text, "secret-of-ann") || strings.Contains(text, "key-of-ann") {
			t.Errorf("Bob learns %s", text)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.join("lobby", "id-ann", "Ann")
	bob := h.connect("lobby", "id-bob")
	longest := strings.Repeat("ü", room.MaxNameBytes/2)
	for _, tt := range []struct{ name, code, sentence string }{
		{"", room.CodeBadName, "the name is empty"},
		{" \t ", room.CodeBadName, "the name is empty"},
		{longest + "x", room.CodeBadName, "the name has 65 bytes, at most 64 are allowed"},
		{"a\nb", room.CodeBadName, "the name has characters that cannot be shown"},
		{"a\u202eb", room.CodeBadName, "the name has characters that cannot be shown"},
		{"a\xed\xa0\x80", room.CodeBadName, "the name has characters that cannot be shown"},
		{"Ann", room.CodeNameTaken, `the name "Ann" is taken`},
		{" aNN ", room.CodeNameTaken, `the name "aNN" is taken`},
	} {
		bob.refused(tt.code, tt.sentence, "join", tt.name)
	}
	for _, name := range []string{longest, "Bob the 2nd", "Ann.", "😀"} {
		same(t, "you", call[room.Joined](bob, "join", name).You.Name, name)
	}
	same(t, "participants", call[[]room.Participant](bob, "getParticipants"), people("Ann", "😀"))
}

func TestNames_OfRooms(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, sentence := range map[string]string{
		strings.Repeat("x", 65): "the name of a room has 65 bytes, at most 64 are allowed",
		"a\u202eb":              "the name of a room has characters that cannot be shown",
	} {
		c := h.dial(name, "id")
		c.refused(room.CodeBadRoom, sentence, "getParticipants")
		c.refused(room.CodeBadRoom, sentence, "join", "Ann")
	}
}

// The name of somebody who has gone goes to who asks for it, and he has to ask for another one.
func TestNames_OfThoseWhoAreGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, bob := h.join("lobby", "id-ann", "Ann"), h.join("lobby", "id-bob", "Bob")
	_ = ann.Close()
	same(t, "Bob hears", bob.hears("left"), event{Type: "left", Name: "Ann", Participants: people("Bob")})
	same(t, "Ann's name", call[room.Joined](bob, "join", "ann").You.Name, "ann")
	bob.hears("joined") // and not once more that Ann left
	ann = h.connect("lobby", "id-ann")
	ann.refused(room.CodeNotJoined, notJoined, "postMessage", "hello")
	ann.refused(room.CodeNameTaken, `the name "Ann" is taken`, "join", "Ann")
	call[room.Joined](ann, "join", "Ann 2")
}

const notJoined = "you have not joined this room, or it has forgotten you: call join(name) first"

// Somebody is present as long as one of his connections is, and again when he is back.
func TestPresence(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bob := h.join("lobby", "id-bob", "Bob")
	first := h.join("lobby", "id-ann", "Ann")
	bob.hears("joined")
	second := h.connect("lobby", "id-ann")
	_ = first.Close()
	call[room.Message](second, "postMessage", "still here") // the end of the first one was no end
	same(t, "the message", bob.hears("message").Text, "still here")
	_ = second.Close()
	same(t, "Bob hears", bob.hears("left"), event{Type: "left", Name: "Ann", Participants: people("Bob")})
	same(t, "participants", call[[]room.Participant](bob, "getParticipants"), people("Bob"))

	third := h.connect("lobby", "id-ann") // remembered: she need not join again
	same(t, "Bob hears", bob.hears("joined"), event{Type: "joined", Name: "Ann", Participants: people("Bob", "Ann")})
	call[room.Message](third, "postMessage", "back")
	bob.hears("message")

	h.connect("lobby", "id-eve") // has not joined: nobody hears of her
	bob.silent()
}

func TestLeave(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, bob := h.join("lobby", "id-ann", "Ann"), h.join("lobby", "id-bob", "Bob")
	ann.hears("joined")
	for range 2 { // the second time nothing happens
		call[any](ann, "leave")
	}
	same(t, "Bob hears", bob.hears("left"), event{Type: "left", Name: "Ann", Participants: people("Bob")})
	bob.silent()
	ann.refused(room.CodeNotJoined, notJoined, "postMessage", "hello")
	call[room.Joined](ann, "join", "Ann")
	ann.hears("joined") // and not the marker of Bob
	bob.hears("joined")
	_ = ann.Close()
	bob.hears("left")
}

func TestTyping(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, bob := h.join("lobby", "id-ann", "Ann"), h.join("lobby", "id-bob", "Bob")
	ann.hears("joined")
	call[any](ann, "typing")
	same(t, "Bob hears", bob.hears("typing"), event{Type: "typing", Name: "Ann"})
	ann.silent()
	h.connect("lobby", "id-eve").refused(room.CodeNotJoined, notJoined, "typing")
}

func TestRoomFull(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	clients := make([]*client, room.MaxParticipants)
	for i := range clients {
		clients[i] = h.connect("lobby", fmt.Sprint("id", i))
		call[room.Joined](clients[i], "join", fmt.Sprint("name", i))
	}
	late := h.connect("lobby", "id-late")
	late.refused(room.CodeRoomFull, "the room is full: 100 people are here, and no more are allowed", "join", "Late")
	call[room.Joined](clients[7], "join", "another name") // those who are here may do everything
	_ = clients[50].Close()
	for e := late; ; {
		if list := call[[]room.Participant](e, "getParticipants"); len(list) < room.MaxParticipants {
			break
		}
	}
	same(t, "participants", len(call[room.Joined](late, "join", "Late").Participants), room.MaxParticipants)
}

func TestNoClientID(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.connect("lobby", "")
	const sentence = "a room needs to know who calls: connect with a client id"
	c.refused(room.CodeNoClientID, sentence, "join", "Ann")
	c.refused(room.CodeNoClientID, sentence, "leave")
	c.refused(room.CodeNoClientID, sentence, "typing")
	c.refused(room.CodeNoClientID, sentence, "postMessage", "hello")
	c.refused(room.CodeNoClientID, sentence, "updateSettings", value.NewMap())
	same(t, "reading needs none", call[room.Page](c, "getMessagesSince"), room.Page{Messages: []room.Message{}})
}
