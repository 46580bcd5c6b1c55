package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	// Cookies do not tell ports apart, and other programs of this machine set some too.
	cookieName = "millrace-authrefresh"
	// The cookie goes nowhere else; the handshake of a WebSocket does not need it.
	cookiePath = "/auth/"
	// maxLogin bounds the body of a login, in bytes.
	maxLogin = 4 << 10
)

// demoUsers have their names for passwords. A program for real users keeps a slow hash of each
// password, such as argon2id, and limits how often one may be tried.
var demoUsers = map[string]string{"ann": "ann", "bob": "bob"}

// login is what the page sends to sign in.
type login struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

// signedIn is the answer to a login and to a refresh.
type signedIn struct {
	User      string    `json:"user"`
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expiresAt"`
	// ExpiresInMs says the same for pages whose clock is wrong.
	ExpiresInMs int64 `json:"expiresInMs"`
}

// routes are the requests that are no calls, by the patterns of http.ServeMux. Pages of other
// origins must be kept from them, since browsers send the cookie along.
func (a *auth) routes() map[string]http.Handler {
	return map[string]http.Handler{
		"POST /auth/login":   http.HandlerFunc(a.login),
		"POST /auth/refresh": http.HandlerFunc(a.refresh),
		"POST /auth/logout":  http.HandlerFunc(a.logout),
		"POST /auth/revoke":  http.HandlerFunc(a.revoke),
	}
}

func (a *auth) login(w http.ResponseWriter, r *http.Request) {
	in, status, err := readLogin(w, r)
	if err != nil {
		refuse(w, status, err)
		return
	}
	if !passwordFits(in) {
		refuse(w, http.StatusUnauthorized, errors.New("the name or the password is wrong"))
		return
	}
	if old, err := r.Cookie(cookieName); err == nil {
		a.sessions.end(old.Value) // nobody has its key any more
	}
	a.welcome(w, a.sessions.begin(in.User))
}

// refresh answers with a new access token, as long as the session goes on.
func (a *auth) refresh(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		refuse(w, http.StatusUnauthorized, errors.New("you are not signed in"))
		return
	}
	k, err := a.sessions.use(cookie.Value)
	if err != nil {
		setCookie(w, "", time.Time{})
		refuse(w, http.StatusUnauthorized, err)
		return
	}
	a.welcome(w, k)
}

// logout ends the session and takes the cookie away.
func (a *auth) logout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		a.sessions.end(cookie.Value)
	}
	setCookie(w, "", time.Time{})
	w.WriteHeader(http.StatusNoContent)
}

// revoke ends the session on the server alone, as an administrator would: the page learns of it
// when its next refresh is refused.
func (a *auth) revoke(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		a.sessions.end(cookie.Value)
	}
	w.WriteHeader(http.StatusNoContent)
}

// welcome answers with the session's next key in the cookie and an access token in the body.
func (a *auth) welcome(w http.ResponseWriter, k keyed) {
	token, expires, err := a.tokens.issue(k.user, k.id)
	if err != nil {
		refuse(w, http.StatusInternalServerError, errors.New("the server could not make an access token"))
		return
	}
	setCookie(w, k.next, k.ends)
	answer(w, http.StatusOK, signedIn{k.user, token, expires, time.Until(expires).Milliseconds()})
}

// setCookie sets the key of the session until it ends, or takes it away with an empty one. A server
// behind TLS adds Secure.
func setCookie(w http.ResponseWriter, key string, ends time.Time) {
	c := &http.Cookie{Name: cookieName, Value: key, Path: cookiePath, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if c.MaxAge = int(time.Until(ends).Seconds()); key == "" || c.MaxAge <= 0 {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// readLogin reads the body of a login. The error is a sentence for people, beside its status.
func readLogin(w http.ResponseWriter, r *http.Request) (in login, status int, err error) {
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxLogin))
	body.DisallowUnknownFields()
	if err = body.Decode(&in); err == nil {
		if _, more := body.Token(); more != io.EOF {
			err = errors.Join(errors.New("there is more than one value"), more)
		}
	}
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return login{}, http.StatusRequestEntityTooLarge, errors.New("name and password are too long")
	}
	if err != nil {
		return login{}, http.StatusBadRequest, errors.New(`a login is {"user":"...","password":"..."}`)
	}
	return in, http.StatusOK, nil
}

// passwordFits takes the same time whether the user or the password is wrong, and whatever of the
// password is right.
func passwordFits(in login) bool {
	password, known := demoUsers[in.User]
	want, got := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(in.Password))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && known
}

// refuse answers with a sentence for people.
func refuse(w http.ResponseWriter, status int, why error) {
	answer(w, status, struct {
		Error string `json:"error"`
	}{why.Error()})
}

func answer(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone when it fails
}
