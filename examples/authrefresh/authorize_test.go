package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/memtransport"
)

// handshake comes to the account of user.
func handshake(user string, protocols ...string) core.Handshake {
	return core.Handshake{Target: core.Target{Binding: accountBinding, Instance: user}, ClientID: user, Protocols: protocols}
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	a := open(t).auth
	k := a.sessions.begin("ann")
	token, expires, err := a.tokens.issue("ann", k.id)
	if err != nil {
		t.Fatal(err)
	}
	of := func(method jwt.SigningMethod, key any, c jwt.Claims) string {
		t.Helper()
		signed, err := jwt.NewWithClaims(method, c).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return "token." + signed
	}
	claim := func(subject, session string, expires time.Time) claims {
		return claims{jwt.RegisteredClaims{Subject: subject, ExpiresAt: jwt.NewNumericDate(expires)}, session}
	}
	good := claim("ann", k.id, expires)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(token, ".")
	_, signature, _ := strings.Cut(rest, ".")
	part := func(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }
	bobs := a.sessions.begin("bob")

	for _, tt := range []struct {
		name      string
		protocols []string
		code      core.Code // empty: let in
	}{
		{"good", []string{"token." + token}, ""},
		{"good-among-others", []string{"lumenize.rpc", "other", "token." + token}, ""},
		{"none", nil, core.CodeUnauthenticated},
		{"no-prefix", []string{token}, core.CodeUnauthenticated},
		{"empty", []string{"token."}, core.CodeUnauthenticated},
		{"two", []string{"token." + token, "token." + token}, core.CodeUnauthenticated},
		{"no-jwt", []string{"token.nonsense"}, core.CodeUnauthenticated},
		{"expired", []string{of(algorithm, a.tokens.key, claim("ann", k.id, time.Now().Add(-time.Second)))}, core.CodeUnauthenticated},
		{"no-expiry", []string{of(algorithm, a.tokens.key, claims{jwt.RegisteredClaims{Subject: "ann"}, k.id})}, core.CodeUnauthenticated},
		{"not-yet", []string{of(algorithm, a.tokens.key, claims{jwt.RegisteredClaims{Subject: "ann", ExpiresAt: good.ExpiresAt, NotBefore: jwt.NewNumericDate(time.Now().Add(time.Hour))}, k.id})}, core.CodeUnauthenticated},
		{"no-subject", []string{of(algorithm, a.tokens.key, claim("", k.id, expires))}, core.CodeUnauthenticated},
		{"no-session", []string{of(algorithm, a.tokens.key, claim("ann", "", expires))}, core.CodeUnauthenticated},
		{"unknown-session", []string{of(algorithm, a.tokens.key, claim("ann", "x", expires))}, core.CodeUnauthenticated},
		{"session-of-another", []string{of(algorithm, a.tokens.key, claim("ann", bobs.id, expires))}, core.CodeUnauthenticated},
		{"other-key", []string{of(algorithm, []byte("another key"), good)}, core.CodeUnauthenticated},
		{"other-length", []string{of(jwt.SigningMethodHS512, a.tokens.key, good)}, core.CodeUnauthenticated},
		{"other-algorithm", []string{of(jwt.SigningMethodRS256, rsaKey, good)}, core.CodeUnauthenticated},
		{"alg-none", []string{of(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good)}, core.CodeUnauthenticated},
		{"alg-none-with-signature", []string{"token." + part(`{"alg":"none","typ":"JWT"}`) + "." + rest}, core.CodeUnauthenticated},
		{"no-signature", []string{"token." + strings.TrimSuffix(token, signature)}, core.CodeUnauthenticated},
		{"other-claims", []string{"token." + head + "." + part(`{"sub":"bob","exp":99999999999,"sid":"`+bobs.id+`"}`) + "." + signature}, core.CodeUnauthenticated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			id, err := a.authorize(t.Context(), handshake("ann", tt.protocols...))
			if core.CodeOf(err) != tt.code || (err == nil) != (tt.code == "") {
				t.Fatalf("authorize: %v, want %q", err, tt.code)
			}
			want := core.Identity{}
			if tt.code == "" {
				want = core.Identity{Subject: "ann", Expires: expires}
			}
			if id.Subject != want.Subject || !id.Expires.Equal(want.Expires) || id.MayClaim != nil {
				t.Errorf("authorize = %+v, want %+v", id, want)
			}
			for _, p := range tt.protocols {
				if err != nil && len(p) > 20 && strings.Contains(err.Error(), p[10:20]) {
					t.Errorf("the error tells the token: %v", err)
				}
			}
		})
	}
}

// A token opens its owner's account under the owner's name, and nothing else.
func TestAuthorize_OnlyTheOwner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		l := listen(t, a)
		token := newBrowser(t, a).signIn("ann")
		for _, tt := range []struct {
			name, account, clientID string
			code                    core.Code
		}{
			{"own", "ann", "ann", ""},
			{"own-without-id", "ann", "", ""},
			{"of-another", "bob", "ann", core.CodeForbidden},
			{"of-nobody", "eve", "ann", core.CodeForbidden},
			{"other-case", "Ann", "ann", core.CodeForbidden},
			{"as-another", "ann", "bob", core.CodeForbidden},
		} {
			opts := []memtransport.Option{memtransport.Protocols(offering(func() (string, error) { return token, nil }))}
			if tt.clientID != "" {
				opts = append(opts, memtransport.ClientID(tt.clientID))
			}
			tr, err := l.Transport(core.Target{Binding: accountBinding, Instance: tt.account}, opts...)
			if err != nil {
				t.Fatal(err)
			}
			c, err := core.NewClient(tr, lmzcodec.New())
			if err != nil {
				t.Fatal(err)
			}
			who, err := core.Call[Who](t.Context(), c, "whoAmI")
			if core.CodeOf(err) != tt.code || err == nil && who.User != "ann" {
				t.Errorf("%s: whoAmI = %+v, %v, want the code %q", tt.name, who, err, tt.code)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		if n := len(a.feed.accounts); n != 1 {
			t.Errorf("%d accounts were opened, want one", n)
		}
	})
}
