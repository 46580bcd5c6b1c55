package wiretest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/wstransport"
)

// clientCase is one script of testdata/client.json.
type clientCase struct {
	Name, Clause, Note string
	Downstream         bool // the client has a downstream handler, and so keep-alive
	Steps              []clientStep
}

// clientStep is what the fake server does next; one field is set.
type clientStep struct {
	Accept      *handshake
	Expect      json.RawMessage // a text frame from the client
	Send        json.RawMessage // a text frame to it
	Text        string          // the same, when it is no JSON
	Binary      string          // a binary frame to it
	Close       *closing        // to the client, which must answer
	ExpectClose *closing        // from the client
}

type handshake struct {
	Path    string
	Offered []string // subprotocols in this order, others may stand between them
}

type closing struct {
	Code   uint16
	Reason string
}

// session is what a case's Go code has in hand.
type session struct {
	client     *core.Client
	downstream chan any            // payloads, in the value model
	closes     chan core.CloseInfo // what OnClose was told
	reconnects chan struct{}       // OnReconnect ran
	stay       bool                // what OnClose answers
}

// TestClientAgainstLiteralServer lets the real client, over the real WebSocket transport, talk to scripts.
func TestClientAgainstLiteralServer(t *testing.T) {
	t.Parallel()
	var file struct {
		About string
		Cases []clientCase
	}
	load(t, "client.json", &file)
	seen := map[string]bool{}
	for _, c := range file.Cases {
		seen[c.Name] = true
		play, ok := clientCases[c.Name]
		if !ok {
			t.Errorf("%s: the data has no Go code", c.Name)
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { runClientCase(t, c, play) })
		})
	}
	for name := range clientCases {
		if !seen[name] {
			t.Errorf("%s: the Go code has no data", name)
		}
	}
}

func runClientCase(t *testing.T, c clientCase, play func(context.Context, *testing.T, *session)) {
	t.Helper()
	connections := make(chan net.Conn)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	transport, err := wstransport.New("ws://millrace.test", core.Target{Binding: "EXAMPLE_DO", Instance: "x"},
		wstransport.ClientID("user-1"),
		wstransport.Protocols(func(context.Context) ([]string, error) { return []string{"token.abc"}, nil }),
		wstransport.Dialer(func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			select {
			case connections <- ours:
				return theirs, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}))
	if err != nil {
		t.Fatal(err)
	}
	s := &session{
		downstream: make(chan any, 8), closes: make(chan core.CloseInfo, 8), reconnects: make(chan struct{}, 8),
		stay: c.Name != "close-4401",
	}
	options := []core.ClientOption{
		core.WithCallTimeout(core.NoLimit), // the package's client says nothing of its timeout
		core.OnClose(func(_ context.Context, info core.CloseInfo) bool {
			s.closes <- info
			return s.stay
		}),
		core.OnReconnect(func(context.Context) error {
			s.reconnects <- struct{}{}
			return nil
		}),
	}
	if c.Downstream {
		options = append(options, core.OnDownstream(func(_ context.Context, payload any) { s.downstream <- payload }))
	}
	s.client, err = core.NewClient(transport, lmzcodec.New(), options...)
	if err != nil {
		t.Fatal(err)
	}

	defer func() { // after a failure half way, too
		if err := s.client.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()

	served := make(chan struct{})
	go func() { // ends with the script, or after patience
		defer close(served)
		if err := serveScript(connections, c.Steps); err != nil {
			t.Errorf("clause %s: %v", c.Clause, err)
			cancel() // no call waits for a broken script
		}
	}()
	play(ctx, t, s)
	<-served
}

// serveScript is the fake server: it runs a script and then reads until the client is gone.
func serveScript(connections <-chan net.Conn, steps []clientStep) (err error) {
	var p *peer
	names := map[string]string{}
	for i, step := range steps {
		if step.Accept != nil {
			p, err = acceptAs(<-connections, *step.Accept)
		} else {
			err = serveStep(p, step, names)
		}
		if err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	if p != nil {
		go func() { // ends with the connection, which the client closes
			_, _ = io.Copy(io.Discard, p.r)
			_ = p.conn.Close()
		}()
	}
	return nil
}

func acceptAs(conn net.Conn, want handshake) (*peer, error) {
	p, request, err := accept(conn, "lumenize.rpc")
	if err != nil {
		return nil, err
	}
	if request.URL.Path != want.Path || request.Method != http.MethodGet {
		return nil, fmt.Errorf("handshake %s %s, want GET %s", request.Method, request.URL.Path, want.Path)
	}
	offered := protocols(request.Header)
	ours := slices.DeleteFunc(slices.Clone(offered), func(s string) bool { return !slices.Contains(want.Offered, s) })
	if !slices.Equal(ours, want.Offered) || offered[0] != want.Offered[0] {
		return nil, fmt.Errorf("subprotocols %q, want %q in this order and its first one first", offered, want.Offered)
	}
	return p, nil
}

func serveStep(p *peer, step clientStep, names map[string]string) error {
	switch {
	case step.Expect != nil:
		got, err := p.readText()
		if err != nil {
			return fmt.Errorf("%w, want %s", err, step.Expect)
		}
		return match(string(step.Expect), got, names)
	case step.Send != nil:
		text, err := fill(string(step.Send), names)
		if err != nil {
			return err
		}
		return p.write(opText, text)
	case step.Text != "":
		return p.write(opText, step.Text)
	case step.Binary != "":
		return p.write(opBinary, step.Binary)
	case step.Close != nil:
		if err := p.write(opClose, closePayload(step.Close.Code, step.Close.Reason)); err != nil {
			return err
		}
		f, err := p.read()
		if code, _ := f.close(); err != nil || f.op != opClose || code != step.Close.Code {
			return fmt.Errorf("answer to the close frame: opcode %d, code %d, %w; want the same code", f.op, code, err)
		}
		return p.conn.Close()
	case step.ExpectClose != nil:
		f, err := p.read()
		if err != nil {
			return err
		}
		if code, reason := f.close(); f.op != opClose || code != step.ExpectClose.Code || reason != step.ExpectClose.Reason {
			return fmt.Errorf("opcode %d, %d %q; want a close frame %d %q", f.op, code, reason, step.ExpectClose.Code, step.ExpectClose.Reason)
		}
		if err := p.write(opClose, f.payload); err != nil {
			return err
		}
		return p.conn.Close()
	}
	return fmt.Errorf("a step that says nothing")
}

// TestClientIDsThatAreNoTokens: the package cannot offer them; this client escapes them.
func TestClientIDsThatAreNoTokens(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"a@b.c", "a b", "a,b", "é"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				transport, err := wstransport.New("ws://millrace.test", core.Target{Binding: "EXAMPLE_DO", Instance: "x"}, wstransport.ClientID(id),
					wstransport.Dialer(func(context.Context, string, string) (net.Conn, error) { return theirs, nil }))
				if err != nil {
					t.Fatal(err)
				}
				transport.SetMessageHandler(func(core.Message) bool { return true })
				offered := make(chan []string, 1)
				go func() { // ends with the handshake
					defer close(offered)
					if _, request, err := accept(ours, "lumenize.rpc"); err == nil {
						offered <- protocols(request.Header)
					}
					_, _ = io.Copy(io.Discard, ours)
				}()
				if err := transport.Connect(t.Context()); err != nil {
					t.Fatal(err)
				}
				for _, p := range <-offered {
					if !isToken(p) {
						t.Errorf("subprotocol %q is no token (RFC 7230 section 3.2.6)", p)
					}
					if p == "lumenize.rpc.clientId."+id {
						t.Errorf("%q is offered raw", p)
					}
				}
				if err := transport.Close(core.CloseNormal, ""); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func isToken(s string) bool {
	for _, b := range []byte(s) {
		if b <= ' ' || b >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, b) >= 0 {
			return false
		}
	}
	return s != ""
}
