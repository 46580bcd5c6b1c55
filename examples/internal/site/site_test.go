package site_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/examples/internal/site"
	"github.com/millrace/millrace/examples/internal/sitetest"
	"github.com/millrace/millrace/transports/wstransport"
	"github.com/millrace/millrace/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is the object that is served: its work takes until somebody says so.
type desk struct {
	began, release chan struct{}
}

func (d *desk) Add(a, b int) int { return a + b }

func (d *desk) Work() string {
	d.began <- struct{}{}
	<-d.release
	return "done"
}

type server struct {
	url  string
	desk *desk
	stop func() // ends it, and waits
}

func newSite(t *testing.T, d *desk) *site.Site {
	t.Helper()
	srv, err := core.NewServer(lmzcodec.New(), core.AllowAnonymousClientID())
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Register("DESK", func(*core.State) (any, error) { return d, nil }); err != nil {
		t.Fatal(err)
	}
	return &site.Site{
		Server: srv,
		Pages: fstest.MapFS{
			"index.html": {Data: []byte("<!doctype html><title>Desk</title>")},
			"desk.js":    {Data: []byte("export {};")},
		},
		Routes: map[string]http.Handler{
			"/token": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "a token") }),
		},
		Logger: slog.New(slog.DiscardHandler),
	}
}

func start(t *testing.T) *server {
	t.Helper()
	s := &server{desk: &desk{make(chan struct{}, 1), make(chan struct{})}}
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	addr, stop := sitetest.Start(t, program(newSite(t, s.desk)).Run, io.Discard)
	s.url, s.stop = "http://"+addr, stop
	return s
}

// answer is what came for a request.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request; header is names and values.
func (s *server) do(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

func (s *server) client(t *testing.T, opts ...core.ClientOption) *core.Client {
	t.Helper()
	tr, err := wstransport.New("ws"+strings.TrimPrefix(s.url, "http"), core.Target{Binding: "DESK", Instance: "1"}, wstransport.ClientID("ann"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := core.NewClient(tr, lmzcodec.New(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestSite_Serves(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, tt := range []struct {
		path, kind, contains string
		page                 bool // one of those that the policy is about
	}{
		{"/", "text/html", "<title>Desk", true},
		{"/desk.js", "text/javascript", "export", true},
		{"/ui.css", "text/css", "--accent", true},
		{web.ClientPath, "text/javascript", "export", false},
		{"/token", "text/plain", "a token", false},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			resp := s.do(t, method, tt.path, "")
			if resp.status != http.StatusOK || !strings.HasPrefix(resp.header.Get("Content-Type"), tt.kind) {
				t.Errorf("%s %s: %d, %s", method, tt.path, resp.status, resp.header.Get("Content-Type"))
			}
			if method == http.MethodGet && !strings.Contains(resp.body, tt.contains) {
				t.Errorf("%s does not contain %q", tt.path, tt.contains)
			}
			if !tt.page {
				continue
			}
			for name, want := range map[string]string{
				"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
					"manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
				"X-Content-Type-Options": "nosniff",
				"Referrer-Policy":        "no-referrer",
				"Cache-Control":          "no-cache",
			} {
				if got := resp.header.Get(name); got != want {
					t.Errorf("%s %s: %s is %q", method, tt.path, name, got)
				}
			}
		}
	}
	client := s.do(t, http.MethodGet, web.ClientPath, "")
	if client.body != string(web.Client()) {
		t.Error("the client is another one")
	}
	if resp := s.do(t, http.MethodGet, "/missing.js", ""); resp.status != http.StatusNotFound || resp.header.Get("Content-Security-Policy") == "" {
		t.Errorf("a file that is not there: %d", resp.status)
	}
}

func TestSite_RefusesMethods(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, path := range []string{"/", "/desk.js", "/ui.css", web.ClientPath} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
			resp := s.do(t, method, path, "")
			if resp.status != http.StatusMethodNotAllowed || resp.header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d, allowed is %q", method, path, resp.status, resp.header.Get("Allow"))
			}
		}
	}
}

// A page that made its own name mean this machine gets nothing, whatever it asks for; nor does a
// page of another origin get its way with the routes that change something.
func TestSite_RefusesOtherPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, path := range []string{"/", "/ui.css", web.ClientPath, "/token", "/__rpc/DESK/1/call"} {
		if resp := s.do(t, http.MethodGet, path, "", "Host", "evil.example:8787"); resp.status != http.StatusMisdirectedRequest {
			t.Errorf("GET %s for another host: %d", path, resp.status)
		}
	}
	if resp := s.do(t, http.MethodGet, "/", "", "Host", "localhost:1234"); resp.status != http.StatusOK {
		t.Errorf("as localhost: %d", resp.status)
	}
	if resp := s.do(t, http.MethodPost, "/token", "", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"); resp.status != http.StatusForbidden {
		t.Errorf("POST /token from another origin: %d", resp.status)
	}
	if resp := s.do(t, http.MethodPost, "/token", ""); resp.status != http.StatusOK {
		t.Errorf("POST /token: %d", resp.status)
	}
	tr, err := wstransport.New("ws"+strings.TrimPrefix(s.url, "http"), core.Target{Binding: "DESK", Instance: "1"}, wstransport.Header(http.Header{"Origin": {"https://evil.example"}}))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close(core.CloseNormal, "")
	if err := tr.Connect(t.Context()); core.CodeOf(err) != core.CodeForbidden {
		t.Errorf("a WebSocket from another origin: %v", err)
	}
}

func TestSite_Calls(t *testing.T) {
	t.Parallel()
	s := start(t)
	if got, err := core.Call[int](t.Context(), s.client(t), "add", 1, 2); got != 3 || err != nil {
		t.Errorf("by WebSocket: %d, %v", got, err)
	}
	const call = `{"json":{"batch":[{"id":"x","operations":[{"type":"get","key":"add"},{"type":"apply","args":[1,2]}]}]},"meta":{}}`
	resp := s.do(t, http.MethodPost, "/__rpc/DESK/1/call", call, "Content-Type", "application/json")
	if want := `{"json":{"batch":[{"id":"x","success":true,"result":3}]},"meta":{}}`; resp.status != http.StatusOK || resp.body != want {
		t.Errorf("by POST: %d, %s", resp.status, resp.body)
	}
}

// When the context ends, calls that run are finished, and clients are told that the server goes.
func TestSite_Drains(t *testing.T) {
	t.Parallel()
	s := start(t)
	lost := make(chan core.CloseCode, 1)
	c := s.client(t, core.OnClose(func(_ context.Context, info core.CloseInfo) bool { lost <- info.Code; return false }))
	answer := make(chan error, 1)
	go func() {
		got, err := core.Call[string](context.Background(), c, "work")
		if err == nil && got != "done" {
			err = errors.New(got)
		}
		answer <- err
	}()
	<-s.desk.began
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.stop()
	}()
	for { // until it has begun to end
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	select {
	case <-stopped:
		t.Fatal("it does not wait for the call")
	default:
	}
	close(s.desk.release)
	if err := <-answer; err != nil {
		t.Errorf("the call that ran: %v", err)
	}
	if code := <-lost; code != core.CloseGoingAway {
		t.Errorf("the connection ends with %d, want %d", code, core.CloseGoingAway)
	}
	<-stopped
}
