package wstransport

import (
	"net/http"
	"net/url"
	"strings"
)

// origins is the list of allowed ones beside the server's own host.
type origins []string

// allow reports whether a page of the request's origin may connect. Requests
// without an Origin are not from a browser's page and allowed.
func (o origins) allow(r *http.Request) bool {
	values := r.Header["Origin"]
	if len(values) == 0 {
		return true
	}
	if len(values) > 1 {
		return false
	}
	for _, p := range o {
		if p == "*" {
			return true
		}
	}
	u, ok := parseOrigin(values[0])
	if !ok {
		return false
	}
	// A proxy may have ended TLS, so https is fine on a plain connection. The
	// other way round is a page that anyone on its path could have written.
	if (u.Scheme == "https" || r.TLS == nil) && canonicalHost(u.Scheme, r.Host) == u.Host {
		return true
	}
	for _, p := range o {
		if matchOrigin(p, u) {
			return true
		}
	}
	return false
}

// parseOrigin reads scheme://host[:port], with the host in canonical form.
func parseOrigin(s string) (*url.URL, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" ||
		u.Scheme != "http" && u.Scheme != "https" {
		return nil, false
	}
	u.Host = canonicalHost(u.Scheme, u.Host)
	return u, true
}

// canonicalHost is host in lower case, without the scheme's default port.
func canonicalHost(scheme, host string) string {
	host = strings.ToLower(host)
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// matchOrigin compares with one pattern: scheme://host[:port], where the host may
// begin with "*." for any subdomain.
func matchOrigin(pattern string, u *url.URL) bool {
	scheme, host, ok := strings.Cut(strings.ToLower(pattern), "://")
	if !ok || scheme != u.Scheme {
		return false
	}
	host = canonicalHost(scheme, strings.TrimSuffix(host, "/"))
	if domain, ok := strings.CutPrefix(host, "*."); ok {
		return strings.HasSuffix(u.Host, "."+domain)
	}
	return host == u.Host
}
