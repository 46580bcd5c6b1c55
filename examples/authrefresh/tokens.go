package main

import (
	"crypto/rand"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// algorithm is the only one that is accepted, whatever a token's header asks for.
var algorithm = jwt.SigningMethodHS256

var (
	errTokenExpired = errors.New("the access token has expired")
	errTokenInvalid = errors.New("the access token is not valid")
)

// tokens issues and reads access tokens. They say who has signed in, in which session, and until
// when that is believed without asking the session again. The key is made by the process: tokens of
// an earlier one are not valid.
type tokens struct {
	key      []byte
	lifetime time.Duration
	parser   *jwt.Parser
}

// claims is what an access token says.
type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
}

func newTokens(lifetime time.Duration) *tokens {
	t := &tokens{key: make([]byte, 32), lifetime: lifetime}
	_, _ = rand.Read(t.key) // it never fails: see there
	t.parser = jwt.NewParser(
		jwt.WithValidMethods([]string{algorithm.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithStrictDecoding(),
	)
	return t
}

// issue makes a token for a user's session, and says when it expires: after the lifetime, rounded up
// to a whole second, since that is what tokens are written in.
func (t *tokens) issue(user, session string) (string, time.Time, error) {
	expires := time.Now().Add(t.lifetime + time.Second - 1).Truncate(time.Second)
	token, err := jwt.NewWithClaims(algorithm, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Subject:   user,
			ExpiresAt: jwt.NewNumericDate(expires),
		},
		Session: session,
	}).SignedString(t.key)
	return token, expires, err
}

// read returns what a token says, if it is ours and lasts still. The errors do not contain anything
// of the token.
func (t *tokens) read(token string) (claims, error) {
	var c claims
	_, err := t.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return t.key, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return claims{}, errTokenExpired
	case err != nil:
		return claims{}, errTokenInvalid
	}
	return c, nil
}
