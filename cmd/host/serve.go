package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/cmd/host/internal/config"
	"github.com/millrace/millrace/internal/webserver"
)

type serveCommand struct {
	file      string
	addr      string
	fixture   bool
	origins   []string
	anonymous bool
	anyAddr   bool
	grace     time.Duration
	logLevel  string
	logFormat string
}

func newServe() *cobra.Command {
	c := &serveCommand{}
	d := config.Default()
	cmd := &cobra.Command{
		Use:   "serve [flags]",
		Short: "Serve objects over WebSocket and HTTP",
		Long: `Serves objects: rooms under the binding ROOM, or with --fixture the objects that
conformance tests call. When clients can come, it prints one line to standard output:
listening on http://HOST:PORT. The log goes to standard error.

  /__rpc/BINDING/INSTANCE/call   calls, by WebSocket or POST
  /__rpc/client.js               the browser client, an ES module
  /BINDING/INSTANCE/...          the object's own HTTP; .../ws its own WebSocket
  /                              a page that says what is here

Nobody is asked who he is, so only this machine is served, unless
--insecure-allow-any-address says otherwise.

SIGINT and SIGTERM end gently: no new calls, running ones have the grace period to
finish, then clients are told to come back later (close code 1001). A second signal kills.

The configuration file is YAML; flags override it, unknown names are errors:

  addr: 127.0.0.1:8787
  fixture: false
  origins: [https://app.example.com]
  allowAnonymousClientIDs: true
  insecureAllowAnyAddress: false
  limits:                 # every field of core.Limits, with a small first letter
    messageBytes: 1048576
    callTimeout: 30s
    batchItems: off       # no limit
  log:
    level: info           # debug, info, warn, error
    format: text          # or json

` + exitHelp,
		Example: `  millrace-host serve
  millrace-host serve --fixture --addr 127.0.0.1:0
  millrace-host serve --config host.yaml --log-level debug`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("serve takes no arguments, and %q was given", args[0])
			}
			return nil
		},
		RunE: c.run,
	}
	f := cmd.Flags()
	f.StringVar(&c.file, "config", "", "read settings from this YAML `file`")
	f.StringVar(&c.addr, "addr", d.Addr, "listen on this `host:port`; port 0 is any free one")
	f.BoolVar(&c.fixture, "fixture", false, "serve the objects of the conformance tests")
	f.StringSliceVar(&c.origins, "origin", nil, "let web pages of this `origin` connect (may be repeated); without it, those of the host itself")
	f.BoolVar(&c.anonymous, "allow-anonymous-client-ids", d.AllowAnonymousClientIDs, "let clients come under any client id")
	f.BoolVar(&c.anyAddr, "insecure-allow-any-address", false, "serve other machines than this one, without asking who they are")
	f.DurationVar(&c.grace, "grace", 0, "give running calls this `time` when the host stops (default 10s)")
	f.StringVar(&c.logLevel, "log-level", "", "log from this `level` on: debug, info, warn, error (default info)")
	f.StringVar(&c.logFormat, "log-format", "", "log in this `format`: text or json (default text)")
	return cmd
}

// config is the file's configuration with the flags over it.
func (c *serveCommand) config(cmd *cobra.Command) (config.Config, error) {
	cfg := config.Default()
	if c.file != "" {
		var err error
		if cfg, err = config.Load(c.file); err != nil {
			return cfg, usage("%w", err)
		}
	}
	given := cmd.Flags().Changed
	if given("addr") {
		cfg.Addr = c.addr
	}
	if given("fixture") {
		cfg.Fixture = c.fixture
	}
	if given("origin") {
		cfg.Origins = c.origins
	}
	if given("allow-anonymous-client-ids") {
		cfg.AllowAnonymousClientIDs = c.anonymous
	}
	if given("insecure-allow-any-address") {
		cfg.AllowAnyAddress = c.anyAddr
	}
	if given("grace") {
		if c.grace <= 0 {
			return cfg, usage("--grace is %v, and must be positive", c.grace)
		}
		cfg.Limits.DrainGrace = c.grace
	}
	if given("log-level") {
		level, err := config.ParseLevel(c.logLevel)
		if err != nil {
			return cfg, usage("%w", err)
		}
		cfg.Log.Level = level
	}
	if given("log-format") {
		format, err := config.ParseFormat(c.logFormat)
		if err != nil {
			return cfg, usage("%w", err)
		}
		cfg.Log.Format = format
	}
	return cfg, nil
}

func (c *serveCommand) run(cmd *cobra.Command, _ []string) error {
	cfg, err := c.config(cmd)
	if err != nil {
		return err
	}
	return serve(cmd.Context(), cfg, cmd.OutOrStdout(), cfg.Log.Logger(cmd.ErrOrStderr()))
}

// serve serves until ctx ends, and then drains.
func serve(ctx context.Context, cfg config.Config, stdout io.Writer, logger *slog.Logger) error {
	if err := checkAddress(ctx, cfg); err != nil {
		return err
	}
	h, err := newHost(cfg, logger)
	if err != nil {
		return usage("%w", err)
	}
	l, err := webserver.Listen(ctx, cfg.Addr)
	if err != nil {
		return &failure{exitUnreachable, err}
	}
	h.announce(l.Addr())
	if _, err := fmt.Fprintf(stdout, "listening on http://%s\n", l.Addr()); err != nil {
		return &failure{exitFailed, errors.Join(fmt.Errorf("standard output: %w", err), l.Close())}
	}
	if err := h.web.Run(ctx, l); err != nil {
		return &failure{exitFailed, err}
	}
	return nil
}

// checkAddress refuses to serve other machines unless that is asked for: there is
// no authorizer that could tell who they are.
func checkAddress(ctx context.Context, cfg config.Config) error {
	err := webserver.Loopback(ctx, cfg.Addr)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, webserver.ErrAddress):
		return usage("%w", err)
	case cfg.AllowAnyAddress:
		return nil
	case errors.Is(err, webserver.ErrNotLoopback):
		return usage("%w\n  serve 127.0.0.1 instead, or say --insecure-allow-any-address", err)
	}
	return &failure{exitUnreachable, err}
}
