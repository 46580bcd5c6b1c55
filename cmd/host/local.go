package main

import (
	"net"
	"net/netip"
	"strings"

	"github.com/millrace/millrace/cmd/host/internal/config"
)

// hosts are the names under which a host for this machine alone answers. A page
// whose own name was made to mean 127.0.0.1 (DNS rebinding) has the same origin
// as the host in the eyes of a browser, and is told apart by that name.
type hosts map[string]bool

// onlyHere returns the names that cfg allows beside loopback addresses, nil for
// any name.
func onlyHere(cfg config.Config) (hosts, error) {
	if cfg.AllowAnyAddress {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, err
	}
	return hosts{"localhost": true, strings.ToLower(host): true}, nil
}

// allow reports whether a request for the Host header may be answered.
func (h hosts) allow(header string) bool {
	if h == nil {
		return true
	}
	host, _, err := net.SplitHostPort(header)
	if err != nil {
		host = header
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback()
	}
	return h[host] || strings.HasSuffix(host, ".localhost")
}
