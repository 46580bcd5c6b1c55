package site

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"

	"github.com/millrace/millrace/internal/webserver"
)

// The exit codes of the example servers.
const (
	exitOK       = 0
	exitFailed   = 1
	exitUsage    = 2
	exitNotBegun = 3
)

const exits = `
Exit codes:
  0  done: SIGINT or SIGTERM ended it
  1  the server failed
  2  the command line is wrong
  3  could not start
`

// Program is an example server as a command. Every one has --help, --addr and --log-level.
type Program struct {
	Name  string
	Addr  string              // where it listens unless --addr says otherwise
	About string              // what its help says first; ends with a newline
	Flags func(*flag.FlagSet) // adds flags of its own; nil: there are none
	Check func() error        // what is wrong with their values; nil: nothing can be

	// Serve serves on addr until ctx ends, as [Site.Run] does, whose errors decide about the exit code.
	Serve func(ctx context.Context, addr string, stdout io.Writer, logger *slog.Logger) error
}

// Run is the whole program: it returns the exit code. It ends gently when ctx does.
func (p *Program) Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are said below, help goes to standard output
	addr := flags.String("addr", p.Addr, "listen on this `host:port`; port 0 is any free one")
	var level slog.Level
	flags.TextVar(&level, "log-level", slog.LevelInfo, "log from this `level` on: debug, info, warn, error")
	if p.Flags != nil {
		p.Flags(flags)
	}

	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(stdout, "%s\nUsage: %s [flags]\n\nFlags:\n", p.About, p.Name)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		fmt.Fprint(stdout, exits)
		return exitOK
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("%q is not a flag, and nothing else is taken", flags.Arg(0))
	}
	if err == nil && p.Check != nil {
		err = p.Check()
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n  %s --help shows the flags\n", p.Name, err, p.Name)
		return exitUsage
	}
	err = p.Serve(ctx, *addr, stdout, slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})))
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", p.Name, err)
	}
	return exitCode(err)
}

// errNotBegun marks why clients could never come.
type errNotBegun struct{ error }

func (e errNotBegun) Unwrap() error { return e.error }

func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, webserver.ErrAddress) || errors.Is(err, webserver.ErrNotLoopback) {
		return exitUsage
	}
	if _, ok := errors.AsType[errNotBegun](err); ok {
		return exitNotBegun
	}
	return exitFailed
}
