package httptransport

import (
	"net/http"

	"github.com/millrace/millrace/core"
)

// Option configures [NewHandler].
type Option interface{ apply(*config) }

type config struct {
	prefix  string
	limits  core.Limits
	origins []string
	route   func(*http.Request) (core.Target, bool)
}

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// Prefix begins the path; without it, it is /__rpc.
func Prefix(p string) Option { return optionFunc(func(c *config) { c.prefix = p }) }

// Limits bounds requests: MessageBytes the body and AssemblyTime the time for
// reading it. Zero fields mean the defaults; fields that are set win over those of the core.Handler.
func Limits(l core.Limits) Option { return optionFunc(func(c *config) { c.limits = l }) }

// Origins allows browsers' pages of further origins, as scheme://host[:port], to send
// requests, beside those of the server's own origin. Others get 403. No CORS headers are sent.
func Origins(list ...string) Option {
	return optionFunc(func(c *config) { c.origins = append(c.origins, list...) })
}

// Route replaces the way in which a request names its target, which is by default
// <prefix>/<binding>/<instance>/call. False answers 404.
func Route(f func(r *http.Request) (core.Target, bool)) Option {
	return optionFunc(func(c *config) { c.route = f })
}
