// Package contest holds the contestants of the benchmark: Millrace, and the
// baselines it is read beside. A baseline does by hand, and for this one message
// only, what a framework does for every message; it shows what the kernel costs.
package contest

import (
	"context"
	"net"
)

// Contestant is one way of answering a small request over one connection.
type Contestant struct {
	Name string
	// Anchor names what ratios are taken to: "" is no anchor.
	Anchor Anchor
	// Concurrent says that one connection carries many requests at once.
	Concurrent bool
	// Serve answers on ln until it is closed, and then returns.
	Serve func(ln net.Listener)
	// Dial opens one connection to Serve's listener.
	Dial func(ctx context.Context, addr string) (Caller, error)
}

// Anchor is a role of a baseline in the table.
type Anchor int

// The roles: what sequential calls, concurrent calls, and the sanity of the
// baselines themselves are compared with.
const (
	NoAnchor Anchor = iota
	RawEcho
	RawMux
	PingPong
)

// Caller is one connection. Call makes one round trip and checks the answer; it
// may be called concurrently when the contestant is Concurrent.
type Caller interface {
	Call(ctx context.Context) error
	Close() error
}

// payload is what every raw contestant carries, both ways: the bytes of the
// request that Millrace sends for add(1, 2).
var payload = []byte(`{"json":{"type":"__rpc","batch":[{"id":"1795400752494-0","operations":[` +
	`{"type":"get","key":"add"},{"type":"apply","args":[1,2]}]}]},"meta":{}}`)

// All returns the contestants in the order of the table.
func All() []Contestant {
	return []Contestant{pingPong(), rawEcho(), millrace(), rawMux(), netRPC()}
}

// acceptLoop serves each connection on a goroutine of its own, which ends when the
// client closes the connection.
func acceptLoop(ln net.Listener, serve func(net.Conn) error) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return // closed by its owner
		}
		go func() {
			_ = serve(conn) // ends with the client's close; a broken contestant fails on the calling side
			_ = conn.Close()
		}()
	}
}
