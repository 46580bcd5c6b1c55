package main

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"time"
)

// maxSessions bounds how many there are: one more ends the one that would end first.
const maxSessions = 1000

// Why a session cannot be used, as the page shows it.
var (
	errEnded  = errors.New("your session ended: sign in again")
	errReused = errors.New("the key of your session was used twice, so the session was ended: sign in again")
)

// sessions remembers who signed in. Its methods may be called from any goroutine.
//
// A session is used with a key: a handle, a dot, and a secret that changes with each use. A secret
// that comes a second time was copied, or the answer with its successor was lost. Nobody knows
// which, and so the session ends. The id of a session, which access tokens tell, is the hash of its
// handle: whoever knows the id alone cannot even end it.
type sessions struct {
	lifetime time.Duration // of a session, from signing in

	mu   sync.Mutex          // guards live
	live map[string]*session // by id
}

type session struct {
	user   string
	secret [sha256.Size]byte // the hash of the next one to come
	ends   time.Time
}

func newSessions(lifetime time.Duration) *sessions {
	return &sessions{lifetime: lifetime, live: map[string]*session{}}
}

// keyed is a session and the key to use it with.
type keyed struct {
	user, id string
	next     string // the key: it has not been used
	ends     time.Time
}

// begin opens a session.
func (s *sessions) begin(user string) keyed {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.makeRoom()
	handle := rand.Text()
	id, opened := idOf(handle), &session{user: user, ends: time.Now().Add(s.lifetime)}
	s.live[id] = opened
	return keyed{user, id, opened.newKey(handle), opened.ends}
}

// use takes a key that has not been used, and returns the next one. The error is errEnded or errReused.
func (s *sessions) use(key string) (keyed, error) {
	handle, secret, _ := strings.Cut(key, ".")
	id, sum := idOf(handle), sha256.Sum256([]byte(secret))
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.find(id)
	if found == nil {
		return keyed{}, errEnded
	}
	if subtle.ConstantTimeCompare(sum[:], found.secret[:]) != 1 {
		delete(s.live, id)
		return keyed{}, errReused
	}
	return keyed{found.user, id, found.newKey(handle), found.ends}, nil
}

// end closes the session of a key, used or not. Ending what has ended is no error.
func (s *sessions) end(key string) {
	handle, _, _ := strings.Cut(key, ".")
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, idOf(handle))
}

// isOf reports whether the session goes on and belongs to user.
func (s *sessions) isOf(id, user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.find(id)
	return found != nil && found.user == user
}

// find returns nil for sessions that are not there or have ended. The caller has s.mu.
func (s *sessions) find(id string) *session {
	found := s.live[id]
	if found == nil || !time.Now().Before(found.ends) {
		delete(s.live, id)
		return nil
	}
	return found
}

// makeRoom forgets what has ended, and then what would end first, until there is room for one
// more. The caller has s.mu.
func (s *sessions) makeRoom() {
	first := ""
	for id := range s.live {
		if found := s.find(id); found != nil && (first == "" || found.ends.Before(s.live[first].ends)) {
			first = id
		}
	}
	if len(s.live) >= maxSessions {
		delete(s.live, first)
	}
}

// newKey makes the session's next key.
func (s *session) newKey(handle string) string {
	secret := rand.Text()
	s.secret = sha256.Sum256([]byte(secret))
	return handle + "." + secret
}

func idOf(handle string) string {
	sum := sha256.Sum256([]byte(handle))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
