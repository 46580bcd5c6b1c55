package site_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/examples/internal/site"
	"github.com/millrace/millrace/examples/internal/sitetest"
)

// program serves page, without flags of its own.
func program(page *site.Site) *site.Program {
	return &site.Program{
		Name: "desk",
		Addr: "127.0.0.1:8786",
		Serve: func(ctx context.Context, addr string, stdout io.Writer, logger *slog.Logger) error {
			page.Logger = logger
			return page.Run(ctx, addr, stdout)
		},
	}
}

// run is a program with everything.
func run(t *testing.T) sitetest.Program {
	page := newSite(t, &desk{})
	return func(ctx context.Context, args []string, stdout, stderr io.Writer) int {
		var chairs int
		p := program(page)
		p.About = "Serves a desk.\n"
		p.Flags = func(flags *flag.FlagSet) { flags.IntVar(&chairs, "chairs", 4, "put this `number` of chairs there") }
		p.Check = func() error {
			if chairs < 1 {
				return fmt.Errorf("--chairs %d is less than 1", chairs)
			}
			return nil
		}
		return p.Run(ctx, args, stdout, stderr)
	}
}

const help = `Serves a desk.

Usage: desk [flags]

Flags:
  -addr host:port
    	listen on this host:port; port 0 is any free one (default "127.0.0.1:8786")
  -chairs number
    	put this number of chairs there (default 4)
  -log-level level
    	log from this level on: debug, info, warn, error (default INFO)

Exit codes:
  0  done: SIGINT or SIGTERM ended it
  1  the server failed
  2  the command line is wrong
  3  could not start
`

func TestProgram_CommandLine(t *testing.T) {
	t.Parallel()
	inUse, _ := sitetest.Start(t, run(t), io.Discard)
	const hint = "\n  desk --help shows the flags\n"
	for _, tt := range []struct {
		name           string
		args           string
		code           int
		stdout, stderr string // stderr is its beginning
	}{
		{"help", "--help", 0, help, ""},
		{"help-first", "--chairs 0 -h", 0, help, ""},
		{"unknown-flag", "--port 1", 2, "", "desk: flag provided but not defined: -port" + hint},
		{"argument", "serve", 2, "", `desk: "serve" is not a flag, and nothing else is taken` + hint},
		{"log-level", "--log-level loud", 2, "", `desk: invalid value "loud" for flag -log-level: slog: level string "loud": unknown name` + hint},
		{"own-flag", "--chairs few", 2, "", `desk: invalid value "few" for flag -chairs: parse error` + hint},
		{"own-value", "--chairs 0", 2, "", "desk: --chairs 0 is less than 1" + hint},
		{"argument-and-own-value", "--chairs 0 serve", 2, "", `desk: "serve" is not a flag, and nothing else is taken` + hint},
		{"no-port", "--addr 127.0.0.1", 2, "", `desk: the address "127.0.0.1" is not host:port`},
		{"everybody", "--addr 0.0.0.0:0", 2, "", `desk: the address "0.0.0.0:0" can be reached from other machines`},
		{"no-host", "--addr :0", 2, "", `desk: the address ":0" can be reached from other machines`},
		{"in-use", "--addr " + inUse, 3, "", "desk: the address " + inUse + " is in use by another program\n  choose another one with --addr"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := sitetest.Run(t, run(t), strings.Fields(tt.args)...)
			if code != tt.code || stdout != tt.stdout || !strings.HasPrefix(stderr, tt.stderr) || tt.stderr == "" && stderr != "" {
				t.Errorf("it ended with %d and said\n%s%s\nwant %d and\n%s%s", code, stdout, stderr, tt.code, tt.stdout, tt.stderr)
			}
		})
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// Nobody would know where it is.
func TestProgram_Unheard(t *testing.T) {
	t.Parallel()
	var stderr sitetest.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // should it serve
	defer cancel()
	code := run(t)(ctx, []string{"--addr", "127.0.0.1:0"}, brokenPipe{}, &stderr)
	if want := "desk: standard output: io: read/write on closed pipe\n"; code != 1 || stderr.String() != want {
		t.Errorf("it ended with %d and said %q, want 1 and %q", code, &stderr, want)
	}
}

// What Serve is given is what the command line says, or else the default.
func TestProgram_Serve(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, args string
		addr, logs string
	}{
		{"defaults", "", "127.0.0.1:8786", "INFO WARN ERROR"},
		{"address", "--addr localhost:1", "localhost:1", "INFO WARN ERROR"},
		{"debug", "--log-level debug", "127.0.0.1:8786", "DEBUG INFO WARN ERROR"},
		{"error", "--log-level error", "127.0.0.1:8786", "ERROR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &site.Program{Name: "desk", Addr: "127.0.0.1:8786"}
			p.Serve = func(ctx context.Context, addr string, stdout io.Writer, logger *slog.Logger) error {
				for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
					logger.Log(ctx, level, "working")
				}
				_, err := io.WriteString(stdout, addr)
				return err
			}
			code, stdout, stderr := sitetest.Run(t, p.Run, strings.Fields(tt.args)...)
			levels := regexp.MustCompile(`(?m)^time=\S+ level=(\S+) msg=working\n`)
			if rest := levels.ReplaceAllString(stderr, ""); code != 0 || stdout != tt.addr || rest != "" {
				t.Errorf("it ended with %d, served on %q and said %q, want 0 and %q", code, stdout, rest, tt.addr)
			}
			var logs []string
			for _, m := range levels.FindAllStringSubmatch(stderr, -1) {
				logs = append(logs, m[1])
			}
			if got := strings.Join(logs, " "); got != tt.logs {
				t.Errorf("it logs %s, want %s", got, tt.logs)
			}
		})
	}
}

func TestProgram_Fails(t *testing.T) {
	t.Parallel()
	p := &site.Program{Name: "desk"}
	p.Serve = func(context.Context, string, io.Writer, *slog.Logger) error { return errors.New("it is broken") }
	if code, stdout, stderr := sitetest.Run(t, p.Run); code != 1 || stdout != "" || stderr != "desk: it is broken\n" {
		t.Errorf("it ended with %d and said %q and %q", code, stdout, stderr)
	}
}
