package memtransport

import (
	"context"
	"log/slog"

	"github.com/millrace/millrace/core"
)

// Option configures a transport and, with [New], its listener.
type Option interface{ apply(*config) }

type config struct {
	clientID  string
	protocols func(context.Context) ([]string, error)
	limits    core.Limits
	logger    *slog.Logger
	jitter    float64
}

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

func makeConfig(opts []Option) config {
	var c config
	for _, o := range opts {
		o.apply(&c)
	}
	return c
}

// ClientID is the client id that the transport claims. Without it, it has none.
func ClientID(id string) Option { return optionFunc(func(c *config) { c.clientID = id }) }

// Protocols takes a function that is asked for further subprotocols, such as
// tokens, before each attempt to connect. Its error fails the attempt.
func Protocols(f func(ctx context.Context) ([]string, error)) Option {
	return optionFunc(func(c *config) { c.protocols = f })
}

// Limits bounds what arrives and what waits to be sent. Zero fields mean the defaults.
func Limits(l core.Limits) Option { return optionFunc(func(c *config) { c.limits = l }) }

// Logger takes the logger; without it nothing is logged.
func Logger(l *slog.Logger) Option { return optionFunc(func(c *config) { c.logger = l }) }

// Jitter varies the delays of automatic reconnect by the given share, 0 to 1, both
// ways. Without it they are exactly 1, 2, 4, 8, 16, 30, 30... seconds.
func Jitter(share float64) Option { return optionFunc(func(c *config) { c.jitter = share }) }
