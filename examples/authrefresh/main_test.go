package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second

func open(t *testing.T, opts ...core.ServerOption) *app {
	t.Helper()
	a, err := newApp(config{tokenLifetime: 30 * time.Second, sessionLifetime: time.Hour}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// browser keeps the cookie of its server, as browsers do.
type browser struct {
	t   *testing.T
	h   http.Handler
	key *http.Cookie // nil: none
}

func newBrowser(t *testing.T, a *app) *browser {
	mux := http.NewServeMux()
	for pattern, h := range a.auth.routes() {
		mux.Handle(pattern, h)
	}
	return &browser{t: t, h: mux}
}

// reply is what a browser got.
type reply struct {
	signedIn
	Error  string `json:"error"`
	status int
}

func (b *browser) post(path, body string) reply {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	if b.key != nil {
		r.AddCookie(b.key)
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	resp := w.Result()
	defer resp.Body.Close()
	for _, c := range resp.Cookies() {
		if b.key = c; c.MaxAge < 0 {
			b.key = nil
		}
	}
	got := reply{status: resp.StatusCode}
	if resp.StatusCode != http.StatusNoContent {
		if cache := resp.Header.Get("Cache-Control"); cache != "no-store" {
			b.t.Errorf("%s: Cache-Control is %q", path, cache)
		}
		if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
			b.t.Fatalf("%s: %v", path, err)
		}
	}
	return got
}

// signIn signs in with the name for a password and returns the access token.
func (b *browser) signIn(user string) string {
	b.t.Helper()
	got := b.post("/auth/login", `{"user":"`+user+`","password":"`+user+`"}`)
	if got.status != http.StatusOK || got.User != user || got.Token == "" {
		b.t.Fatalf("login: %+v", got)
	}
	return got.Token
}
