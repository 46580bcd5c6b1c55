package webserver

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Local lets requests through to next that are for this machine by name: a loopback
// address, localhost, or the host of addr. A page whose own name was made to mean
// 127.0.0.1 (DNS rebinding) has the same origin as the server in the eyes of a
// browser, and is told apart by that name: it gets 421.
func Local(addr string, next http.Handler) http.Handler {
	own, _, err := net.SplitHostPort(addr)
	if err != nil {
		own = addr
	}
	own = strings.ToLower(own)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !local(r.Host, own) {
			w.Header().Set("Content-Type", "text/plain;charset=UTF-8")
			w.WriteHeader(http.StatusMisdirectedRequest)
			_, _ = w.Write([]byte("this host answers to its own names only")) // the client is gone when it fails
			return
		}
		next.ServeHTTP(w, r)
	})
}

// local reports whether a Host header names this machine.
func local(header, own string) bool {
	host, _, err := net.SplitHostPort(header)
	if err != nil {
		host = header
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == own
}
