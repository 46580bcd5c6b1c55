package main

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/millrace/millrace/core"
)

const (
	maxUser = 64  // bytes
	maxText = 300 // characters
)

// Notification is a note from one user to another.
type Notification struct {
	Type string    `millrace:"type"` // "notification"
	From string    `millrace:"from"`
	Text string    `millrace:"text"`
	Time time.Time `millrace:"time"`
}

// Delivery tells what became of a note.
type Delivery struct {
	Sent    int `millrace:"sent"`    // windows that it is on its way to
	Missing int `millrace:"missing"` // 1: the user has no window open, and will never see it
	Dropped int `millrace:"dropped"` // windows that did not take it: too slow, or just closed
}

// Notify sends a note to all windows that a user has open, and keeps nothing: whoever is away
// does not get it later. The sender learns that nobody was there.
func (j *Jobs) Notify(ctx context.Context, user, text string) (Delivery, error) {
	from, err := caller(ctx)
	if err != nil {
		return Delivery{}, err
	}
	if !printable(user, maxUser) {
		return Delivery{}, refuse(codeBadUser, "the name of a user is 1 to %d bytes that can be shown", maxUser)
	}
	text = strings.TrimSpace(text)
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return Delivery{}, refuse(codeBadText, "the text is empty")
	case n > maxText:
		return Delivery{}, refuse(codeBadText, "the text has %d characters, at most %d are allowed", n, maxText)
	}
	d, err := core.SendDownstream(ctx, j.state, []string{user},
		Notification{"notification", from, text, time.Now().Truncate(time.Millisecond)})
	return Delivery{d.Sent, d.Missing, d.Dropped}, err
}

// Users returns who has a window open now.
func (j *Jobs) Users() []string { return j.state.Tags() }
