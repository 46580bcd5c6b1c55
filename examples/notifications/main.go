// Command notifications shows two things that a server says unasked: the progress of a call that
// goes on, and notes from one user to another that nobody keeps.
//
//	cd examples && go run ./notifications
//
// The object is in jobs.go (calls that take long, tell how far they are, and can be given up) and
// notify.go (fire and forget, and the sender learns whether anybody was there); the page is in
// page/app.js.
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
