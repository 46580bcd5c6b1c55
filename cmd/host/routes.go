package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/wstransport"
	"github.com/millrace/millrace/web"
)

// rpcPrefix begins the paths of calls.
const rpcPrefix = "/__rpc/"

// routes decides by the path who answers a request.
type routes struct {
	host   *host
	client http.Handler // the browser client
	post   http.Handler // calls by POST
	object http.Handler // the objects' own HTTP
}

// ServeHTTP implements http.Handler. It looks at the path as the client wrote
// it: an instance may be named by any text, slashes included.
func (rt *routes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	switch {
	case path == web.ClientPath:
		rt.client.ServeHTTP(w, r)
	case strings.HasPrefix(path, rpcPrefix):
		if wstransport.IsUpgrade(r) {
			rt.host.rpc.ServeHTTP(w, r)
		} else {
			rt.post.ServeHTTP(w, r)
		}
	case path == "/":
		rt.host.page.ServeHTTP(w, r)
	case strings.HasPrefix(path, "/ping"):
		plain(w, http.StatusOK, "pong from Worker")
	default:
		rt.own(w, r)
	}
}

// own serves what an object answers beside RPC.
func (rt *routes) own(w http.ResponseWriter, r *http.Request) {
	if _, ok := ownSocket(r); ok && wstransport.IsUpgrade(r) {
		rt.host.own.ServeHTTP(w, r)
		return
	}
	if _, ok := ownTarget(r.URL); !ok {
		plain(w, http.StatusNotFound, "Not Found")
		return
	}
	rt.object.ServeHTTP(w, r)
}

func (h *host) serveObject(w http.ResponseWriter, r *http.Request) {
	t, _ := ownTarget(r.URL) // routes.own has looked
	h.server.ServeObject(w, r, t)
}

// ownTarget is the object in /binding/instance/rest.
func ownTarget(u *url.URL) (core.Target, bool) {
	binding, rest, _ := strings.Cut(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	instance, _, ok := strings.Cut(rest, "/")
	b, errB := url.PathUnescape(binding)
	i, errI := url.PathUnescape(instance)
	return core.Target{Binding: b, Instance: i}, ok && b != "" && i != "" && errB == nil && errI == nil
}

// ownSocket is the object whose own WebSocket r is about: any path of it that
// ends in custom-ws or contains /ws.
func ownSocket(r *http.Request) (core.Target, bool) {
	path := r.URL.EscapedPath()
	if !strings.HasSuffix(path, "/custom-ws") && !strings.Contains(path, "/ws") {
		return core.Target{}, false
	}
	return ownTarget(r.URL)
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the client is gone when it fails
}

// trust returns the guard against requests from pages of other origins than those
// listed, and the listed ones that are no patterns: patterns hold for WebSockets only.
func trust(list []string) (*http.CrossOriginProtection, []string, error) {
	guard := http.NewCrossOriginProtection()
	var exact []string
	for _, o := range list {
		if strings.Contains(o, "*") {
			continue
		}
		if err := guard.AddTrustedOrigin(o); err != nil {
			return nil, nil, fmt.Errorf("the origin %q is not scheme://host[:port]: %w", o, err)
		}
		exact = append(exact, o)
	}
	return guard, exact, nil
}
