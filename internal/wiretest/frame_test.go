package wiretest

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// The opcodes of RFC 6455 section 5.2.
const (
	opText   = 1
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
)

// patience is how long a peer waits for bytes before a test fails.
const patience = 10 * time.Second

// peer is one end of a WebSocket, written by hand: no fragments, no extensions.
type peer struct {
	conn   net.Conn
	r      *bufio.Reader
	masked bool // a client's frames are
}

// frame is one received frame.
type frame struct {
	op      byte
	payload string
}

// close splits the payload of a close frame.
func (f frame) close() (code uint16, reason string) {
	if len(f.payload) < 2 {
		return 0, ""
	}
	return binary.BigEndian.Uint16([]byte(f.payload)), f.payload[2:]
}

func closePayload(code uint16, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, code)) + reason
}

// upgrade is a server's answer to a handshake.
type upgrade struct {
	status int
	header http.Header
	body   string
}

// dial opens a WebSocket: path and header lines are put on the wire as they are.
func dial(addr, path string, lines ...string) (*peer, upgrade, error) {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, upgrade{}, err
	}
	request := "GET " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for _, line := range lines {
		request += line + "\r\n"
	}
	p := &peer{conn: conn, r: bufio.NewReader(conn), masked: true}
	_ = conn.SetDeadline(time.Now().Add(patience)) // of an open connection
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return nil, upgrade{}, err
	}
	response, err := http.ReadResponse(p.r, nil)
	if err != nil {
		return nil, upgrade{}, err
	}
	a := upgrade{status: response.StatusCode, header: response.Header}
	if a.status == http.StatusSwitchingProtocols { // there is no body, and frames may follow
		if got := a.header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
			return nil, a, fmt.Errorf("wrong Sec-WebSocket-Accept %q", got)
		}
		return p, a, nil
	}
	body, err := io.ReadAll(response.Body)
	a.body = string(body)
	return p, a, errors.Join(err, response.Body.Close())
}

// accept answers a client's handshake on conn with the given subprotocol, as upstream's server does.
func accept(conn net.Conn, subprotocol string) (*peer, *http.Request, error) {
	p := &peer{conn: conn, r: bufio.NewReader(conn)}
	_ = conn.SetDeadline(time.Now().Add(patience)) // of an open connection
	request, err := http.ReadRequest(p.r)
	if err != nil {
		return nil, nil, err
	}
	sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]), subprotocol)
	return p, request, err
}

// write sends one frame.
func (p *peer) write(op byte, payload string) error {
	b := []byte{0x80 | op}
	bit := byte(0)
	if p.masked {
		bit = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b = append(b, bit|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, bit|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, bit|127), uint64(n))
	}
	if p.masked {
		mask := [4]byte{0x37, 0xfa, 0x21, 0x3d} // the mask of the RFC's own example
		b = append(b, mask[:]...)
		for i := range len(payload) {
			b = append(b, payload[i]^mask[i%4])
		}
	} else {
		b = append(b, payload...)
	}
	_ = p.conn.SetWriteDeadline(time.Now().Add(patience)) // of an open connection
	_, err := p.conn.Write(b)
	return err
}

// read returns the next frame; pings are answered and not returned.
func (p *peer) read() (frame, error) {
	for {
		f, err := p.readAny()
		if err != nil || f.op != opPing {
			return f, err
		}
		if err := p.write(opPong, f.payload); err != nil {
			return frame{}, err
		}
	}
}

func (p *peer) readAny() (frame, error) {
	_ = p.conn.SetReadDeadline(time.Now().Add(patience)) // of an open connection
	var h [8]byte
	if _, err := io.ReadFull(p.r, h[:2]); err != nil {
		return frame{}, err
	}
	if h[0]&0xf0 != 0x80 {
		return frame{}, fmt.Errorf("first byte %#x: a fragment or a reserved bit", h[0])
	}
	f, masked, n := frame{op: h[0] & 0xf}, h[1]&0x80 != 0, uint64(h[1]&0x7f)
	if masked == p.masked {
		return frame{}, fmt.Errorf("masked=%v from that side (RFC 6455 section 5.1)", masked)
	}
	switch n {
	case 126:
		if _, err := io.ReadFull(p.r, h[:2]); err != nil {
			return frame{}, err
		}
		n = uint64(binary.BigEndian.Uint16(h[:]))
	case 127:
		if _, err := io.ReadFull(p.r, h[:]); err != nil {
			return frame{}, err
		}
		n = binary.BigEndian.Uint64(h[:])
	}
	if n > 1<<24 {
		return frame{}, fmt.Errorf("a frame of %d bytes", n)
	}
	var mask [4]byte
	if masked {
		if _, err := io.ReadFull(p.r, mask[:]); err != nil {
			return frame{}, err
		}
	}
	payload := make([]byte, n)
	if _, err := io.ReadFull(p.r, payload); err != nil {
		return frame{}, err
	}
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	f.payload = string(payload)
	return f, nil
}

// readText returns the next frame, which must be text.
func (p *peer) readText() (string, error) {
	f, err := p.read()
	if err == nil && f.op != opText {
		code, reason := f.close()
		err = fmt.Errorf("opcode %d (close code %d %q) instead of text", f.op, code, reason)
	}
	return f.payload, err
}

// protocols is the offered list, one entry a piece.
func protocols(h http.Header) []string {
	var list []string
	for _, line := range h.Values("Sec-WebSocket-Protocol") {
		for p := range strings.SplitSeq(line, ",") {
			list = append(list, strings.TrimSpace(p))
		}
	}
	return list
}
