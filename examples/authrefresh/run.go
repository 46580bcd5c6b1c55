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
	"sync"
	"time"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/examples/internal/site"
)

//go:embed page
var files embed.FS

const help = `Serves accounts that are opened with access tokens of a short life, and a page to watch it with.

Open the address that it prints, and sign in as ann with the password ann, or as bob with
bob. Whenever the token expires, the server closes the connection with the code 4401, the page
asks for another token, and connects again: no tick of the feed is missed. End the session
on the server, and the next refresh is refused: the page asks to sign in again.

Sessions live in the server's memory and end with it.

Usage: authrefresh [flags]

Flags:
`

const exits = `
Exit codes:
  0  done: SIGINT or SIGTERM ended it
  1  the server failed
  2  the command line is wrong
  3  could not start
`

// minLifetime keeps tokens from expiring before they are used: the page takes another one
// when 2 s or less are left.
const minLifetime = 4 * time.Second

type config struct {
	addr                           string
	tokenLifetime, sessionLifetime time.Duration
}

// run is the whole program: it returns the exit code. It ends gently when ctx does.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("authrefresh", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are said below, help goes to standard output
	var c config
	flags.StringVar(&c.addr, "addr", "127.0.0.1:8788", "listen on this `host:port`; port 0 is any free one")
	flags.DurationVar(&c.tokenLifetime, "token-lifetime", 30*time.Second, "access tokens expire after this `time`, rounded up to seconds; at least "+minLifetime.String())
	flags.DurationVar(&c.sessionLifetime, "session-lifetime", 12*time.Hour, "sessions end this `time` after signing in")
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
	switch {
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("%q is not a flag, and nothing else is taken", flags.Arg(0))
	case c.tokenLifetime < minLifetime:
		err = fmt.Errorf("--token-lifetime %v is less than %v", c.tokenLifetime, minLifetime)
	case c.sessionLifetime < c.tokenLifetime:
		err = fmt.Errorf("--session-lifetime %v is less than --token-lifetime %v", c.sessionLifetime, c.tokenLifetime)
	}
	if err != nil {
		fmt.Fprintf(stderr, "authrefresh: %v\n  authrefresh --help shows the flags\n", err)
		return site.ExitUsage
	}
	err = serve(ctx, c, stdout, slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})))
	if err != nil {
		fmt.Fprintf(stderr, "authrefresh: %v\n", err)
	}
	return site.ExitCode(err)
}

// serve serves until ctx ends.
func serve(ctx context.Context, c config, stdout io.Writer, logger *slog.Logger) error {
	a, err := newApp(c, core.WithLogger(logger))
	if err != nil {
		return err
	}
	pages, err := fs.Sub(files, "page")
	if err != nil {
		return err
	}
	var feeding sync.WaitGroup
	defer feeding.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	feeding.Go(func() { a.feed.run(ctx) })
	s := site.Site{Server: a.server, Pages: pages, Routes: a.auth.routes(), Logger: logger}
	return s.Run(ctx, c.addr, stdout)
}

// app is what is served, without anything that listens.
type app struct {
	auth   *auth
	feed   *feed // does not run by itself
	server *core.Server
}

func newApp(c config, opts ...core.ServerOption) (*app, error) {
	a := &app{
		auth: &auth{sessions: newSessions(c.sessionLifetime), tokens: newTokens(c.tokenLifetime)},
		feed: &feed{},
	}
	var err error
	a.server, err = core.NewServer(lmzcodec.New(), append(opts, core.WithAuthorizer(a.auth.authorize))...)
	if err != nil {
		return nil, err
	}
	return a, a.server.Register(accountBinding, func(st *core.State) (any, error) {
		a.feed.join(st)
		return &Account{state: st, feed: a.feed}, nil
	})
}
