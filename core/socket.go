package core

import (
	"slices"
	"strings"
	"sync"

	"github.com/millrace/millrace/core/fault"
)

// Socket is one open connection to an object, as the object sees it. It may be used
// from any goroutine.
type Socket struct{ conn *conn }

// ClientID is the connection's authorised client id, empty for none.
func (s *Socket) ClientID() string { return s.conn.hs.ClientID }

// Tags returns the tags under which [State.Sockets] finds the connection: its
// client id, or nothing.
func (s *Socket) Tags() []string {
	if id := s.conn.hs.ClientID; id != "" {
		return []string{id}
	}
	return nil
}

// Handshake is what the client said when it came. Its header may hold credentials.
func (s *Socket) Handshake() Handshake { return s.conn.hs }

// Send queues a message of the application's own, copying m.Data; it never waits
// for the client. A client that does not keep up is closed with [CloseSlowConsumer],
// and an error returned.
func (s *Socket) Send(m Message) error { return s.conn.session.Send(m) }

// Close sends a close code and a reason of at most 123 bytes, after what is queued
// already, and ends the connection.
func (s *Socket) Close(code CloseCode, reason string) error {
	return s.conn.session.Close(code, reason)
}

// socketSet is an object's open connections.
type socketSet struct {
	mu    sync.RWMutex // guards what follows
	all   []*Socket
	byTag map[string][]*Socket
}

// add reports false, and adds nothing, when the client id has its limit of connections.
func (set *socketSet) add(s *Socket, limit int) bool {
	set.mu.Lock()
	defer set.mu.Unlock()
	id := s.conn.hs.ClientID
	if id != "" && fault.Over(len(set.byTag[id])+1, limit) {
		return false
	}
	set.all = append(set.all, s)
	if id != "" {
		if set.byTag == nil {
			set.byTag = map[string][]*Socket{}
		}
		set.byTag[id] = append(set.byTag[id], s)
	}
	return true
}

func (set *socketSet) remove(s *Socket) {
	set.mu.Lock()
	defer set.mu.Unlock()
	set.all = without(set.all, s)
	if id := s.conn.hs.ClientID; id != "" {
		if rest := without(set.byTag[id], s); len(rest) > 0 {
			set.byTag[id] = rest
		} else {
			delete(set.byTag, id)
		}
	}
}

// without returns the list without s, in place; readers get copies.
func without(list []*Socket, s *Socket) []*Socket {
	if i := slices.Index(list, s); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

func (set *socketSet) tagged(tag string) []*Socket {
	set.mu.RLock()
	defer set.mu.RUnlock()
	return slices.Clone(set.find(tag))
}

// appendTagged appends the connections with a tag to dst.
func (set *socketSet) appendTagged(dst []*Socket, tag string) []*Socket {
	set.mu.RLock()
	defer set.mu.RUnlock()
	return append(dst, set.find(tag)...)
}

func (set *socketSet) count(tag string) int {
	set.mu.RLock()
	defer set.mu.RUnlock()
	return len(set.byTag[tag])
}

func (set *socketSet) find(tag string) []*Socket {
	if tag == "" {
		return set.all
	}
	if found, ok := set.byTag[tag]; ok {
		return found
	}
	if id, ok := strings.CutPrefix(tag, "rpc:"); ok && id != "" {
		return set.byTag[id]
	}
	return nil
}

func (set *socketSet) tags() []string {
	set.mu.RLock()
	defer set.mu.RUnlock()
	tags := make([]string, 0, len(set.byTag))
	for tag := range set.byTag {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	return tags
}
