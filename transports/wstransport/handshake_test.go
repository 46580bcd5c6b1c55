package wstransport_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/linktest"
	"github.com/millrace/millrace/transports/wstransport"
)

// upgrade makes a correct request and lets edit spoil it.
func upgrade(path string, edit func(*http.Request)) *http.Request {
	r := httptest.NewRequest("GET", path, nil)
	r.Host = "app.example:8787"
	r.Header = http.Header{"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}}
	if edit != nil {
		edit(r)
	}
	return r
}

func TestHandler_Refuses(t *testing.T) {
	t.Parallel()
	h := wstransport.NewHandler(&linktest.Handler{OnAccept: func(context.Context, core.Handshake) (core.Settings, *core.Reject) {
		return core.Settings{}, &core.Reject{Status: 418, Text: "accepted so far", Header: http.Header{"Retry-After": {"3"}}}
	}})
	set := func(k, v string) func(*http.Request) { return func(r *http.Request) { r.Header.Set(k, v) } }
	tests := []struct {
		name   string
		path   string
		edit   func(*http.Request)
		status int
		text   string
	}{
		{"fine", objectPath, nil, 418, "accepted so far"},
		{"without-call", "/__rpc/ROOM/1", nil, 418, ""},
		{"anything-after", "/__rpc/ROOM/1/x/y", nil, 418, ""},
		{"no-instance", "/__rpc/ROOM", nil, 404, "/__rpc/<binding>/<instance>"},
		{"empty-instance", "/__rpc/ROOM//call", nil, 404, ""},
		{"empty-binding", "/__rpc//1/call", nil, 404, ""},
		{"prefix-longer", "/__rpcx/ROOM/1", nil, 404, ""},
		{"not-an-upgrade", objectPath, func(r *http.Request) { r.Header.Del("Upgrade") }, 426, "must ask for an upgrade"},
		{"no-connection-token", objectPath, set("Connection", "close"), 426, ""},
		{"post", objectPath, func(r *http.Request) { r.Method = "POST" }, 405, "GET"},
		{"version-8", objectPath, set("Sec-WebSocket-Version", "8"), 426, "13"},
		{"no-version", objectPath, func(r *http.Request) { r.Header.Del("Sec-WebSocket-Version") }, 426, "13"},
		{"short-key", objectPath, set("Sec-WebSocket-Key", "AAAA"), 400, "16 bytes"},
		{"no-key", objectPath, func(r *http.Request) { r.Header.Del("Sec-WebSocket-Key") }, 400, ""},
		{"two-keys", objectPath, func(r *http.Request) { r.Header.Add("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==") }, 400, ""},
		{"body", objectPath, func(r *http.Request) { r.ContentLength = 3 }, 400, "no body"},
		{"chunked-body", objectPath, func(r *http.Request) { r.TransferEncoding = []string{"chunked"} }, 400, "no body"},
		{"http-1.0", objectPath, func(r *http.Request) { r.Proto, r.ProtoMinor = "HTTP/1.0", 0 }, 505, "HTTP/1.1"},
		{"http-2", objectPath, func(r *http.Request) { r.Proto, r.ProtoMajor = "HTTP/2.0", 2 }, 505, "HTTP/2.0"},
		{"origin", objectPath, set("Origin", "https://evil.example"), 403, "Origins"},
		{"subprotocol-no-token", objectPath, set("Sec-WebSocket-Protocol", "a b"), 400, "token"},
		{"escaped-id-broken", objectPath, set("Sec-WebSocket-Protocol", "millrace.clientId.!"), 400, "base64url"},
		{"escaped-id-not-utf8", objectPath, set("Sec-WebSocket-Protocol", "millrace.clientId._w"), 400, "UTF-8"},
		{"header-id-not-utf8", objectPath, set("X-Client-Id", "\xff"), 400, "UTF-8"},
		{"too-many-subprotocols", objectPath, set("Sec-WebSocket-Protocol", strings.Repeat("a,", 33)), 400, "33 > 32"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			h.ServeHTTP(w, upgrade(tt.path, tt.edit))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.text) {
				t.Errorf("answered %d %q, want %d with %q", w.Code, w.Body, tt.status, tt.text)
			}
			if w.Code == 418 && w.Header().Get("Retry-After") != "3" {
				t.Errorf("the reject's header is missing: %v", w.Header())
			}
		})
	}
	t.Run("drained", func(t *testing.T) {
		t.Parallel()
		h := wstransport.NewHandler(&linktest.Handler{})
		if err := h.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown() error = %v", err)
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, upgrade(objectPath, nil)); w.Code != 503 {
			t.Errorf("answered %d after Shutdown, want 503", w.Code)
		}
	})
	t.Run("cannot-hijack", func(t *testing.T) {
		t.Parallel()
		h := wstransport.NewHandler(&linktest.Handler{})
		w := httptest.NewRecorder() // is no Hijacker
		if h.ServeHTTP(w, upgrade(objectPath, nil)); w.Code != 500 || h.Sessions() != 0 {
			t.Errorf("answered %d with %d sessions, want 500 and none", w.Code, h.Sessions())
		}
		if err := h.Shutdown(t.Context()); err != nil { // no ticket is left
			t.Errorf("Shutdown() error = %v", err)
		}
	})
}

func TestHandler_Origins(t *testing.T) {
	t.Parallel()
	reject := &linktest.Handler{OnAccept: func(context.Context, core.Handshake) (core.Settings, *core.Reject) {
		return core.Settings{}, &core.Reject{Status: 418}
	}}
	plain := wstransport.NewHandler(reject)
	listed := wstransport.NewHandler(reject, wstransport.Origins("https://good.example", "https://*.wild.example:444"), wstransport.Origins("http://[::1]:3000/"))
	all := wstransport.NewHandler(reject, wstransport.Origins("*"))
	tests := []struct {
		name    string
		h       *wstransport.Handler
		host    string
		origins []string
		tls     bool
		allowed bool
	}{
		{"none", plain, "app.example", nil, false, true},
		{"same", plain, "app.example:8787", []string{"http://app.example:8787"}, false, true},
		{"same-upper-case", plain, "APP.example", []string{"http://app.EXAMPLE"}, false, true},
		{"same-default-port", plain, "app.example:80", []string{"http://app.example"}, false, true},
		{"same-default-port-https", plain, "app.example", []string{"https://app.example:443"}, true, true},
		{"https-page-behind-proxy", plain, "app.example", []string{"https://app.example"}, false, true},
		{"http-page-on-tls", plain, "app.example", []string{"http://app.example"}, true, false},
		{"other-host", plain, "app.example", []string{"https://evil.example"}, false, false},
		{"other-port", plain, "app.example:8787", []string{"http://app.example:8788"}, false, false},
		{"null", plain, "app.example", []string{"null"}, false, false},
		{"empty", plain, "app.example", []string{""}, false, false},
		{"other-scheme", plain, "app.example", []string{"ftp://app.example"}, false, false},
		{"suffix", plain, "good.com", []string{"https://good.com.evil.com"}, false, false},
		{"prefix", plain, "good.com", []string{"https://evilgood.com"}, false, false},
		{"userinfo", plain, "good.com", []string{"https://good.com@evil.com"}, false, false},
		{"userinfo-same-host", plain, "good.com", []string{"https://x@good.com"}, false, false},
		{"path", plain, "good.com", []string{"https://good.com/"}, false, false},
		{"query", plain, "good.com", []string{"https://good.com?"}, false, false},
		{"two", plain, "good.com", []string{"https://good.com", "https://good.com"}, false, false},
		{"ipv6", plain, "[::1]:8787", []string{"http://[::1]:8787"}, false, true},
		{"ipv6-other", plain, "[::1]:8787", []string{"http://[::2]:8787"}, false, false},
		{"punycode", plain, "xn--bcher-kva.example", []string{"https://xn--bcher-kva.example"}, false, true},
		{"punycode-lookalike", plain, "bucher.example", []string{"https://xn--bcher-kva.example"}, false, false},
		{"broken", plain, "good.com", []string{"http://%zz"}, false, false},
		{"listed", listed, "app.example", []string{"https://good.example"}, false, true},
		{"listed-other-scheme", listed, "app.example", []string{"http://good.example"}, false, false},
		{"listed-sub", listed, "app.example", []string{"https://a.good.example"}, false, false},
		{"wild", listed, "app.example", []string{"https://a.b.wild.example:444"}, false, true},
		{"wild-itself", listed, "app.example", []string{"https://wild.example:444"}, false, false},
		{"wild-suffix", listed, "app.example", []string{"https://evilwild.example:444"}, false, false},
		{"listed-ipv6", listed, "app.example", []string{"http://[::1]:3000"}, false, true},
		{"all", all, "app.example", []string{"https://evil.example"}, false, true},
		{"all-null", all, "app.example", []string{"null"}, false, true},
		{"all-two", all, "app.example", []string{"https://a.example", "https://b.example"}, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			tt.h.ServeHTTP(w, upgrade(objectPath, func(r *http.Request) {
				r.Host = tt.host
				if tt.origins != nil {
					r.Header["Origin"] = tt.origins
				}
				if tt.tls {
					r.TLS = new(tls.ConnectionState)
				}
			}))
			if want := map[bool]int{true: 418, false: 403}[tt.allowed]; w.Code != want {
				t.Errorf("Host %s, Origin %q: answered %d, want %d", tt.host, tt.origins, w.Code, want)
			}
		})
	}
}

func TestHandler_Subprotocols(t *testing.T) {
	t.Parallel()
	escaped := "millrace.clientId." + base64.RawURLEncoding.EncodeToString([]byte("a b"))
	tests := []struct {
		name   string
		header []string
		set    core.Settings
		id     string
		codec  string
		others []string
		answer string
	}{
		{name: "none"},
		{name: "upstream", header: []string{"Sec-WebSocket-Protocol: lumenize.rpc,lumenize.rpc.clientId.user-1,token.abc"}, id: "user-1", others: []string{"token.abc"}, answer: "lumenize.rpc"},
		{name: "two-lines", header: []string{"Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: lumenize.rpc"}, others: []string{"a"}, answer: "lumenize.rpc"},
		{name: "empty-id", header: []string{"Sec-WebSocket-Protocol: lumenize.rpc.clientId."}},
		{name: "header-id", header: []string{"X-Client-Id: h"}, id: "h"},
		{name: "subprotocol-wins", header: []string{"X-Client-Id: h", "Sec-WebSocket-Protocol: lumenize.rpc.clientId.s"}, id: "s"},
		{name: "escaped-wins", header: []string{"X-Client-Id: h", "Sec-WebSocket-Protocol: lumenize.rpc.clientId.s, " + escaped}, id: "a b"},
		{name: "codec", header: []string{"Sec-WebSocket-Protocol: lumenize.rpc, millrace.codec.msgpack"}, codec: "msgpack", answer: "millrace.codec.msgpack"},
		{name: "decided", header: []string{"Sec-WebSocket-Protocol: lumenize.rpc, mine"}, set: core.Settings{Subprotocol: "mine"}, others: []string{"mine"}, answer: "mine"},
		{name: "only-tokens", header: []string{"Sec-WebSocket-Protocol: token.abc"}, others: []string{"token.abc"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan core.Handshake, 1)
			url, _ := serve(t, &linktest.Handler{OnAccept: func(_ context.Context, hs core.Handshake) (core.Settings, *core.Reject) {
				seen <- hs
				return tt.set, nil
			}})
			nc, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			fmt.Fprint(nc, handshake(objectPath, append(tt.header, "Sec-WebSocket-Extensions: permessage-deflate")...))
			resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != 101 {
				t.Fatalf("answer = %v", resp)
			}
			hs := <-seen
			if got := resp.Header.Get("Sec-WebSocket-Protocol"); got != tt.answer || hs.ClientID != tt.id || hs.Codec != tt.codec || !slices.Equal(hs.Protocols, tt.others) {
				t.Errorf("answered %q to %+v, want %q", got, hs, tt.answer)
			}
			if got := resp.Header.Get("Sec-WebSocket-Extensions"); got != "" {
				t.Errorf("an extension was accepted: %q", got)
			}
		})
	}
}

func TestHandler_EarlyFrames(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, &linktest.Handler{})
	big := textFrame(strings.Repeat("y", 10_000))
	r := rawClient(t, url, append(textFrame("early").bytes(true), big.bytes(true)...))
	r.send(textFrame("later").bytes(true))
	for _, want := range []string{"text:early", "text:" + big.payload, "text:later"} {
		if got := r.next(); got != want {
			t.Errorf("got %.40q, want %.40q", got, want)
		}
	}
}

// T-21: the handler knows of a session before its client does.
func TestHandler_OpenedBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	opened, open := make(chan struct{}), make(chan struct{})
	url, _ := serve(t, &linktest.Handler{OnOpened: func(s core.Session) {
		close(opened)
		<-open
		_ = s.Send(core.Message{Data: []byte("hello")})
	}})
	nc, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Write([]byte(handshake(objectPath))); err != nil {
		t.Fatal(err)
	}
	<-opened
	_ = nc.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := nc.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("before Opened returned, the client read %d bytes, error %v", n, err)
	}
	close(open)
	_ = nc.SetReadDeadline(time.Now().Add(5 * time.Second))
	r := &raw{t: t, nc: nc, br: bufio.NewReader(nc), mask: true}
	resp, err := http.ReadResponse(r.br, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %v, %v", resp, err)
	}
	defer resp.Body.Close()
	if got := r.next(); got != "text:hello" {
		t.Errorf("after the answer came %q", got)
	}
}

func TestHandler_RouteAndPrefix(t *testing.T) {
	t.Parallel()
	got := make(chan core.Target, 1)
	h := &linktest.Handler{OnAccept: func(_ context.Context, hs core.Handshake) (core.Settings, *core.Reject) {
		got <- hs.Target
		return core.Settings{}, nil
	}}
	url, wh := serve(t, h, wstransport.Route(func(r *http.Request) (core.Target, bool) {
		return core.Target{Binding: "X", Instance: r.URL.Path}, r.URL.Path != "/other/ROOM/1/call"
	}))
	tr := dial(t, url, room, wstransport.Prefix("/p/"))
	if err := tr.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if target := <-got; target.Instance != "/p/ROOM/1/call" || wh.Sessions() != 1 {
		t.Errorf("target = %v, %d sessions", target, wh.Sessions())
	}
	err := dial(t, url, room, wstransport.Prefix("other")).Connect(t.Context())
	if core.CodeOf(err) != core.CodeUnreachable || !strings.Contains(err.Error(), "404") {
		t.Errorf("Connect() error = %v, want 404", err)
	}
}

func TestNew_Config(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, url string
		target    core.Target
		opts      []wstransport.TransportOption
		ok        bool
	}{
		{"ws", "ws://localhost:8787", room, nil, true},
		{"https-with-path", "https://example.com/app/", room, nil, true},
		{"ftp", "ftp://localhost", room, nil, false},
		{"no-host", "ws://", room, nil, false},
		{"no-scheme", "localhost:8787", room, nil, false},
		{"broken", "ws://a b", room, nil, false},
		{"userinfo", "ws://user:secret@localhost", room, nil, false},
		{"query", "ws://localhost?token=x", room, nil, false},
		{"no-binding", "ws://localhost", core.Target{Instance: "1"}, nil, false},
		{"no-instance", "ws://localhost", core.Target{Binding: "A"}, nil, false},
		{"jitter", "ws://localhost", room, []wstransport.TransportOption{wstransport.Jitter(1.5)}, false},
		{"nil-tls", "ws://localhost", room, []wstransport.TransportOption{wstransport.TLS(nil)}, false},
		{"bad-prefix", "ws://localhost", room, []wstransport.TransportOption{wstransport.Prefix("%zz")}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tr, err := wstransport.New(tt.url, tt.target, tt.opts...)
			if tt.ok != (err == nil) || !tt.ok && core.CodeOf(err) != core.CodeConfig {
				t.Errorf("New() = %v, %v", tr, err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestTransport_Refused(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]core.Code{
		401: core.CodeUnauthenticated, 403: core.CodeForbidden, 429: core.CodeRateLimited, 400: core.CodeUnreachable, 503: core.CodeUnreachable,
	} {
		url, _ := serve(t, &linktest.Handler{OnAccept: func(context.Context, core.Handshake) (core.Settings, *core.Reject) {
			return core.Settings{}, &core.Reject{Status: status, Text: "because of this"}
		}})
		err := dial(t, url, room).Connect(t.Context())
		if core.CodeOf(err) != want || !strings.Contains(err.Error(), fmt.Sprint(status)) || !strings.Contains(err.Error(), "because of this") {
			t.Errorf("status %d: Connect() error = %v (%s), want %s", status, err, core.CodeOf(err), want)
		}
	}
}

func TestTransport_ProtocolsFail(t *testing.T) {
	t.Parallel()
	boom := errors.New("no token")
	tests := []struct {
		name  string
		list  []string
		err   error
		want  core.Code
		never string
	}{
		{"error", nil, boom, core.CodeUnreachable, ""},
		{"typed-error", nil, &core.Error{Code: core.CodeUnauthenticated, Message: "log in"}, core.CodeUnauthenticated, ""},
		{"no-token", []string{"fine", "secret\r\nX: y"}, nil, core.CodeConfig, "secret"},
		{"too-many", slices.Repeat([]string{"a"}, 40), nil, core.CodeLimit, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tr := dial(t, "ws://127.0.0.1:1", room, wstransport.Protocols(func(context.Context) ([]string, error) { return tt.list, tt.err }))
			err := tr.Connect(t.Context())
			if core.CodeOf(err) != tt.want || tt.never != "" && strings.Contains(err.Error(), tt.never) {
				t.Errorf("Connect() error = %v (%s), want %s", err, core.CodeOf(err), tt.want)
			}
		})
	}
}

// answering is a server that answers every connection with fixed bytes.
func answering(t *testing.T, answer func(*http.Request) string) string {
	t.Helper()
	nl, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			nc, err := nl.Accept()
			if err != nil {
				return
			}
			req, err := http.ReadRequest(bufio.NewReader(nc))
			if err == nil {
				_, _ = io.WriteString(nc, answer(req))
			}
			_ = nc.Close()
		}
	})
	t.Cleanup(func() { _ = nl.Close(); wg.Wait() })
	return "ws://" + nl.Addr().String()
}

func TestTransport_HostileServer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer func(*http.Request) string
		want   string
	}{
		{"nothing", func(*http.Request) string { return "" }, "ended the connection"},
		{"not-http", func(*http.Request) string { return "SSH-2.0-OpenSSH\r\n" }, "malformed"},
		{"endless-line", func(*http.Request) string { return "HTTP/1.1 " + strings.Repeat("x", 100_000) }, "HeaderBytes"},
		{"endless-headers", func(r *http.Request) string {
			return "HTTP/1.1 101 OK\r\n" + strings.Repeat("X: y\r\n", 10_000)
		}, "HeaderBytes"},
		{"wrong-accept", func(r *http.Request) string {
			r.Header.Set("Sec-WebSocket-Key", "x")
			return switching(r)
		}, "Sec-WebSocket-Accept"},
		{"subprotocol-not-offered", func(r *http.Request) string { return switching(r, "Sec-WebSocket-Protocol: other") }, "handshake"},
		{"extension-not-offered", func(r *http.Request) string {
			return switching(r, "Sec-WebSocket-Extensions: permessage-deflate")
		}, "handshake"},
		{"refusal-without-end", func(*http.Request) string {
			return "HTTP/1.1 500 No\r\n\r\n" + strings.Repeat("t", 100_000)
		}, "status 500: ttt"},
		{"refusal-not-utf8", func(*http.Request) string {
			return "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n\xff\xfe"
		}, "status 500: \ufffd"},
		{"redirect", func(*http.Request) string {
			return "HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n"
		}, "status 302"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := dial(t, answering(t, tt.answer), room).Connect(t.Context())
			if core.CodeOf(err) != core.CodeUnreachable || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 2000 {
				t.Errorf("Connect() error = %.300v, want unreachable with %q", err, tt.want)
			}
		})
	}
}

func TestTransport_NoServer(t *testing.T) {
	t.Parallel()
	boom := errors.New("cable cut")
	tr := dial(t, "http://localhost", room, wstransport.Dialer(func(_ context.Context, network, addr string) (net.Conn, error) {
		if network != "tcp" || addr != "localhost:80" {
			t.Errorf("dialled %s %s", network, addr)
		}
		return nil, boom
	}))
	if err := tr.Connect(t.Context()); core.CodeOf(err) != core.CodeUnreachable || !errors.Is(err, boom) {
		t.Errorf("Connect() error = %v", err)
	}
}

func TestTransport_EarlyFramesFromServer(t *testing.T) {
	t.Parallel()
	tr := dial(t, answering(t, func(r *http.Request) string {
		return switching(r, "Sec-WebSocket-Protocol: lumenize.rpc") + string(textFrame("early").bytes(false)) + string(closing(4400, "x").bytes(false))
	}), room)
	in := newInbox(tr)
	losses := make(chan core.CloseInfo, 1)
	tr.SetCloseHandler(func(c core.CloseInfo) bool { losses <- c; return true })
	if err := tr.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := in.wait(t, 1); got[0] != "early" {
		t.Errorf("received %q", got)
	}
	if c := <-losses; c.Code != 4400 || !c.Clean {
		t.Errorf("loss = %+v", c)
	}
}

func TestTransport_OwnHeadersWin(t *testing.T) {
	t.Parallel()
	seen := make(chan *http.Request, 1)
	url := answering(t, func(r *http.Request) string { seen <- r; return "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n" })
	tr := dial(t, url+"/base", room, wstransport.Header(http.Header{"Host": {"virtual.example"}, "Sec-Websocket-Protocol": {"forged"},
		"Connection": {"close"}, "Authorization": {"Bearer t"}, "X-Bad": {"a\r\nInjected: 1"}}))
	_ = tr.Connect(t.Context())
	r := <-seen
	if r.Host != "virtual.example" || r.Header.Get("Sec-WebSocket-Protocol") != "lumenize.rpc" || r.Header.Get("Connection") != "Upgrade" ||
		r.Header.Get("Authorization") != "Bearer t" || r.Header.Get("Injected") != "" || r.URL.Path != "/base/__rpc/ROOM/1/call" {
		t.Errorf("request to %s%s: %v", r.Host, r.URL, r.Header)
	}
}

func TestTransport_TLS(t *testing.T) {
	t.Parallel()
	wh := wstransport.NewHandler(&linktest.Handler{})
	srv := httptest.NewUnstartedServer(wh)
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.StartTLS()
	t.Cleanup(func() { _ = wh.Shutdown(context.Background()); srv.Close() })
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	tr := dial(t, srv.URL, room, wstransport.TLS(&tls.Config{RootCAs: pool}))
	in := newInbox(tr)
	for i, n := range []int{1, 63, 64, 65, 4096, 100_000} {
		want := strings.Repeat("t", n)
		if _, err := tr.Send(t.Context(), core.Message{Data: []byte(want)}); err != nil {
			t.Fatal(err)
		}
		if got := in.wait(t, i+1); got[i] != want {
			t.Errorf("echo of %d bytes differs", n)
		}
	}
	err := dial(t, srv.URL, room).Connect(t.Context())
	if core.CodeOf(err) != core.CodeUnreachable || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("Connect() with an unknown authority: error = %v", err)
	}
}

func TestModule(t *testing.T) {
	t.Parallel()
	var reg core.Registry
	if err := reg.Add(wstransport.Module()); err != nil {
		t.Fatalf("Add() error = %v", err)
	}
	m := wstransport.Module()
	l, err := m.Listen(core.ListenConfig{Addr: "127.0.0.1:0", Prefix: "/r", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if l.Addr() != "" {
		t.Errorf("Addr() before Serve = %q", l.Addr())
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- l.Serve(ctx, &linktest.Handler{}) }()
	for l.Addr() == "" {
		select {
		case err := <-served:
			t.Fatalf("Serve() = %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	tr, err := m.Dial(core.DialConfig{URL: l.Addr(), Target: room, Prefix: "/r", ClientID: "u"})
	if err != nil {
		t.Fatal(err)
	}
	in := newInbox(tr)
	if _, err := tr.Send(t.Context(), core.Message{Data: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	in.wait(t, 1)
	if err := l.Serve(ctx, &linktest.Handler{}); core.CodeOf(err) != core.CodeConfig {
		t.Errorf("second Serve() error = %v", err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("Serve() error = %v", err)
	}
	if _, err := tr.Send(t.Context(), core.Message{Data: []byte("y")}); err != nil {
		t.Errorf("Send() after accepting ended: error = %v", err)
	}
	in.wait(t, 2)
	if err := l.Close(t.Context()); err != nil {
		t.Errorf("Close() error = %v", err)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Errorf("second Close() error = %v", err)
	}
	if err := tr.Close(core.CloseNormal, ""); err != nil {
		t.Errorf("Close() of the transport: error = %v", err)
	}
}

func TestModule_Errors(t *testing.T) {
	t.Parallel()
	m := wstransport.Module()
	if tr, err := m.Dial(core.DialConfig{URL: "x"}); tr != nil || core.CodeOf(err) != core.CodeConfig {
		t.Errorf("Dial() = %v, %v", tr, err)
	}
	if _, err := m.Listen(core.ListenConfig{Addr: "nonsense"}); core.CodeOf(err) != core.CodeConfig {
		t.Errorf("Listen() error = %v", err)
	}
	l, err := wstransport.NewListener("127.0.0.1:99999")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Serve(t.Context(), nil); core.CodeOf(err) != core.CodeConfig {
		t.Errorf("Serve(nil) error = %v", err)
	}
	if err := l.Serve(t.Context(), &linktest.Handler{}); core.CodeOf(err) != core.CodeConfig {
		t.Errorf("Serve() on an impossible port: error = %v", err)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Errorf("Close() error = %v", err)
	}
	if err := l.Serve(t.Context(), &linktest.Handler{}); err != nil {
		t.Errorf("Serve() after Close: error = %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("NewHandler(nil) did not panic")
		}
	}()
	wstransport.NewHandler(nil)
}
