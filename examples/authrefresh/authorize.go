package main

import (
	"context"
	"strings"

	"github.com/millrace/millrace/core"
)

// tokenProtocol begins the subprotocol that carries an access token.
const tokenProtocol = "token."

// auth knows who has signed in.
type auth struct {
	sessions *sessions
	tokens   *tokens
}

// authorize decides about a handshake before it is answered. Whoever has a token may open his own
// account, under his own client id, until the token expires: then the connection is closed with 4401,
// and the next handshake brings another token.
//
// A session that has ended opens no connection more. Those that stand live on until their tokens
// expire, which is why tokens are short.
func (a *auth) authorize(_ context.Context, hs core.Handshake) (core.Identity, error) {
	token, err := tokenOf(hs)
	if err != nil {
		return core.Identity{}, err
	}
	c, err := a.tokens.read(token)
	if err != nil {
		return core.Identity{}, refused(core.CodeUnauthenticated, err.Error())
	}
	if !a.sessions.isOf(c.Session, c.Subject) {
		return core.Identity{}, refused(core.CodeUnauthenticated, errEnded.Error())
	}
	if hs.Target != (core.Target{Binding: accountBinding, Instance: c.Subject}) {
		return core.Identity{}, refused(core.CodeForbidden, "this is not your account")
	}
	// Identity.MayClaim is nil: only the subject itself is a client id that may be claimed.
	return core.Identity{Subject: c.Subject, Expires: c.ExpiresAt.Time}, nil
}

// tokenOf finds the one token of a handshake.
func tokenOf(hs core.Handshake) (string, error) {
	found := ""
	for _, p := range hs.Protocols {
		if token, is := strings.CutPrefix(p, tokenProtocol); is {
			if found != "" {
				return "", refused(core.CodeUnauthenticated, "there is more than one access token")
			}
			found = token
		}
	}
	if found == "" {
		return "", refused(core.CodeUnauthenticated, "there is no access token")
	}
	return found, nil
}

func refused(code core.Code, sentence string) error {
	return &core.Error{Code: code, Message: sentence}
}
