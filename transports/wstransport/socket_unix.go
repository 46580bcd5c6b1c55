//go:build unix

package wstransport

import (
	"io"
	"net"
	"syscall"
)

// socket reads a plain socket only once it has something, so that an idle
// connection needs no buffer, and writes to it without blocking. The callbacks are made once
// per connection: a closure per call would be an allocation per call.
type socket struct {
	raw      syscall.RawConn
	readable func(fd uintptr) bool
	writable func(fd uintptr) bool

	source *source // of the present read
	read1  int
	rerr   error

	out   []byte // of the present write
	wrote int
	werr  error
}

// newSocket returns nil when nc is no plain socket.
func newSocket(nc net.Conn) *socket {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	s := &socket{raw: raw}
	s.readable, s.writable = s.tryRead, s.tryWrite
	return s
}

// read waits until the socket is readable, takes a buffer and fills it.
func (s *socket) read(src *source) (int, error) {
	s.source, s.read1, s.rerr = src, 0, nil
	err := s.raw.Read(s.readable)
	s.source = nil
	if err == nil {
		err = s.rerr
	}
	return s.read1, err
}

func (s *socket) tryRead(fd uintptr) bool {
	s.source.hold()
	for {
		n, err := syscall.Read(int(fd), s.source.buf[:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			s.source.release()
			return false
		case err != nil:
			s.rerr = err
		case n == 0:
			s.rerr = io.EOF
		default:
			s.read1 = n
		}
		return true
	}
}

// write writes what the kernel takes now.
func (s *socket) write(p []byte) (int, error) {
	s.out, s.wrote, s.werr = p, 0, nil
	err := s.raw.Write(s.writable)
	s.out = nil
	if err == nil {
		err = s.werr
	}
	return s.wrote, err
}

func (s *socket) tryWrite(fd uintptr) bool {
	for {
		n, err := syscall.Write(int(fd), s.out)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
		case err != nil:
			s.werr = err
		default:
			s.wrote = n
		}
		return true
	}
}
