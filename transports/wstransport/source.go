package wstransport

import (
	"net"
	"sync"
	"sync/atomic"
)

const (
	// bufferBytes is what one read takes at most, beside long payloads.
	bufferBytes = 16 << 10
	// probeBytes is what an idle connection without readiness notification keeps to
	// wait for input.
	probeBytes = 64
)

var buffers = sync.Pool{New: func() any { return new([bufferBytes]byte) }}

// source reads a connection through a pooled buffer that is given back while
// nothing is there to read.
type source struct {
	nc       net.Conn
	sock     *socket // nil when the connection is no plain socket
	buf      *[bufferBytes]byte
	r, w     int    // unread bytes are buf[r:w]
	early    []byte // came with the handshake; read first
	probe    []byte
	arrivals atomic.Uint64 // reads that brought something
}

// buffered returns what was read and not consumed.
func (s *source) buffered() []byte {
	if s.buf == nil {
		return nil
	}
	return s.buf[s.r:s.w]
}

// skip consumes n buffered bytes, and gives an empty buffer back.
func (s *source) skip(n int) {
	s.r += n
	if s.r == s.w {
		s.r, s.w = 0, 0
	}
}

// release gives the buffer back when it is empty.
func (s *source) release() {
	if s.buf != nil && s.r == s.w {
		buffers.Put(s.buf)
		s.buf, s.r, s.w = nil, 0, 0
	}
}

// more reads at least one byte into the buffer, which has room.
func (s *source) more() error {
	if len(s.early) > 0 {
		s.hold()
		n := copy(s.buf[s.w:], s.early)
		s.w += n
		if s.early = s.early[n:]; len(s.early) == 0 {
			s.early = nil
		}
		return nil
	}
	if s.buf == nil {
		return s.wait()
	}
	if s.r > 0 {
		s.w = copy(s.buf[:], s.buf[s.r:s.w])
		s.r = 0
	}
	n, err := s.nc.Read(s.buf[s.w:])
	s.w += n
	return s.arrived(n, err)
}

// wait waits without a buffer until there is something to read.
func (s *source) wait() error {
	if s.sock != nil {
		n, err := s.sock.read(s)
		s.w = n
		return s.arrived(n, err)
	}
	if s.probe == nil {
		s.probe = make([]byte, probeBytes)
	}
	n, err := s.nc.Read(s.probe)
	if n > 0 {
		s.hold()
		s.w = copy(s.buf[:], s.probe[:n])
	}
	return s.arrived(n, err)
}

// hold takes a buffer unless there is one.
func (s *source) hold() {
	if s.buf == nil {
		s.buf = buffers.Get().(*[bufferBytes]byte)
		s.r, s.w = 0, 0
	}
}

// direct reads into b: from the buffer first, else from the connection.
func (s *source) direct(b []byte) (int, error) {
	if have := s.buffered(); len(have) > 0 {
		n := copy(b, have)
		s.skip(n)
		return n, nil
	}
	if len(s.early) > 0 {
		n := copy(b, s.early)
		s.early = s.early[n:]
		return n, nil
	}
	n, err := s.nc.Read(b)
	return n, s.arrived(n, err)
}

func (s *source) arrived(n int, err error) error {
	if n > 0 {
		s.arrivals.Add(1)
		return nil
	}
	return err
}
