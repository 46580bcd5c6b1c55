package wstransport

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/link"
)

// bytesConn is a connection from which fixed bytes come.
type bytesConn struct {
	net.Conn
	io.Reader
	chunk int
}

func (c *bytesConn) Read(p []byte) (int, error) {
	if c.chunk > 0 && len(p) > c.chunk {
		p = p[:c.chunk]
	}
	return c.Reader.Read(p)
}
func (*bytesConn) SetReadDeadline(time.Time) error { return nil }

// readAll names what a conn reads from b, up to the first error.
func readAll(b []byte, client bool, chunk int, limits *core.Limits) (events []link.Event, total int, err error) {
	c := newConn(&bytesConn{Reader: bytes.NewReader(b), chunk: chunk}, nil, client, limits)
	for {
		ev, err := c.Next()
		if err != nil {
			return events, total, err
		}
		ev.Payload = bytes.Clone(ev.Payload)
		total += len(ev.Message.Data)
		if events = append(events, ev); ev.Kind == link.Close {
			return events, total, nil
		}
	}
}

func FuzzFrameReader(f *testing.F) {
	f.Add([]byte("\x81\x05Hello"), true, 1)
	f.Add([]byte("\x81\x85\x01\x02\x03\x04Igoho"), false, 3)
	f.Add([]byte("\x01\x03abc\x89\x00\x80\x02de\x88\x02\x03\xe8"), true, 0)
	f.Add([]byte("\x82\x7e\x00\x80"+string(make([]byte, 128))), true, 100)
	f.Add([]byte("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"), true, 2)
	f.Add([]byte("\x81\x04\xf0\x9f\x98\x80\x81\x02\xc3\x28"), true, 1)
	limits := core.Limits{MessageBytes: 1 << 12, Fragments: 8, ControlFrames: core.NoLimit}.WithDefaults()
	f.Fuzz(func(t *testing.T, b []byte, client bool, chunk int) {
		if chunk < 0 || chunk > 1<<16 {
			return
		}
		events, total, err := readAll(b, client, chunk, &limits)
		if total > len(b) {
			t.Fatalf("%d bytes of messages out of %d", total, len(b))
		}
		for _, ev := range events {
			switch ev.Kind {
			case link.Data:
				if len(ev.Message.Data) > limits.MessageBytes || !ev.Message.Binary && !utf8.Valid(ev.Message.Data) {
					t.Fatalf("message of %d bytes, binary %v", len(ev.Message.Data), ev.Message.Binary)
				}
			case link.Close:
				if ev.Code != core.CloseNoStatus && !ev.Code.Sendable() || !utf8.ValidString(ev.Reason) {
					t.Fatalf("close %d %q", ev.Code, ev.Reason)
				}
			case link.Ping, link.Pong:
				if len(ev.Payload) > 125 {
					t.Fatalf("control payload of %d bytes", len(ev.Payload))
				}
			}
		}
		// However the bytes are cut up, the result is the same.
		again, _, err2 := readAll(b, client, 0, &limits)
		if len(again) != len(events) || (err == nil) != (err2 == nil) {
			t.Fatalf("%d events (%v) in pieces of %d, %d (%v) whole", len(events), err, chunk, len(again), err2)
		}
		// What was accepted, written by us, is read back the same.
		var out []byte
		w := &conn{client: !client}
		for _, ev := range events {
			if ev.Kind == link.Data {
				out = w.AppendMessage(out, ev.Message)
			}
		}
		back, _, _ := readAll(out, client, chunk, &limits)
		i := 0
		for _, ev := range events {
			if ev.Kind == link.Data {
				if i >= len(back) || !bytes.Equal(back[i].Message.Data, ev.Message.Data) || back[i].Message.Binary != ev.Message.Binary {
					t.Fatalf("message %d does not survive", i)
				}
				i++
			}
		}
	})
}

func FuzzOffer(f *testing.F) {
	f.Add("lumenize.rpc, lumenize.rpc.clientId.user-1,token.x", "h")
	f.Add("millrace.clientId.YSBi, millrace.codec.lmz", "")
	f.Fuzz(func(t *testing.T, protocols, id string) {
		o, err := readOffer(http.Header{"Sec-Websocket-Protocol": {protocols}, "X-Client-Id": {id}})
		if err != nil {
			if core.CodeOf(err) == "" {
				t.Fatalf("error without a code: %v", err)
			}
			return
		}
		list, err := writeOffer(o.clientID, o.codec, o.others)
		if err != nil {
			return
		}
		h := http.Header{}
		for _, p := range list {
			h.Add("Sec-WebSocket-Protocol", p)
		}
		back, err := readOffer(h)
		if err != nil || back.clientID != o.clientID || back.codec != o.codec || len(back.others) != len(o.others) {
			t.Fatalf("%+v was written as %q and read as %+v, %v", o, list, back, err)
		}
	})
}

func FuzzOrigin(f *testing.F) {
	f.Add("https://good.example", "good.example")
	f.Add("http://[::1]:80", "[::1]")
	f.Fuzz(func(t *testing.T, origin, host string) {
		r := &http.Request{Host: host, Header: http.Header{"Origin": {origin}}}
		if !(origins(nil)).allow(r) {
			return
		}
		u, err := url.Parse(origin)
		if err != nil || canonicalHost(u.Scheme, u.Host) != canonicalHost(u.Scheme, host) {
			t.Fatalf("origin %q may reach %q", origin, host)
		}
	})
}
