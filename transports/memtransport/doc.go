// Package memtransport connects a client and a server in one process, through
// memory: for tests, examples and embedding. It is the reference implementation of a
// persistent transport: the connection machinery of core/link, bounded queues, close codes
// and reconnecting are the same as on a network, and it works in synctest bubbles.
//
//	t, err := memtransport.New(server, core.Target{Binding: "ROOM", Instance: "1"}, memtransport.ClientID("user-1"))
//
// [New] makes a transport with a [Listener] of its own. Several clients of one
// listener are made by [NewListener] and [Listener.Transport]. A listener can be stopped and
// started again, and can drop its connections, to test what clients do then.
//
// Everything may be called from any goroutine. Limits are those of core.Limits.
package memtransport
