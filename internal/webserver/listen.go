package webserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// ErrNotLoopback is wrapped by what [Loopback] returns for an address that other
// machines can reach.
var ErrNotLoopback = errors.New("can be reached from other machines, and nobody is asked who he is")

// ErrAddress is wrapped by what [Loopback] returns for a text that is no host:port.
var ErrAddress = errors.New("is not host:port")

// Loopback checks that host:port can be reached from this machine only. It may ask
// the resolver.
func Loopback(ctx context.Context, addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("the address %q %w: %w", addr, ErrAddress, err)
	}
	ips := []net.IPAddr{{IP: net.IPv4zero}} // what no host means
	if host != "" {
		if ips, err = net.DefaultResolver.LookupIPAddr(ctx, host); err != nil {
			return fmt.Errorf("the address %q: %w", addr, err)
		}
	}
	for _, ip := range ips {
		if !ip.IP.IsLoopback() {
			return fmt.Errorf("the address %q %w", addr, ErrNotLoopback)
		}
	}
	return nil
}

// Listen listens on host:port; port 0 is any free one. Its error says what to do
// about an address that cannot be had; the flag for another one is called --addr.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, describe(addr, err)
	}
	return l, nil
}

func describe(addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("the address %s is in use by another program\n"+
			"  choose another one with --addr; port 0 is any free one", addr)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("the address %s is not for this user (ports below 1024 need privileges)\n"+
			"  choose another one with --addr", addr)
	}
	return fmt.Errorf("cannot listen on %s: %w", addr, err)
}
