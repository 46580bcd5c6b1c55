// Package route reads and writes the one URL shape of the transports on HTTP:
// <prefix>/<binding>/<instance>[/anything].
package route

import (
	"net/url"
	"strings"

	"github.com/millrace/millrace/core"
)

// DefaultPrefix begins every path unless something else is configured.
const DefaultPrefix = "/__rpc"

// Clean returns the prefix with one leading and no trailing slash; DefaultPrefix when
// it is empty.
func Clean(prefix string) string {
	prefix = strings.Trim(prefix, "/")
	if prefix == "" {
		return DefaultPrefix
	}
	return "/" + prefix
}

// Parse finds the target in u below a clean prefix. Segments are percent-decoded
// once, each by itself, so that an instance may contain an escaped slash. Last is the
// last segment after the instance, empty if there is none. It returns false when
// the path is not below the prefix, or lacks a binding or an instance.
func Parse(prefix string, u *url.URL) (t core.Target, last string, ok bool) {
	rest, ok := strings.CutPrefix(u.EscapedPath(), prefix+"/")
	if !ok {
		return t, "", false
	}
	binding, rest, ok := strings.Cut(rest, "/")
	if !ok {
		return t, "", false
	}
	instance, rest, _ := strings.Cut(rest, "/")
	if t.Binding, ok = segment(binding); !ok {
		return t, "", false
	}
	if t.Instance, ok = segment(instance); !ok {
		return t, "", false
	}
	return t, rest[strings.LastIndexByte(rest, '/')+1:], true
}

func segment(s string) (string, bool) {
	d, err := url.PathUnescape(s)
	return d, err == nil && d != ""
}

// Path writes the path of a call, escaped, below the path of a base URL.
func Path(base, prefix string, t core.Target) string {
	return strings.TrimRight(base, "/") + Clean(prefix) + "/" + url.PathEscape(t.Binding) + "/" + url.PathEscape(t.Instance) + "/call"
}
