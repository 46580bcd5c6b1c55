package main

import (
	"context"
	"embed"
	"errors"
	"flag"
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

const about = `Serves chat rooms to the web browsers of this machine.

Open the address that it prints in two windows and talk. /?room=NAME is another room;
every name is one. The log goes to standard error.

The rooms are objects of the binding CHAT_ROOM. Their methods can also be called without
the page; see millrace-host call --help:

  millrace-host call --client-id ann ws://127.0.0.1:8787/__rpc/CHAT_ROOM/lobby join '"Ann"'
  millrace-host call --client-id ann ws://127.0.0.1:8787/__rpc/CHAT_ROOM/lobby postMessage '"Hello"'

Messages and settings are kept in one SQLite file. When it cannot be used, the server says why, goes
on without it, and tries again each time.

Nobody is asked who he is, so only this machine is served.
`

// run is the whole program: it returns the exit code. It ends gently when ctx does.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var data string
	p := site.Program{
		Name:  "chat",
		Addr:  "127.0.0.1:8787",
		About: about,
		Flags: func(flags *flag.FlagSet) {
			flags.StringVar(&data, "data", "chat.db", "keep messages in this `file`; it is made when it is not there, its directory is not")
		},
		Serve: func(ctx context.Context, addr string, stdout io.Writer, logger *slog.Logger) error {
			return serve(ctx, addr, data, stdout, logger)
		},
	}
	return p.Run(ctx, args, stdout, stderr)
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
