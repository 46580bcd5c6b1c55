// Package wstransport carries messages over WebSocket (RFC 6455), on gobwas/ws.
//
// Client:
//
//	t, err := wstransport.New("ws://localhost:8787", core.Target{Binding: "ROOM", Instance: "1"}, wstransport.ClientID("user-1"))
//
// Server, on any mux of net/http:
//
//	mux.Handle("/__rpc/", wstransport.NewHandler(server))
//
// The server upgrades behind net/http only, checks the Origin before it does, and
// reads strictly. Compression is neither offered nor accepted. The handshake is
// described in docs/spec/transport.md.
//
// Everything may be called from any goroutine. Every frame is one buffer and one
// write, and frames that wait together leave in one write. Limits are those of core.Limits:
// messages and frames over MessageBytes close the connection with 1009 before memory
// is spent on them, floods of control frames or fragments and messages that do
// not complete in AssemblyTime with 1008.
package wstransport
