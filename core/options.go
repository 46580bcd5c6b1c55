package core

import "log/slog"

// ServerOption configures [NewServer].
type ServerOption interface{ applyServer(*serverConfig) error }

// ClientOption configures [NewClient].
type ClientOption interface{ applyClient(*clientConfig) error }

// Option configures servers and clients alike.
type Option interface {
	ServerOption
	ClientOption
}

// common is what servers and clients are both configured with.
type common struct {
	limits Limits // as given; the constructor applies the defaults
	logger *slog.Logger
}

// complete fills in what no option said.
func (c *common) complete() {
	c.limits = c.limits.WithDefaults()
	if c.logger == nil {
		c.logger = slog.New(slog.DiscardHandler)
	}
}

// commonOption is an [Option] made of one function.
type commonOption func(*common)

func (f commonOption) applyServer(c *serverConfig) error { f(&c.common); return nil }
func (f commonOption) applyClient(c *clientConfig) error { f(&c.common); return nil }

// WithLimits bounds everything that comes from outside. A zero field means its
// default, [NoLimit] switches a limit off. Without this option every limit has
// its default.
func WithLimits(l Limits) Option { return commonOption(func(c *common) { c.limits = l }) }

// WithLogger takes the logger for what no caller can be told: panics of user code,
// messages that were ignored, connections that ended. It never gets payloads,
// tokens or header values. Without this option, or with nil, nothing is logged.
func WithLogger(l *slog.Logger) Option { return commonOption(func(c *common) { c.logger = l }) }
