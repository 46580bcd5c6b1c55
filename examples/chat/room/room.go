// Package room is the object that the chat server serves: a room in which people join,
// post and hear each other. What was posted, and what a room is set to, is kept by a
// [store.Store] and outlives the server; who is here is known while he is connected.
//
// Everybody who has joined gets every message downstream, in all his connections, each
// with its number. Numbers are a room's own, from 1, in order, without gaps: whoever was away, or finds a
// number missing, asks [Room.GetMessagesSince] for what came after the last one he saw.
//
// A client id is a secret of its owner, since whoever knows one gets its messages. Others learn
// names only.
package room

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/examples/chat/store"
)

// Binding is where [Register] puts rooms; every instance name is a room.
const Binding = "CHAT_ROOM"

// What a room takes.
const (
	MaxNameBytes    = 64 // names of people and of rooms
	MaxTextBytes    = 4000
	MaxKeyBytes     = 64
	MaxTopicBytes   = 200
	MaxWelcomeBytes = 1000
	MaxParticipants = 100
	MaxPage         = 200 // messages in one answer
)

// Register adds rooms to srv, which keep what they must not forget in s.
func Register(srv *core.Server, s *store.Store) error {
	return srv.Register(Binding, func(st *core.State) (any, error) {
		if problem := nameProblem(st.Target().Instance); problem != "" {
			return nil, refuse(CodeBadRoom, "the name of a room %s", problem)
		}
		return &Room{state: st, store: s, settings: defaults}, nil
	})
}

// Room is one room. Calls come one at a time.
type Room struct {
	state *core.State
	store *store.Store

	people []*person // in the order of joining
	last   int64     // number of the last message that people were told of

	settings store.Settings
	loaded   bool // settings are those of the store
}

// name is the room's own.
func (r *Room) name() string { return r.state.Target().Instance }

// tell sends to people who have joined. Nobody waits for it and nothing is kept: the next one who asks
// for messages gets what was missed.
func (r *Room) tell(ctx context.Context, to []*person, payload any) {
	ids := make([]string, len(to))
	for i, p := range to {
		ids[i] = p.clientID
	}
	if _, err := core.SendDownstream(ctx, r.state, ids, payload); err != nil {
		r.state.Logger().Warn("people were not told", "error", err)
	}
}

// nameProblem says what is wrong with a name, "" if nothing is.
func nameProblem(name string) string {
	switch {
	case name == "":
		return "is empty"
	case len(name) > MaxNameBytes:
		return sizeProblem(name, MaxNameBytes)
	case !utf8.ValidString(name), strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }):
		return "has characters that cannot be shown"
	}
	return ""
}
