package wstransport_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/linktest"
	"github.com/millrace/millrace/transports/wstransport"
)

// raw is a peer that speaks bytes: the test.
type raw struct {
	t    *testing.T
	nc   net.Conn
	br   *bufio.Reader
	mask bool // it is a client, so its frames are masked

	failed bool // a write failed
}

// frame builds a frame of the raw peer, however wrong.
type frame struct {
	op      ws.OpCode
	more    bool // FIN is 0
	rsv     byte
	payload string
	unmask  bool   // wrong about masking
	length  string // raw length bytes instead of the right ones
}

func (f frame) bytes(mask bool) []byte {
	mask = mask != f.unmask
	b0, b1 := byte(f.op)|f.rsv<<4, byte(0)
	if !f.more {
		b0 |= 0x80
	}
	if mask {
		b1 = 0x80
	}
	out := []byte{b0}
	switch n := len(f.payload); {
	case f.length != "":
		out = append(out, b1|f.length[0])
		out = append(out, f.length[1:]...)
	case n < 126:
		out = append(out, b1|byte(n))
	case n <= 0xffff:
		out = binary.BigEndian.AppendUint16(append(out, b1|126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, b1|127), uint64(n))
	}
	if !mask {
		return append(out, f.payload...)
	}
	key := [4]byte{1, 2, 3, 4}
	out = append(out, key[:]...)
	at := len(out)
	out = append(out, f.payload...)
	ws.Cipher(out[at:], key, 0)
	return out
}

func (r *raw) send(b []byte) {
	_ = r.nc.SetWriteDeadline(time.Now().Add(5 * time.Second))
	if _, err := r.nc.Write(b); err != nil { // the other side may have closed; what it said is what counts
		r.failed = true
	}
}

// next reads one frame and names it: text:..., pong:..., close:1000, or end.
func (r *raw) next() string { return r.nextWithin(5 * time.Second) }

func (r *raw) nextWithin(d time.Duration) string {
	_ = r.nc.SetReadDeadline(time.Now().Add(d))
	h, err := ws.ReadHeader(r.br)
	if err != nil {
		if strings.Contains(err.Error(), "timeout") {
			return "silence"
		}
		return "end"
	}
	if h.Masked == r.mask {
		r.t.Errorf("frame with masked = %v", h.Masked)
	}
	p := make([]byte, h.Length)
	if _, err := io.ReadFull(r.br, p); err != nil {
		return "torn"
	}
	if h.Masked {
		ws.Cipher(p, h.Mask, 0)
	}
	switch h.OpCode {
	case ws.OpText:
		return "text:" + string(p)
	case ws.OpBinary:
		return "binary:" + string(p)
	case ws.OpPing:
		return "ping:" + string(p)
	case ws.OpPong:
		return "pong:" + string(p)
	case ws.OpClose:
		if len(p) == 0 {
			return "close:none"
		}
		return fmt.Sprintf("close:%d", binary.BigEndian.Uint16(p))
	}
	return fmt.Sprintf("opcode %d", h.OpCode)
}

// handshake is what a client sends, for the object at path.
func handshake(path string, header ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + strings.Join(append(header, ""), "\r\n") + "\r\n"
}

const objectPath = "/__rpc/ROOM/1/call"

// rawClient connects to a server of ours and completes the handshake.
func rawClient(t *testing.T, url string, early []byte) *raw {
	t.Helper()
	nc, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return rawOn(t, nc, early...)
}

// rawOn completes the handshake on nc; early is sent together with the request.
func rawOn(t *testing.T, nc net.Conn, early ...byte) *raw {
	t.Helper()
	r := &raw{t: t, nc: nc, br: bufio.NewReader(nc), mask: true}
	r.send(append([]byte(handshake(objectPath)), early...))
	resp, err := http.ReadResponse(r.br, nil)
	if err != nil {
		t.Fatalf("handshake: %v", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 101 || resp.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Fatalf("handshake: %v", resp)
	}
	return r
}

// rawServer accepts one client of ours, which echoes, and completes the handshake.
func rawServer(t *testing.T, limits core.Limits) (*raw, *wstransport.Transport, chan core.CloseInfo) {
	t.Helper()
	nl, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer nl.Close()
	tr := dial(t, "ws://"+nl.Addr().String(), room, wstransport.Limits(limits))
	losses := make(chan core.CloseInfo, 10)
	tr.SetCloseHandler(func(c core.CloseInfo) bool { losses <- c; return false })
	tr.SetMessageHandler(func(m core.Message) bool {
		_, err := tr.Send(t.Context(), m)
		return err == nil
	})
	connected := make(chan error, 1)
	go func() { connected <- tr.Connect(t.Context()) }()
	nc, err := nl.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	r := &raw{t: t, nc: nc, br: bufio.NewReader(nc)}
	req, err := http.ReadRequest(r.br)
	if err != nil {
		t.Fatal(err)
	}
	r.send([]byte(switching(req, "Sec-WebSocket-Protocol: lumenize.rpc")))
	if err := <-connected; err != nil {
		t.Fatalf("Connect() error = %v", err)
	}
	return r, tr, losses
}

// switching is the answer to req.
func switching(req *http.Request, header ...string) string {
	sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n" + strings.Join(append(header, ""), "\r\n") + "\r\n"
}

// serverPeer and clientPeer run a case against either end of ours.
func serverPeer(t *testing.T, limits core.Limits) *raw {
	t.Helper()
	url, _ := serve(t, &linktest.Handler{}, wstransport.Limits(limits))
	return rawClient(t, url, nil)
}

func clientPeer(t *testing.T, limits core.Limits) *raw {
	t.Helper()
	r, _, _ := rawServer(t, limits)
	return r
}
