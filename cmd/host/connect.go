package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/builtin"
)

// connection is how call and listen reach an object.
type connection struct {
	clientID string
	token    string
	codec    string
	verbose  bool
	timeout  time.Duration // of connecting, and of a call
}

const defaultTimeout = 30 * time.Second

func (c *connection) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.clientID, "client-id", "", "come under this client `id`")
	f.StringVar(&c.token, "token", "", "offer this `token` as a subprotocol, for the server's authorizer")
	f.StringVar(&c.codec, "codec", "lmz", "speak this `codec`: "+codecNames())
	f.DurationVar(&c.timeout, "timeout", defaultTimeout, "give up after this `time`")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "log what the connection does")
}

// client makes a client of the object at a.
func (c *connection) client(cmd *cobra.Command, a address, opts ...core.ClientOption) (*core.Client, error) {
	if c.timeout <= 0 {
		return nil, usage("--timeout is %v, and must be positive", c.timeout)
	}
	level := slog.LevelError // what matters to the caller is the error returned
	if c.verbose {
		level = slog.LevelDebug
	}
	logger := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level}))

	modules, err := builtin.Registry()
	if err != nil {
		return nil, err
	}
	codecs, err := modules.Lookup(core.KindCodec, c.codec)
	if err != nil {
		return nil, usage("there is no codec %q: use %s", c.codec, codecNames())
	}
	codec, err := codecs.Codec(core.Limits{})
	if err != nil {
		return nil, err
	}
	transports, err := modules.Lookup(core.KindTransport, "websocket")
	if err != nil {
		return nil, err
	}
	t, err := transports.Dial(core.DialConfig{
		URL: a.base, Prefix: a.prefix, Target: a.target, ClientID: c.clientID,
		Protocols: c.protocols, Header: http.Header{}, Logger: logger,
	})
	if err != nil {
		return nil, &failure{exitUsage, err}
	}
	opts = append(opts, core.WithLogger(logger), core.WithCallTimeout(c.timeout))
	client, err := core.NewClient(t, codec, opts...)
	if err != nil {
		return nil, &failure{exitUsage, errors.Join(err, t.Close(core.CloseNormal, ""))}
	}
	return client, nil
}

// codecNames lists the codecs as a sentence does.
func codecNames() string {
	all := builtin.Codecs()
	names := make([]string, len(all))
	for i, codec := range all {
		names[i] = codec.Name()
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// protocols are the subprotocols that carry the token.
func (c *connection) protocols(context.Context) ([]string, error) {
	if c.token == "" {
		return nil, nil
	}
	return []string{c.token}, nil
}

// connect opens the connection, so that an error of connecting is known as one.
func (c *connection) connect(ctx context.Context, client *core.Client) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if err := client.Connect(ctx); err != nil {
		code := exitUnreachable
		if core.CodeOf(err) == core.CodeConfig {
			code = exitUsage
		}
		return &failure{code, err}
	}
	return nil
}
