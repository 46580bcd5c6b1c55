package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/millrace/millrace/core"
)

// address is what a URL on the command line says.
type address struct {
	base   string // ws://host:port
	prefix string // /__rpc
	target core.Target
}

const addressForm = "ws://HOST:PORT/__rpc/BINDING/INSTANCE"

// parseAddress reads ws://host:port/prefix/BINDING/INSTANCE, with or without
// /call at the end. http and https mean ws and wss: calls go over a WebSocket here.
func parseAddress(text string) (address, error) {
	bad := func(format string, args ...any) (address, error) {
		return address{}, usage("the URL %q %s\n  it has the form %s", text, fmt.Sprintf(format, args...), addressForm)
	}
	u, err := url.Parse(text)
	if err != nil {
		return bad("cannot be read: %v", unwrapURL(err))
	}
	switch u.Scheme {
	case "ws", "wss":
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	case "":
		return bad("has no scheme: write ws:// or wss://")
	default:
		return bad("has the scheme %s: ws and wss are served (http and https mean the same here)", u.Scheme)
	}
	switch {
	case u.Host == "":
		return bad("names no host")
	case u.User != nil:
		return bad("holds a user or a password, which do not belong into a URL: use --token")
	case u.RawQuery != "" || u.Fragment != "":
		return bad("has a query or a fragment, which mean nothing here")
	}
	segments := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	if n := len(segments); n > 3 && segments[n-1] == "call" {
		segments = segments[:n-1]
	}
	if len(segments) < 3 {
		return bad("names no object")
	}
	a := address{base: u.Scheme + "://" + u.Host}
	n := len(segments)
	a.prefix = "/" + strings.Join(segments[:n-2], "/")
	if a.target.Binding, err = url.PathUnescape(segments[n-2]); err == nil {
		a.target.Instance, err = url.PathUnescape(segments[n-1])
	}
	if err != nil {
		return bad("cannot be read: %v", err)
	}
	if a.target.Binding == "" || a.target.Instance == "" {
		return bad("has an empty part")
	}
	return a, nil
}

// unwrapURL takes the URL out of the error, which names it already.
func unwrapURL(err error) error {
	if e, ok := err.(*url.Error); ok {
		return e.Err
	}
	return err
}
