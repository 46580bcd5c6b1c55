// Command authrefresh shows how connections live with access tokens that last for seconds: signing
// in, an expiry that closes the connection with 4401, a refresh, a reconnect that misses nothing, and
// a refresh that is refused.
//
//	cd examples && go run ./authrefresh
//
// Signing in sets a cookie that scripts cannot read (the session, see sessions.go), and answers with
// an access token (a JWT, see tokens.go) that the page keeps in memory. The token travels as a
// subprotocol of the WebSocket's handshake, never in a URL, and no log has it. What the server does with it is in
// authorize.go, what the page does in page/session.js and page/app.js.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends gently; afterwards signals have their usual effect, so that
	// the second one kills.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
