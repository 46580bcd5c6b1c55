package core

import (
	"context"
	"net/http"
)

// Handler is the server as a listener sees it. [Server] implements it.
type Handler interface {
	// Accept decides about a handshake before it is answered.
	Accept(ctx context.Context, hs Handshake) (Settings, *Reject)
	// Opened is called once for an accepted session, before the client learns that it is
	// connected and before its first message. It must not block.
	Opened(s Session)
	// Message is called on the session's reader, serially and in order; it owns m.Data.
	// It may call [Session.HandOff] before something slow: then it goes on
	// while another goroutine reads.
	Message(s Session, m Message)
	// Exchange answers one request of a transport whose answers belong to
	// requests. st is what Accept decided about hs: there is no session, and neither Opened nor Closed.
	Exchange(ctx context.Context, hs Handshake, st Settings, m Message) (Message, Outcome)
	// Closed is called once for each session that Opened was called for, after its last message.
	Closed(s Session, c CloseInfo)
}

// Handshake is what a client says when it comes.
type Handshake struct {
	Transport  string      // name of the listener's transport
	Target     Target      // as in the URL: segments percent-decoded
	ClientID   string      // claimed; empty: none
	Codec      string      // asked for; empty: not said
	Protocols  []string    // subprotocols that are neither codec nor client id: tokens
	Header     http.Header // of the upgrade or request; nil where there is none
	RemoteAddr string
	Path       string // of the URL; empty where there is none
}

// Settings is what the server decided for a session.
type Settings struct {
	Subprotocol  string        // to answer; empty: none
	AutoResponse *AutoResponse // answered by the listener without the handler
	Limits       Limits
	Value        any // the handler's own, given back by [Session.Value]
}

// AutoResponse is a text message and the text that answers it.
type AutoResponse struct{ Request, Response string }

// Reject refuses a handshake: an HTTP status and a sentence, and the close code
// that says the same where there is no status.
type Reject struct {
	Status int
	Text   string
	Header http.Header // e.g. Retry-After
	Code   CloseCode
}

// Outcome tells what an exchange's answer says, for transports that show it.
type Outcome uint8

const (
	Succeeded  Outcome = iota // every item (HTTP 200)
	SomeFailed                // at least one item did not (HTTP 500)
	Unreadable                // the request could not be read (HTTP 400)
)

// Session is one accepted connection, as the server sees it. All methods may be
// called from any goroutine and none blocks on a slow client.
type Session interface {
	// Send queues a message, copying m.Data; when the client's queue is over its limit, the
	// session is closed with CloseSlowConsumer and an error returned. Messages leave in the order of Send.
	Send(m Message) error
	// Close sends the close code after what is queued, and ends the connection. Idempotent.
	Close(code CloseCode, reason string) error
	// HandOff lets another goroutine read on while the current [Handler.Message] call
	// continues. At most once per call, on its goroutine.
	HandOff()
	// Handshake is what the client said.
	Handshake() Handshake
	// Value is [Settings.Value].
	Value() any
}

// Broadcaster is implemented by sessions of listeners that can share one frame
// among many sessions: SendAll does what Send does for each of the sessions, which
// are all of the same listener, and returns one error per session, or nil.
type Broadcaster interface {
	SendAll(sessions []Session, m Message) []error
}

// Listener accepts clients and gives them to a handler.
type Listener interface {
	// Serve accepts until ctx is done or Close is called, and then returns nil.
	Serve(ctx context.Context, h Handler) error
	// Addr is where clients reach it, empty before Serve.
	Addr() string
	// Close drains: clients get CloseGoingAway, running calls the grace period that ctx bounds.
	Close(ctx context.Context) error
}
