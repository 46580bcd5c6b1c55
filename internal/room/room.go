// Package room is the object that a host serves when it is told nothing else: a
// room in which people join, post and hear each other. It lives in memory and
// ends with its server.
//
// Everybody present gets every message downstream, each with its number. Whoever
// was away asks [Room.History] for what came after the last number seen.
package room

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
)

// Binding is where [Register] puts rooms; every instance name is a room.
const Binding = "ROOM"

// What a room holds at most.
const (
	MaxNameBytes    = 64
	MaxTextBytes    = 4000
	MaxHistory      = 1000 // messages kept
	MaxParticipants = 100
)

// The codes of the errors that a room's methods throw, as their own property "code".
const (
	CodeNoClientID = "NO_CLIENT_ID"
	CodeBadName    = "BAD_NAME"
	CodeNameTaken  = "NAME_TAKEN"
	CodeRoomFull   = "ROOM_FULL"
	CodeNotJoined  = "NOT_JOINED"
	CodeBadText    = "BAD_TEXT"
)

// Register adds rooms to srv.
func Register(srv *core.Server) error {
	return srv.Register(Binding, func(st *core.State) (any, error) { return &Room{state: st}, nil })
}

// Room is one room. Calls come one at a time.
type Room struct {
	state        *core.State
	participants []*participant // in the order of joining
	history      []Message      // the last ones, oldest first
	last         int            // number of the last message
}

type participant struct{ clientID, name string }

// Message is what somebody posted. Numbers begin at 1 and have no gaps.
type Message struct {
	Type string    `millrace:"type"` // "message"
	ID   int       `millrace:"id"`
	Name string    `millrace:"name"`
	Text string    `millrace:"text"`
	Time time.Time `millrace:"time"`
}

// Participant is somebody in the room.
type Participant struct {
	Name   string `millrace:"name"`
	Online bool   `millrace:"online"` // has a connection now
}

// Joined is what [Room.Join] returns.
type Joined struct {
	Name         string        `millrace:"name"`
	LastID       int           `millrace:"lastId"` // number of the last message, 0 in a new room
	Participants []Participant `millrace:"participants"`
}

// Arrival is sent downstream when somebody joined or took another name.
type Arrival struct {
	Type string `millrace:"type"` // "joined"
	Name string `millrace:"name"`
}

// Join gives the calling client a name in the room. Joining again changes it.
// The name of somebody who has a connection is taken; the name of somebody who
// has none goes to who asks for it.
func (r *Room) Join(ctx context.Context, name string) (Joined, error) {
	id, err := caller(ctx)
	if err != nil {
		return Joined{}, err
	}
	name = strings.TrimSpace(name)
	if err := checkName(name); err != nil {
		return Joined{}, err
	}
	if other := r.named(name); other != nil && other.clientID != id {
		if r.online(other) {
			return Joined{}, refuse(CodeNameTaken, "the name %q is taken", name)
		}
		r.remove(other)
	}
	p := r.find(id)
	switch {
	case p == nil:
		if err := r.makeRoom(); err != nil {
			return Joined{}, err
		}
		r.participants = append(r.participants, &participant{id, name})
	case p.name == name: // back again: no news
		return r.joined(name), nil
	default:
		p.name = name
	}
	return r.joined(name), r.tell(ctx, Arrival{"joined", name})
}

// Post sends a text to everybody, its author too, and returns the message.
func (r *Room) Post(ctx context.Context, text string) (Message, error) {
	id, err := caller(ctx)
	if err != nil {
		return Message{}, err
	}
	p := r.find(id)
	if p == nil {
		return Message{}, refuse(CodeNotJoined, "client %q has not joined: call join(name) first", id)
	}
	if err := checkText(text); err != nil {
		return Message{}, err
	}
	r.last++
	m := Message{"message", r.last, p.name, text, time.Now().Truncate(time.Millisecond)}
	if len(r.history) == MaxHistory {
		r.history = append(r.history[:0], r.history[1:]...)
	}
	r.history = append(r.history, m)
	return m, r.tell(ctx, m)
}

// History returns the messages with numbers greater than since, as far as the
// room still has them, oldest first; all of them without an argument.
func (r *Room) History(since ...int) []Message {
	after := 0
	if len(since) > 0 {
		after = max(since[0], 0)
	}
	first := r.last - len(r.history) // the number before the oldest one kept
	skip := min(max(after-first, 0), len(r.history))
	return append([]Message{}, r.history[skip:]...)
}

// Participants returns who is in the room, in the order of joining.
func (r *Room) Participants() []Participant {
	list := make([]Participant, len(r.participants))
	for i, p := range r.participants {
		list[i] = Participant{p.name, r.online(p)}
	}
	return list
}

func (r *Room) joined(name string) Joined { return Joined{name, r.last, r.Participants()} }

// tell sends to everybody who has a connection.
func (r *Room) tell(ctx context.Context, payload any) error {
	_, err := core.SendDownstream(ctx, r.state, r.state.Tags(), payload)
	return err
}

func (r *Room) online(p *participant) bool { return len(r.state.Sockets(p.clientID)) > 0 }

func (r *Room) find(clientID string) *participant {
	for _, p := range r.participants {
		if p.clientID == clientID {
			return p
		}
	}
	return nil
}

func (r *Room) named(name string) *participant {
	for _, p := range r.participants {
		if strings.EqualFold(p.name, name) {
			return p
		}
	}
	return nil
}

func (r *Room) remove(gone *participant) {
	for i, p := range r.participants {
		if p == gone {
			r.participants = append(r.participants[:i], r.participants[i+1:]...)
			return
		}
	}
}

// makeRoom makes place for one more: whoever has been without a connection goes first.
func (r *Room) makeRoom() error {
	if len(r.participants) < MaxParticipants {
		return nil
	}
	for _, p := range r.participants {
		if !r.online(p) {
			r.remove(p)
			return nil
		}
	}
	return refuse(CodeRoomFull, "the room is full: %d participants", MaxParticipants)
}

// caller is the client id of who is calling.
func caller(ctx context.Context) (string, error) {
	if id := core.HandshakeFrom(ctx).ClientID; id != "" {
		return id, nil
	}
	return "", refuse(CodeNoClientID, "a room needs to know who calls: connect with a client id")
}

func checkName(name string) error {
	switch {
	case name == "":
		return refuse(CodeBadName, "the name is empty")
	case len(name) > MaxNameBytes:
		return refuse(CodeBadName, "the name has %d bytes, at most %d are allowed", len(name), MaxNameBytes)
	case strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }), !utf8.ValidString(name):
		return refuse(CodeBadName, "the name %q has characters that cannot be shown", name)
	}
	return nil
}

func checkText(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return refuse(CodeBadText, "the text is empty")
	case len(text) > MaxTextBytes:
		return refuse(CodeBadText, "the text has %d bytes, at most %d are allowed", len(text), MaxTextBytes)
	}
	return nil
}

// refuse is an Error with a code that programs can look at.
func refuse(code, format string, args ...any) error {
	e := &value.Error{Name: "Error", Message: fmt.Sprintf(format, args...)}
	e.Props.Set("code", code)
	return e
}
