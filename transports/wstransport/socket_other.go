//go:build !unix

package wstransport

import "net"

// socket is for systems on which a socket can be asked for readiness.
type socket struct{}

func newSocket(net.Conn) *socket { return nil }

func (*socket) read(*source) (int, error) { return 0, nil }

func (*socket) write([]byte) (int, error) { return 0, nil }
