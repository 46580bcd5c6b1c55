package main

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body string
		status     int
		sentence   string
	}{
		{"ann", `{"user":"ann","password":"ann"}`, 200, ""},
		{"bob", `{"user":"bob","password":"bob"}`, 200, ""},
		{"wrong-password", `{"user":"ann","password":"bob"}`, 401, "the name or the password is wrong"},
		{"no-password", `{"user":"ann"}`, 401, "the name or the password is wrong"},
		{"unknown-user", `{"user":"eve","password":"eve"}`, 401, "the name or the password is wrong"},
		{"unknown-user-no-password", `{"user":"eve","password":""}`, 401, "the name or the password is wrong"},
		{"nothing", ``, 400, "a login is"},
		{"no-json", `user=ann&password=ann`, 400, "a login is"},
		{"cut-off", `{"user":"ann","password":"an`, 400, "a login is"},
		{"more-fields", `{"user":"ann","password":"ann","admin":true}`, 400, "a login is"},
		{"two-values", `{"user":"ann","password":"ann"}{}`, 400, "a login is"},
		{"other-types", `{"user":["ann"],"password":"ann"}`, 400, "a login is"},
		{"oversized", `{"user":"ann","password":"` + strings.Repeat("x", maxLogin) + `"}`, 413, "too long"},
		{"oversized-after-the-end", `{"user":"ann","password":"ann"}` + strings.Repeat(" ", maxLogin), 413, "too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, open(t))
			got := b.post("/auth/login", tt.body)
			if got.status != tt.status || !strings.Contains(got.Error, tt.sentence) {
				t.Errorf("login = %+v, want %d and %q", got, tt.status, tt.sentence)
			}
			in := tt.status == http.StatusOK
			if (got.Token != "") != in || (b.key != nil) != in || (got.Error == "") != in {
				t.Errorf("login = %+v with the cookie %v", got, b.key)
			}
			if left := time.Duration(got.ExpiresInMs) * time.Millisecond; in && (left < 29*time.Second || left > 31*time.Second || time.Until(got.ExpiresAt).Truncate(time.Millisecond) > left) {
				t.Errorf("it expires in %v, at %v", left, got.ExpiresAt)
			}
		})
	}
}

// No script and no other site gets at the key of a session, and it goes to /auth/ alone.
func TestLogin_Cookie(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t))
	b.signIn("ann")
	if c := b.key; !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/auth/" || c.Domain != "" || c.MaxAge < 3590 || c.MaxAge > 3600 {
		t.Errorf("the cookie is %+v", c)
	}
}

// Signing in again, also as somebody else, leaves no session behind that nobody can end.
func TestLogin_EndsTheSessionBefore(t *testing.T) {
	t.Parallel()
	a := open(t)
	b := newBrowser(t, a)
	b.signIn("ann")
	b.signIn("bob")
	if n := len(a.auth.sessions.live); n != 1 {
		t.Errorf("%d sessions, want one", n)
	}
}

func TestRefresh_GivesANewKeyEachTime(t *testing.T) {
	t.Parallel()
	a := open(t)
	b := newBrowser(t, a)
	b.signIn("ann")
	seen := map[string]bool{b.key.Value: true}
	for range 3 {
		got := b.post("/auth/refresh", "")
		if got.status != http.StatusOK || got.User != "ann" {
			t.Fatalf("refresh = %+v", got)
		}
		if c, err := a.auth.tokens.read(got.Token); err != nil || c.Subject != "ann" || !a.auth.sessions.isOf(c.Session, "ann") {
			t.Errorf("the new token says %+v, %v", c, err)
		}
		if seen[b.key.Value] {
			t.Error("the key did not change")
		}
		seen[b.key.Value] = true
	}
}

// Whoever copied a key and whoever it belongs to are out, whoever of them comes second.
func TestRefresh_KeyUsedTwice(t *testing.T) {
	t.Parallel()
	a := open(t)
	b, thief := newBrowser(t, a), newBrowser(t, a)
	b.signIn("ann")
	thief.key = b.key
	if got := thief.post("/auth/refresh", ""); got.status != http.StatusOK {
		t.Fatalf("the first refresh = %+v", got)
	}
	if got := b.post("/auth/refresh", ""); got.status != http.StatusUnauthorized || got.Error != errReused.Error() || got.Token != "" || b.key != nil {
		t.Errorf("the second refresh with the same key = %+v, and the cookie %v", got, b.key)
	}
	if got := thief.post("/auth/refresh", ""); got.status != http.StatusUnauthorized || got.Error != errEnded.Error() {
		t.Errorf("the refresh after that = %+v", got)
	}
}

func TestRefresh_WithoutASession(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, open(t))
	for _, tt := range []struct {
		name     string
		key      *http.Cookie
		sentence string
	}{
		{"no-cookie", nil, "you are not signed in"},
		{"empty", &http.Cookie{Name: cookieName}, errEnded.Error()},
		{"made-up", &http.Cookie{Name: cookieName, Value: "a.b"}, errEnded.Error()},
		{"no-dot", &http.Cookie{Name: cookieName, Value: "a"}, errEnded.Error()},
	} {
		b.key = tt.key
		if got := b.post("/auth/refresh", ""); got.status != http.StatusUnauthorized || got.Error != tt.sentence {
			t.Errorf("%s: refresh = %+v, want %q", tt.name, got, tt.sentence)
		}
	}
}

func TestLogoutAndRevoke(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path     string
		keeps    bool // the cookie: the browser is not told
		sentence string
	}{
		{"/auth/logout", false, "you are not signed in"},
		{"/auth/revoke", true, errEnded.Error()},
	} {
		a := open(t)
		b, other := newBrowser(t, a), newBrowser(t, a)
		token := b.signIn("ann")
		other.signIn("ann")
		if got := b.post(tt.path, ""); got.status != http.StatusNoContent || (b.key != nil) != tt.keeps {
			t.Errorf("%s = %+v, and the cookie %v", tt.path, got, b.key)
		}
		if got := b.post("/auth/refresh", ""); got.status != http.StatusUnauthorized || got.Error != tt.sentence {
			t.Errorf("after %s refresh = %+v, want %q", tt.path, got, tt.sentence)
		}
		if _, err := a.auth.authorize(t.Context(), handshake("ann", "token."+token)); err == nil {
			t.Errorf("after %s the token still opens connections", tt.path)
		}
		if got := other.post("/auth/refresh", ""); got.status != http.StatusOK {
			t.Errorf("after %s in another browser refresh = %+v", tt.path, got)
		}
		if got := newBrowser(t, a).post(tt.path, ""); got.status != http.StatusNoContent {
			t.Errorf("%s without a session = %+v", tt.path, got)
		}
	}
}

// A session ends some time after signing in, however often it was used.
func TestSessions_Lifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSessions(time.Hour)
		k := s.begin("ann")
		for range 3 {
			time.Sleep(19 * time.Minute)
			var err error
			if k, err = s.use(k.next); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(3*time.Minute - time.Nanosecond)
		if !s.isOf(k.id, "ann") || s.isOf(k.id, "bob") {
			t.Error("before its time: it is not ann's")
		}
		time.Sleep(time.Nanosecond)
		if _, err := s.use(k.next); err != errEnded || s.isOf(k.id, "ann") {
			t.Errorf("after its time: %v", err)
		}
	})
}

// One session too many ends the oldest; those that ended by themselves make room first.
func TestSessions_Bound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSessions(time.Hour)
		oldest := s.begin("ann")
		time.Sleep(time.Minute)
		second := s.begin("ann")
		time.Sleep(time.Minute)
		for range maxSessions - 2 {
			s.begin("bob")
		}
		if !s.isOf(oldest.id, "ann") {
			t.Fatal("the oldest went too early")
		}
		last := s.begin("bob")
		if len(s.live) != maxSessions || s.isOf(oldest.id, "ann") || !s.isOf(second.id, "ann") || !s.isOf(last.id, "bob") {
			t.Errorf("%d sessions, or the wrong ones", len(s.live))
		}
		time.Sleep(time.Hour)
		s.begin("ann")
		if len(s.live) != 1 {
			t.Errorf("%d sessions, want one", len(s.live))
		}
	})
}
