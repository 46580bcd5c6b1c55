package wiretest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/builtin"
	"github.com/millrace/millrace/internal/fixture"
	"github.com/millrace/millrace/transports/httptransport"
	"github.com/millrace/millrace/transports/wstransport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serverCase is one conversation of testdata/server.json.
type serverCase struct {
	Name, Clause, Note, Only string
	Bindings, Header         []string
	Steps                    []serverStep
}

// serverStep sends one frame and wants some; one of Send, Text, Binary is set.
type serverStep struct {
	Send   json.RawMessage
	Text   string
	Binary string
	Expect []json.RawMessage // text frames, in this order
	Answer string            // a text frame that is no JSON
	Close  *closing          // the server closes
}

// startServer serves the fixture objects as the host does, and returns the address.
func startServer(t *testing.T) string {
	t.Helper()
	codecs := builtin.Codecs()
	srv, err := core.NewServer(codecs[0], core.WithCodecs(codecs[1:]...), core.AllowAnonymousClientID())
	if err != nil {
		t.Fatal(err)
	}
	if err := fixture.Register(srv); err != nil {
		t.Fatal(err)
	}
	sockets, posts := wstransport.NewHandler(srv), httptransport.NewHandler(srv)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		segments := strings.SplitN(r.URL.Path, "/", 4) // "", binding, instance, rest
		switch {
		case r.Header.Get("Upgrade") != "":
			sockets.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, "/__rpc/"):
			posts.ServeHTTP(w, r)
		case len(segments) == 4:
			srv.ServeObject(w, r, core.Target{Binding: segments[1], Instance: segments[2]})
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(func() {
		web.Close()
		if err := sockets.Shutdown(t.Context()); err != nil && t.Context().Err() == nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return strings.TrimPrefix(web.URL, "http://")
}

func loadServerCases(t *testing.T) []serverCase {
	t.Helper()
	var file struct {
		About string
		Cases []serverCase
	}
	load(t, "server.json", &file)
	for i := range file.Cases {
		if file.Cases[i].Bindings == nil {
			file.Cases[i].Bindings = []string{"EXAMPLE_DO", "MANUAL_ROUTING_DO"}
		}
	}
	return file.Cases
}

// TestServerAgainstLiteralClient replays conversations over a WebSocket.
func TestServerAgainstLiteralClient(t *testing.T) {
	t.Parallel()
	addr := startServer(t)
	for _, c := range loadServerCases(t) {
		for _, binding := range c.Bindings {
			t.Run(c.Name+"/"+binding, func(t *testing.T) {
				t.Parallel()
				p := connect(t, addr, "/__rpc/"+binding+"/ws-"+c.Name+"/call", c.Header...)
				names := map[string]string{}
				for i, step := range c.Steps {
					if err := replay(p, step, names); err != nil {
						t.Fatalf("clause %s, step %d: %v", c.Clause, i, err)
					}
				}
			})
		}
	}
}

func connect(t *testing.T, addr, path string, lines ...string) *peer {
	t.Helper()
	p, answer, err := dial(addr, path, lines...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.conn.Close() }) // the server may have been first
	if answer.status != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %d %s", answer.status, answer.body)
	}
	return p
}

func replay(p *peer, step serverStep, names map[string]string) error {
	var err error
	switch {
	case step.Send != nil:
		err = p.write(opText, string(step.Send))
	case step.Text != "":
		err = p.write(opText, step.Text)
	default:
		err = p.write(opBinary, step.Binary)
	}
	if err != nil {
		return err
	}
	want := make([]string, 0, len(step.Expect)+1)
	for _, e := range step.Expect {
		want = append(want, string(e))
	}
	if step.Answer != "" {
		want = append(want, step.Answer)
	}
	for _, w := range want {
		got, err := p.readText()
		if err != nil {
			return fmt.Errorf("%w, want %s", err, w)
		}
		if err := match(w, got, names); err != nil {
			return err
		}
	}
	if step.Close == nil {
		return nil
	}
	for {
		f, err := p.read()
		if err != nil {
			return fmt.Errorf("%w, want a close frame", err)
		}
		if f.op == opText {
			continue // the answer to the call that closes may still come before
		}
		if code, reason := f.close(); f.op != opClose || code != step.Close.Code || reason != step.Close.Reason {
			return fmt.Errorf("opcode %d, %d %q; want a close frame %d %q", f.op, code, reason, step.Close.Code, step.Close.Reason)
		}
		return p.write(opClose, f.payload)
	}
}

// typeMember is what a POST's envelope does not have.
const typeMember = `"type":"__rpc",`

// TestServerAgainstLiteralPost replays the same conversations without a socket.
func TestServerAgainstLiteralPost(t *testing.T) {
	t.Parallel()
	addr := startServer(t)
	for _, c := range loadServerCases(t) {
		if c.Only == "ws" {
			continue
		}
		for _, binding := range c.Bindings {
			t.Run(c.Name+"/"+binding, func(t *testing.T) {
				t.Parallel()
				names := map[string]string{}
				for i, step := range c.Steps {
					if len(step.Expect) != 1 {
						t.Fatalf("step %d: one answer belongs to a POST, not %d", i, len(step.Expect))
					}
					want := strings.Replace(string(step.Expect[0]), typeMember, "", 1)
					status := http.StatusOK
					if strings.Contains(want, `"success":false`) {
						status = http.StatusInternalServerError
					}
					err := exchange(addr, httpCase{
						Method: http.MethodPost, Path: "/__rpc/" + binding + "/post-" + c.Name + "/call",
						Header: []string{"Content-Type: application/json"},
						Body:   strings.Replace(string(step.Send), typeMember, "", 1),
						Status: status, ContentType: "application/json", Answer: want,
					}, names)
					if err != nil {
						t.Fatalf("clause %s, step %d: %v", c.Clause, i, err)
					}
				}
			})
		}
	}
}

// httpCase is one exchange of testdata/http.json.
type httpCase struct {
	Name, Clause, Note  string
	Method, Path        string
	Header              []string
	Body                string
	Status              int
	ContentType, Answer string
}

// TestServerAgainstLiteralHTTP replays what has no item to answer.
func TestServerAgainstLiteralHTTP(t *testing.T) {
	t.Parallel()
	addr := startServer(t)
	var file struct {
		About string
		Cases []httpCase
	}
	load(t, "http.json", &file)
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if err := exchange(addr, c, map[string]string{}); err != nil {
				t.Errorf("clause %s: %v", c.Clause, err)
			}
		})
	}
}

// exchange sends one request, its path as it is, and compares the response.
func exchange(addr string, c httpCase, names map[string]string) error {
	request, err := http.NewRequest(c.Method, "http://"+addr+c.Path, strings.NewReader(c.Body))
	if err != nil {
		return err
	}
	for _, line := range c.Header {
		name, v, _ := strings.Cut(line, ": ")
		request.Header.Set(name, v)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport, Timeout: patience}).Do(request)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(response.Body)
	if err := response.Body.Close(); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	if response.StatusCode != c.Status {
		return fmt.Errorf("status %d, want %d; body %s", response.StatusCode, c.Status, body)
	}
	if err := match(c.ContentType, response.Header.Get("Content-Type"), names); err != nil {
		return fmt.Errorf("content type: %w", err)
	}
	return match(c.Answer, string(body), names)
}

// TestHandshake: what is offered, what is answered, and where.
func TestHandshake(t *testing.T) {
	t.Parallel()
	addr := startServer(t)
	tests := []struct {
		name, path string
		header     []string
		status     int
		answered   string // subprotocol
	}{
		// The header of the package's client, character by character.
		{"literal", "/__rpc/EXAMPLE_DO/h/call", []string{"sec-websocket-protocol: lumenize.rpc,lumenize.rpc.clientId.user-1,token.abc"}, 101, "lumenize.rpc"},
		{"nothing-offered", "/__rpc/EXAMPLE_DO/h/call", nil, 101, ""},
		{"empty-client-id", "/__rpc/EXAMPLE_DO/h/call", []string{"Sec-WebSocket-Protocol: lumenize.rpc, lumenize.rpc.clientId."}, 101, "lumenize.rpc"},
		{"codec-offered", "/__rpc/EXAMPLE_DO/h/call", []string{"Sec-WebSocket-Protocol: lumenize.rpc, millrace.codec.lmz"}, 101, "millrace.codec.lmz"},
		{"unknown-codec", "/__rpc/EXAMPLE_DO/h/call", []string{"Sec-WebSocket-Protocol: lumenize.rpc, millrace.codec.nosuch"}, 400, ""},
		{"last-segment-is-not-checked", "/__rpc/EXAMPLE_DO/h", nil, 101, ""},
		{"escaped-instance", "/__rpc/example-do/inst%201/%C3%A9", nil, 101, ""},
		{"unknown-binding", "/__rpc/NO_SUCH_DO/h/call", nil, 404, ""},
		{"no-compression", "/__rpc/EXAMPLE_DO/h/call", []string{"Sec-WebSocket-Extensions: permessage-deflate"}, 101, ""},
		{"other-origin", "/__rpc/EXAMPLE_DO/h/call", []string{"Origin: https://evil.example"}, 403, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, answer, err := dial(addr, tt.path, tt.header...)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = p.conn.Close() }) // the server may have been first
			if answer.status != tt.status {
				t.Errorf("status %d, want %d; body %s", answer.status, tt.status, answer.body)
			}
			if got := answer.header.Get("Sec-WebSocket-Protocol"); got != tt.answered {
				t.Errorf("subprotocol %q, want %q", got, tt.answered)
			}
			if got := answer.header.Get("Sec-WebSocket-Extensions"); got != "" {
				t.Errorf("extensions %q, want none", got)
			}
		})
	}
}

// TestTwoSocketsOfOneClient: both are counted and both receive, whichever way the id came.
func TestTwoSocketsOfOneClient(t *testing.T) {
	t.Parallel()
	addr := startServer(t)
	const path = "/__rpc/NOTIFICATION_DO/two-tabs/call"
	tabs := []*peer{
		connect(t, addr, path, "Sec-WebSocket-Protocol: lumenize.rpc, lumenize.rpc.clientId.user-1"),
		connect(t, addr, path, "X-Client-Id: user-1"),
	}
	other := connect(t, addr, path, "Sec-WebSocket-Protocol: lumenize.rpc, lumenize.rpc.clientId.user-2")
	step := serverStep{
		Send: json.RawMessage(`{"json":{"type":"__rpc","batch":[{"id":"n","operations":[{"type":"get","key":"getConnectionCount"},{"type":"apply","args":["user-1"]}]},` +
			`{"id":"b","operations":[{"type":"get","key":"broadcast"},{"type":"apply","args":[["user-1"],"hi"]}]}]},"meta":{}}`),
		Expect: []json.RawMessage{json.RawMessage(`{"json":{"type":"__rpc","batch":[{"id":"n","success":true,"result":2},{"id":"b","success":true,"result":{"$type":"undefined"}}]},"meta":{}}`)},
	}
	if err := replay(other, step, map[string]string{}); err != nil {
		t.Fatal(err)
	}
	const want = `{"json":{"type":"__downstream","payload":{"type":"broadcast","message":"hi"}},"meta":{}}`
	for i, tab := range tabs {
		if got, err := tab.readText(); got != want || err != nil {
			t.Errorf("tab %d got %s, %v, want %s", i, got, err, want)
		}
	}
}

// TestFramesOvertake: a slow call on one object, reached through env, delays no other frame of the socket.
func TestFramesOvertake(t *testing.T) {
	t.Parallel()
	p := connect(t, startServer(t), "/__rpc/EXAMPLE_DO/overtaken/call")
	call := func(id, chain string) string {
		return `{"json":{"type":"__rpc","batch":[{"id":"` + id + `","operations":[` + chain + `]}]},"meta":{}}`
	}
	started := time.Now()
	for _, frame := range []string{
		call("slow", `{"type":"get","key":"env"},{"type":"get","key":"SUBCLASS_DO"},{"type":"get","key":"getByName"},{"type":"apply","args":["slow"]},{"type":"get","key":"slowIncrement"},{"type":"apply","args":[300]}`),
		call("fast", `{"type":"get","key":"add"},{"type":"apply","args":[1,2]}`),
	} {
		if err := p.write(opText, frame); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		`{"json":{"type":"__rpc","batch":[{"id":"fast","success":true,"result":3}]},"meta":{}}`,
		`{"json":{"type":"__rpc","batch":[{"id":"slow","success":true,"result":<number>}]},"meta":{}}`,
	} {
		got, err := p.readText()
		if err == nil {
			err = match(want, got, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if d := time.Since(started); d < 300*time.Millisecond {
		t.Errorf("the slow call took %v, want 300 ms", d)
	}
}

// TestEmptyChain: a chain of no operations is the object itself, with its methods as functions and the
// objects behind its fields; its cycles end.
func TestEmptyChain(t *testing.T) {
	t.Parallel()
	addr := startServer(t)
	for binding, wants := range map[string][]string{
		"EXAMPLE_DO": {`"add":{"__isRemoteFunction":true,"__operationChain":[{"type":"get","key":"add"}],"__functionName":"add"}`},
		"SUBCLASS_DO": {`"subclassName":"SubclassDO"`,
			`"getArray":{"__isRemoteFunction":true,"__operationChain":[{"type":"get","key":"getArray"}],"__functionName":"getArray"}`,
			`"multiply":{"__isRemoteFunction":true,"__operationChain":[{"type":"get","key":"multiply"}],"__functionName":"multiply"}`},
	} {
		t.Run(binding, func(t *testing.T) {
			t.Parallel()
			p := connect(t, addr, "/__rpc/"+binding+"/root/call")
			if err := p.write(opText, `{"json":{"type":"__rpc","batch":[{"id":"r","operations":[]}]},"meta":{}}`); err != nil {
				t.Fatal(err)
			}
			got, err := p.readText()
			if err != nil {
				t.Fatal(err)
			}
			wants := append([]string{
				`"batch":[{"id":"r","success":true,"result":{`,
				`"increment":{"__isRemoteFunction":true,"__operationChain":[{"type":"get","key":"increment"}],"__functionName":"increment"}`,
				`"ctx":{"storage":{`,
				`{"type":"get","key":"ctx"},{"type":"get","key":"storage"},{"type":"get","key":"put"}],"__functionName":"put"}`,
				`"kv":{`, `"sql":{`, `"databaseSize":`, `"env":{`, `"id":"complex-data"`,
			}, wants...)
			for _, want := range wants {
				if !strings.Contains(got, want) {
					t.Errorf("%s is missing in\n%s", want, got)
				}
			}
		})
	}
}
