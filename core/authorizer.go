package core

import (
	"context"
	"time"
)

// Authorizer decides who a handshake comes from, before it is answered. It is
// asked for each connection, for each exchange, and, with the hop's Target, for each step
// through [Env] that a client's call takes.
//
// Its error is told to the client as an HTTP status by its code: [CodeForbidden]
// is 403, [CodeRateLimited] 429, anything else 401. Of an error that is no [Error] the client
// learns nothing but that. Tokens are in hs.Protocols and hs.Header; an
// Authorizer must not log them. It may be called from any goroutine.
type Authorizer func(ctx context.Context, hs Handshake) (Identity, error)

// Identity is what an [Authorizer] found out. The zero Identity is nobody.
type Identity struct {
	Subject string
	// MayClaim says whether the identity may come under a client id. When it is
	// nil, only the Subject itself may be claimed.
	MayClaim func(clientID string) bool
	// Expires ends connections of the identity with [CloseAuthExpired]; the
	// zero time is never.
	Expires time.Time
	// Value is the application's own.
	Value any
}

func (id Identity) mayClaim(clientID string) bool {
	if id.MayClaim == nil {
		return clientID == id.Subject
	}
	return id.MayClaim(clientID)
}

// IdentityFrom returns the identity on whose behalf ctx's call runs; the zero
// Identity where there is none.
func IdentityFrom(ctx context.Context) Identity {
	if f := frameFrom(ctx); f != nil && f.from != nil {
		return f.from.identity
	}
	return Identity{}
}

// HandshakeFrom returns what the client of ctx's call said when it came; the zero
// Handshake where there is no client.
func HandshakeFrom(ctx context.Context) Handshake {
	if f := frameFrom(ctx); f != nil && f.from != nil {
		return f.from.hs
	}
	return Handshake{}
}

// SocketFrom returns the connection through which ctx's call came, nil where there
// is none: an HTTP request, or a call that no client began. After a step through
// [Env] it is still the connection of the client, and so belongs to another object.
func SocketFrom(ctx context.Context) *Socket {
	if f := frameFrom(ctx); f != nil && f.from != nil {
		return f.from.socket
	}
	return nil
}
