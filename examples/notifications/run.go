package main

import (
	"context"
	"embed"
	"io"
	"io/fs"
	"log/slog"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/examples/internal/site"
)

//go:embed page
var files embed.FS

const about = `Serves jobs that tell how far they are, and notes from one user to another.

Open the address that it prints in two windows, as two users: start jobs, cancel them,
and send notes from one to the other. A note to somebody who has no window open is lost,
and its sender is told so.

The object is JOBS/office. Its methods can also be called without the page; see
millrace-host call --help:

  millrace-host listen --client-id ann ws://127.0.0.1:8789/__rpc/JOBS/office
  millrace-host call --client-id ann ws://127.0.0.1:8789/__rpc/JOBS/office start '"report"'
  millrace-host call --client-id bob ws://127.0.0.1:8789/__rpc/JOBS/office notify '"ann"' '"Coffee?"'

Nobody is asked who he is, so only this machine is served.
`

// run is the whole program: it returns the exit code. It ends gently when ctx does.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	p := site.Program{Name: "notifications", Addr: "127.0.0.1:8789", About: about, Serve: serve}
	return p.Run(ctx, args, stdout, stderr)
}

// serve serves until ctx ends.
func serve(ctx context.Context, addr string, stdout io.Writer, logger *slog.Logger) error {
	server, err := newServer(core.WithLogger(logger))
	if err != nil {
		return err
	}
	pages, err := fs.Sub(files, "page")
	if err != nil {
		return err
	}
	s := site.Site{Server: server, Pages: pages, Logger: logger}
	return s.Run(ctx, addr, stdout)
}

// newServer serves the object.
//
// The name that somebody types is his client id, and nobody checks it: whoever types "ann" gets
// what is for ann. That will do where nothing is worth stealing, on one machine, as here. Where it will not,
// an authorizer finds out who comes, and lets him claim his own name only: see examples/authrefresh.
func newServer(opts ...core.ServerOption) (*core.Server, error) {
	server, err := core.NewServer(lmzcodec.New(), append(opts, core.AllowAnonymousClientID())...)
	if err != nil {
		return nil, err
	}
	// Concurrent: a call that takes seconds must not keep the others waiting, as it would when the
	// object ran one at a time.
	return server, server.Register(binding, newJobs, core.Concurrent())
}
