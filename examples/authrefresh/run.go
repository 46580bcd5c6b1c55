package main

import (
	"context"
	"embed"
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

const about = `Serves accounts that are opened with access tokens of a short life, and a page to watch it with.

Open the address that it prints, and sign in as ann with the password ann, or as bob with
bob. Whenever the token expires, the server closes the connection with the code 4401, the page
asks for another token, and connects again: no tick of the feed is missed. End the session
on the server, and the next refresh is refused: the page asks to sign in again.

Sessions live in the server's memory and end with it.
`

// minLifetime keeps tokens from expiring before they are used: the page takes another one
// when 2 s or less are left.
const minLifetime = 4 * time.Second

type config struct{ tokenLifetime, sessionLifetime time.Duration }

// run is the whole program: it returns the exit code. It ends gently when ctx does.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c config
	p := site.Program{
		Name:  "authrefresh",
		Addr:  "127.0.0.1:8788",
		About: about,
		Flags: c.flags,
		Check: c.check,
		Serve: func(ctx context.Context, addr string, stdout io.Writer, logger *slog.Logger) error {
			return serve(ctx, c, addr, stdout, logger)
		},
	}
	return p.Run(ctx, args, stdout, stderr)
}

func (c *config) flags(flags *flag.FlagSet) {
	flags.DurationVar(&c.tokenLifetime, "token-lifetime", 30*time.Second, "access tokens expire after this `time`, rounded up to seconds; at least "+minLifetime.String())
	flags.DurationVar(&c.sessionLifetime, "session-lifetime", 12*time.Hour, "sessions end this `time` after signing in")
}

func (c *config) check() error {
	if c.tokenLifetime < minLifetime {
		return fmt.Errorf("--token-lifetime %v is less than %v", c.tokenLifetime, minLifetime)
	}
	if c.sessionLifetime < c.tokenLifetime {
		return fmt.Errorf("--session-lifetime %v is less than --token-lifetime %v", c.sessionLifetime, c.tokenLifetime)
	}
	return nil
}

// serve serves until ctx ends.
func serve(ctx context.Context, c config, addr string, stdout io.Writer, logger *slog.Logger) error {
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
	return s.Run(ctx, addr, stdout)
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
