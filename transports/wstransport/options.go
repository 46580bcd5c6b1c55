package wstransport

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/url"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
)

// TransportOption configures [New].
type TransportOption interface{ applyTransport(*transportConfig) error }

// HandlerOption configures [NewHandler].
type HandlerOption interface{ applyHandler(*handlerConfig) }

// Option configures both.
type Option interface {
	TransportOption
	HandlerOption
}

// common is what both ends are configured with.
type common struct {
	prefix string
	limits core.Limits
	logger *slog.Logger
}

type transportConfig struct {
	common
	clientID  string
	protocols func(context.Context) ([]string, error)
	header    http.Header
	jitter    float64
	dial      func(ctx context.Context, network, addr string) (net.Conn, error)
	tls       *tls.Config
}

type handlerConfig struct {
	common
	origins origins
	route   func(*http.Request) (core.Target, bool)
}

type commonOption func(*common)

func (f commonOption) applyTransport(c *transportConfig) error { f(&c.common); return nil }
func (f commonOption) applyHandler(c *handlerConfig)           { f(&c.common) }

type transportOption func(*transportConfig) error

func (f transportOption) applyTransport(c *transportConfig) error { return f(c) }

type handlerOption func(*handlerConfig)

func (f handlerOption) applyHandler(c *handlerConfig) { f(c) }

// Prefix begins the path; without it, it is /__rpc.
func Prefix(p string) Option { return commonOption(func(c *common) { c.prefix = p }) }

// Limits bounds what arrives and what waits to be sent. Zero fields mean the
// defaults; on a server, fields that are set win over those of the core.Handler.
func Limits(l core.Limits) Option { return commonOption(func(c *common) { c.limits = l }) }

// Logger takes the logger, which never gets payloads, tokens or header values.
// Without it nothing is logged.
func Logger(l *slog.Logger) Option { return commonOption(func(c *common) { c.logger = l }) }

// ClientID is the client id to claim, any UTF-8. It travels as a subprotocol,
// escaped when it is no RFC 7230 token, and as X-Client-Id when it fits a header.
func ClientID(id string) TransportOption {
	return transportOption(func(c *transportConfig) error { c.clientID = id; return nil })
}

// Protocols takes a function that is asked for further subprotocols, such as
// tokens, before each attempt to connect. They must be RFC 7230 tokens. Its error fails the
// attempt.
func Protocols(f func(ctx context.Context) ([]string, error)) TransportOption {
	return transportOption(func(c *transportConfig) error { c.protocols = f; return nil })
}

// Header is sent with each handshake, beside the headers of the protocol.
func Header(h http.Header) TransportOption {
	return transportOption(func(c *transportConfig) error { c.header = h.Clone(); return nil })
}

// Jitter varies the delays of automatic reconnect by the given share, 0 to 1, both
// ways. Without it they are exactly 1, 2, 4, 8, 16, 30, 30... seconds.
func Jitter(share float64) TransportOption {
	return transportOption(func(c *transportConfig) error { c.jitter = share; return nil })
}

// Dialer replaces the function that opens network connections, for proxies and
// tests. TLS is put on top of what it returns.
func Dialer(dial func(ctx context.Context, network, addr string) (net.Conn, error)) TransportOption {
	return transportOption(func(c *transportConfig) error { c.dial = dial; return nil })
}

// TLS configures wss connections. Without it, Go's defaults hold.
func TLS(cfg *tls.Config) TransportOption {
	return transportOption(func(c *transportConfig) error {
		if cfg == nil {
			return fault.New(fault.CodeConfig, "websocket: TLS: the configuration is nil")
		}
		c.tls = cfg.Clone()
		return nil
	})
}

// Origins allows pages of further origins to connect, beside those of the
// server's own host: https://example.com, https://*.example.com for any subdomain, or * for all.
// Requests without an Origin, which browsers' pages cannot make, are always allowed.
func Origins(patterns ...string) HandlerOption {
	return handlerOption(func(c *handlerConfig) { c.origins = append(c.origins, patterns...) })
}

// Route replaces the way in which a request names its target, which is by default
// <prefix>/<binding>/<instance>[/anything]. False answers 404.
func Route(f func(r *http.Request) (core.Target, bool)) HandlerOption {
	return handlerOption(func(c *handlerConfig) { c.route = f })
}

// baseURL reads a base URL; http and https stand for ws and wss.
func baseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, fault.Wrap(fault.CodeConfig, "websocket: base URL", err)
	}
	switch u.Scheme {
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	case "ws", "wss":
	default:
		return nil, fault.New(fault.CodeConfig, "websocket: base URL: scheme %q is none of ws, wss, http, https", u.Scheme)
	}
	if u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fault.New(fault.CodeConfig, "websocket: base URL: want a host and nothing but a path after it; credentials belong in Header or Protocols")
	}
	return u, nil
}
