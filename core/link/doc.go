// Package link is the connection machinery that every persistent transport shares.
// A transport is only a dialer and a framer; this package supplies the rest, on
// both ends.
//
//   - [Client] implements core.Transport: lazy connect, keep-alive, reconnect after
//     1, 2, 4, 8, 16, 30, 30... seconds, ordered sending with push-back, close handler.
//   - [Hub] keeps the sessions of a listener: admission, reading with [Session.HandOff],
//     slow clients, draining.
//   - Both ends share the outbox (bounded queue, one writer that exists only while
//     there is something to write, coalescing, shared frames), the heartbeat and the closing
//     handshake.
//
// A transport implements [Conn], which moves frames, and calls [NewClient] with a
// [Dialer], or gives accepted connections to [Hub.Accept] and [Ticket.Open].
//
// Nothing here looks into a message. All exported methods may be called from any
// goroutine.
package link
