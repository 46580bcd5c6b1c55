package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/examples/internal/site"
)

//go:embed page
var files embed.FS

const help = `Serves jobs that tell how far they are, and notes from one user to another.

Open the address that it prints in two windows, as two users: start jobs, cancel them,
and send notes from one to the other. A note to somebody who has no window open is lost,
and its sender is told so.

The object is JOBS/office. Its methods can also be called without the page; see
millrace-host call --help:

  millrace-host listen --client-id ann ws://127.0.0.1:8789/__rpc/JOBS/office
  millrace-host call --client-id ann ws://127.0.0.1:8789/__rpc/JOBS/office start '"report"'
  millrace-host call --client-id bob ws://127.0.0.1:8789/__rpc/JOBS/office notify '"ann"' '"Coffee?"'

Nobody is asked who he is, so only this machine is served.

Usage: notifications [flags]

Flags:
`

const exits = `
Exit codes:
  0  done: SIGINT or SIGTERM ended it
  1  the server failed
  2  the command line is wrong
  3  could not start
`

// run is the whole program: it returns the exit code. It ends gently when ctx does.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("notifications", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are said below, help goes to standard output
	addr := flags.String("addr", "127.0.0.1:8789", "listen on this `host:port`; port 0 is any free one")
	var level slog.Level
	flags.TextVar(&level, "log-level", slog.LevelInfo, "log from this `level` on: debug, info, warn, error")

	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, help)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		fmt.Fprint(stdout, exits)
		return site.ExitOK
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("%q is not a flag, and nothing else is taken", flags.Arg(0))
	}
	if err != nil {
		fmt.Fprintf(stderr, "notifications: %v\n  notifications --help shows the flags\n", err)
		return site.ExitUsage
	}
	err = serve(ctx, *addr, stdout, slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})))
	if err != nil {
		fmt.Fprintf(stderr, "notifications: %v\n", err)
	}
	return site.ExitCode(err)
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
