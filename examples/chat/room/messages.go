package room

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/millrace/millrace/core/value"
	"github.com/millrace/millrace/examples/chat/store"
)

// Message is what somebody posted, as one client sees it.
type Message struct {
	Type string    `millrace:"type"` // "message"
	ID   int64     `millrace:"id"`
	From string    `millrace:"from"` // the author's name at that time
	Text string    `millrace:"text"`
	Time time.Time `millrace:"time"`
	Own  bool      `millrace:"own,omitempty"` // who receives this posted it himself,
	Key  string    `millrace:"key,omitempty"` // under this key
}

// History is sent downstream when the history began anew because its file was taken away: what
// people have seen of it is no more, and the numbers of messages begin again.
type History struct {
	Type string `millrace:"type"` // "history"
}

// PostMessage stores a text, tells everybody who has joined, the author too, and returns the
// message.
//
// A key is the client's own name for the message. When the same client posts under the same key
// again, it gets the message that exists, whatever the text, and nobody is told twice: a client
// whose call ended without an answer can safely post again.
func (r *Room) PostMessage(ctx context.Context, text string, key ...string) (Message, error) {
	p, err := r.callingPerson(ctx)
	if err != nil {
		return Message{}, err
	}
	draft := store.Message{
		Poster: r.poster(p.clientID),
		Author: p.name,
		Text:   value.ReplaceSurrogates(text),
		Time:   time.Now(),
	}
	if len(key) > 0 {
		draft.Key = key[0]
	}
	if len(draft.Key) > MaxKeyBytes {
		return Message{}, refuse(CodeBadKey, "the key %s", sizeProblem(draft.Key, MaxKeyBytes))
	}
	_ = r.load(ctx) // for the limit; when it fails, Append says so
	if err := checkText(draft.Text, r.settings.MaxTextLength); err != nil {
		return Message{}, err
	}
	stored, added, err := r.store.Append(ctx, r.name(), draft)
	if err != nil {
		return Message{}, storage(err, "Your message was not posted; try again.")
	}
	own := asSeenBy(draft.Poster, stored)
	if added {
		r.reached(ctx, stored.ID-1)
		r.last = stored.ID
		r.tell(ctx, r.allBut(p), asSeenBy(store.Poster{}, stored))
		r.tell(ctx, []*person{p}, own)
	}
	return own, nil
}

// reached compares the number of the last message that the history has with the one that people
// were told of.
func (r *Room) reached(ctx context.Context, last int64) {
	if last < r.last {
		r.tell(ctx, r.people, History{"history"})
	}
	r.last = last
}

// poster is the author of what a client posts in this room.
func (r *Room) poster(clientID string) (p store.Poster) {
	sum := sha256.Sum256([]byte(r.name() + "\x00" + clientID))
	copy(p[:], sum[:])
	return p
}

// asSeenBy is a stored message for one of its readers. Keys are for their owners.
func asSeenBy(reader store.Poster, m store.Message) Message {
	seen := Message{Type: "message", ID: m.ID, From: m.Author, Text: m.Text, Time: m.Time}
	if m.Poster == reader {
		seen.Own, seen.Key = true, m.Key
	}
	return seen
}

func checkText(text string, limit int) error {
	switch {
	case strings.TrimSpace(text) == "":
		return refuse(CodeBadText, "the text is empty")
	case len(text) > limit:
		return refuse(CodeBadText, "the text %s", sizeProblem(text, limit))
	}
	return nil
}
