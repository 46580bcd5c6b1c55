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
	"github.com/millrace/millrace/examples/chat/room"
	"github.com/millrace/millrace/examples/chat/store"
	"github.com/millrace/millrace/examples/internal/site"
)

//go:embed page
var files embed.FS

const help = `Serves chat rooms to the web browsers of this machine.

Open the address that it prints in two windows and talk. /?room=NAME is another room;
every name is one. The log goes to standard error.

The rooms are objects of the binding CHAT_ROOM. Their methods can also be called without
the page; see millrace-host call --help:

  millrace-host call --client-id ann ws://127.0.0.1:8787/__rpc/CHAT_ROOM/lobby join '"Ann"'
  millrace-host call --client-id ann ws://127.0.0.1:8787/__rpc/CHAT_ROOM/lobby postMessage '"Hello"'

Messages and settings are kept in one SQLite file. When it cannot be used, the server says why, goes
on without it, and tries again each time.

Nobody is asked who he is, so only this machine is served.

Usage: chat [flags]

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
	flags := flag.NewFlagSet("chat", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are said below, help goes to standard output
	addr := flags.String("addr", "127.0.0.1:8787", "listen on this `host:port`; port 0 is any free one")
	data := flags.String("data", "chat.db", "keep messages in this `file`; it is made when it is not there, its directory is not")
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
		fmt.Fprintf(stderr, "chat: %v\n  chat --help shows the flags\n", err)
		return site.ExitUsage
	}
	logger := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	err = serve(ctx, *addr, *data, stdout, logger)
	if err != nil {
		fmt.Fprintf(stderr, "chat: %v\n", err)
	}
	return site.ExitCode(err)
}

// serve serves until ctx ends.
func serve(ctx context.Context, addr, data string, stdout io.Writer, logger *slog.Logger) (err error) {
	history := store.New(data, logger)
	defer func() { err = errors.Join(err, history.Close()) }()

	// A demonstration: people come under ids that their pages made up. Whoever knows one gets its
	// messages, and so pages keep theirs to themselves.
	server, err := core.NewServer(lmzcodec.New(), core.AllowAnonymousClientID(), core.WithLogger(logger))
	if err != nil {
		return err
	}
	if err := room.Register(server, history); err != nil {
		return err
	}
	logger.Info("client ids are believed without proof, since this is a demonstration")
	logger.Info("messages are kept", "file", history.Path())

	pages, err := fs.Sub(files, "page")
	if err != nil {
		return err
	}
	s := site.Site{Server: server, Pages: pages, Logger: logger}
	return s.Run(ctx, addr, stdout)
}
