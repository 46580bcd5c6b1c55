package core

import "context"

// Transport carries messages between one client and one object. Authors
// implement it; users get one from a transport package and give it to
// [NewClient]. What every persistent transport shares (lazy connect, keep-alive,
// back-off, the outbox, heartbeat) is in core/link.
//
// The Set methods are called once each, before Connect or Send, except
// SetKeepAlive, which may be called at any time. All methods may be called from
// any goroutine.
type Transport interface {
	// Info describes the transport; Codec is what the peer agreed to, empty until then.
	Info() TransportInfo
	// SetCodec says which codec to offer to the peer.
	SetCodec(name string)
	// SetMessageHandler takes the one receiver of incoming messages. The handler
	// is called serially, in order of arrival, never after Close returned; it owns
	// m.Data; it returns true when it handled the message.
	SetMessageHandler(h func(m Message) bool)
	// SetOpenHandler takes a function called after each completed handshake, before
	// any message of that connection; reopened is false for the first one.
	SetOpenHandler(h func(reopened bool))
	// SetCloseHandler takes a function called after each loss of a connection,
	// after its last message and before the next attempt. False cancels the automatic
	// reconnect. Failed attempts are not losses and do not call it. After it returned
	// false or a terminal close code came, the transport stays down until Connect or Send.
	SetCloseHandler(h func(c CloseInfo) bool)
	// SetKeepAlive switches automatic reconnect and the client's share of the
	// heartbeat. On a transport that keeps nothing open it is a no-op. Switching it on
	// connects; switching it off cancels a pending attempt and leaves an open connection.
	SetKeepAlive(enabled bool)
	// Connect opens the connection unless it is open; it returns when the
	// handshake is complete.
	Connect(ctx context.Context) error
	// Send gives a message its place in the order of sending, connecting first when
	// needed; it copies m.Data. It does not wait for the wire: seq is the place, to be
	// compared with [CloseInfo.Written]. ctx bounds the waiting only. With keep-alive on and an
	// attempt pending, Send waits for that attempt. An error means that the message
	// was not and will not be sent.
	Send(ctx context.Context, m Message) (seq uint64, err error)
	// Close ends everything for good: it is idempotent, unblocks everyone, and
	// returns when the transport's goroutines ended, except those inside a handler. The
	// close handler is not called for it. Afterwards Connect and Send fail with CodeClosed.
	Close(code CloseCode, reason string) error
}

// TransportInfo describes a transport.
type TransportInfo struct {
	Name     string // "websocket", "memory"
	Target   Target
	ClientID string // empty: none was given
	Codec    string // negotiated codec
	Push     bool   // it can receive messages that nobody asked for
}

// CloseInfo tells how a connection ended.
type CloseInfo struct {
	Code   CloseCode
	Reason string
	Clean  bool  // the peer's close frame arrived
	Err    error // what failed, when it was not clean
	// Written is the number of the last message of which the kernel took bytes;
	// those after it were not sent.
	Written uint64
	// Queued is the number of the last message that Send gave a place before this
	// loss; those after it belong to a later connection. It is at least Written.
	Queued uint64
}

// Exchanger is implemented by transports on which an answer belongs to its
// request, such as HTTP POST. A client prefers it for calls. The error is
// CodeUnreachable when the request was not sent, CodeOutcomeUnknown when it may have been.
type Exchanger interface {
	Exchange(ctx context.Context, m Message) (Message, error)
}
