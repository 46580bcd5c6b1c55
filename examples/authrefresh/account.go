package main

import (
	"context"
	"time"

	"github.com/millrace/millrace/core"
)

// accountBinding is where accounts are; an instance has the name of its user.
const accountBinding = "ACCOUNT"

// Account is what somebody sees after signing in. There is nobody but its owner: the
// authorizer let no other one in.
type Account struct {
	state *core.State
	feed  *feed
}

// Who is who calls.
type Who struct {
	User        string    `millrace:"user"`
	Expires     time.Time `millrace:"expires"`     // when this connection will be closed with 4401
	Connections int       `millrace:"connections"` // of the user, this one too
}

// WhoAmI tells what the server knows of the caller.
func (a *Account) WhoAmI(ctx context.Context) Who {
	id := core.IdentityFrom(ctx)
	return Who{User: id.Subject, Expires: id.Expires, Connections: len(a.state.Sockets(""))}
}

// Since returns the ticks after number n: what a client asks for when it was away.
func (a *Account) Since(n int) []Tick { return a.feed.since(n) }

// Cut closes the connection of the call, as if the network had failed. Its answer is lost with
// it.
func (a *Account) Cut(ctx context.Context) error {
	s := core.SocketFrom(ctx)
	if s == nil {
		return nil // a call without a connection has none to cut
	}
	return s.Close(core.CloseGoingAway, "you asked for it")
}
