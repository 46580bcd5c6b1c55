package httptransport_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/linktest"
	"github.com/millrace/millrace/transports/httptransport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func do(h http.Handler, method, path, contentType, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const path = "/__rpc/ROOM/1/call"

func TestHandler_Statuses(t *testing.T) {
	t.Parallel()
	h := httptransport.NewHandler(&linktest.Handler{}, httptransport.Origins("https://app.example"),
		httptransport.Limits(core.Limits{MessageBytes: 8}))
	tests := []struct {
		name                      string
		method, path, contentType string
		body                      string
		header                    []string
		status                    int
		want                      string // exact body, or a part when it begins with ~
		wantType                  string
	}{
		{"echo", "POST", path, "application/json", "hi", nil, 200, "hi", "application/json"},
		{"empty-body", "POST", path, "application/json", "", nil, 200, "", "application/json"},
		{"charset", "POST", path, "application/json; charset=UTF-8", "hi", nil, 200, "hi", "application/json"},
		{"other-charset", "POST", path, "application/json; charset=latin1", "hi", nil, 415, "~application/json", "text/plain;charset=UTF-8"},
		{"other-parameter", "POST", path, "application/json; a=b", "hi", nil, 415, "~application/json", "text/plain;charset=UTF-8"},
		{"codec-json", "POST", path, "application/vnd.millrace.lmz+json", "hi", nil, 200, "hi", "application/vnd.millrace.lmz+json"},
		{"codec-binary", "POST", path, "application/vnd.millrace.msgpack", "hi", nil, 200, "hi", "application/vnd.millrace.msgpack"},
		{"codec-no-name", "POST", path, "application/vnd.millrace.+json", "hi", nil, 415, "~application/json", "text/plain;charset=UTF-8"},
		{"codec-bad-name", "POST", path, "application/vnd.millrace.a_b", "hi", nil, 415, "~application/json", "text/plain;charset=UTF-8"},
		{"get", "GET", path, "", "", nil, 405, "Method not allowed", "text/plain;charset=UTF-8"},
		{"put", "PUT", path, "application/json", "", nil, 405, "Method not allowed", "text/plain;charset=UTF-8"},
		{"options", "OPTIONS", path, "", "", nil, 405, "Method not allowed", "text/plain;charset=UTF-8"},
		{"no-call", "POST", "/__rpc/ROOM/1/nope", "application/json", "", nil, 404, "Unknown RPC endpoint: /__rpc/ROOM/1/nope", "text/plain;charset=UTF-8"},
		{"no-last", "POST", "/__rpc/ROOM/1", "application/json", "", nil, 404, "Unknown RPC endpoint: /__rpc/ROOM/1", "text/plain;charset=UTF-8"},
		{"prefix-longer", "POST", "/__rpcx/ROOM/1/call", "application/json", "", nil, 404, "~Unknown", "text/plain;charset=UTF-8"},
		{"no-instance", "POST", "/__rpc/ROOM//call", "application/json", "", nil, 404, "~Unknown", "text/plain;charset=UTF-8"},
		{"form", "POST", path, "application/x-www-form-urlencoded", "a=b", nil, 415, "~application/json", "text/plain;charset=UTF-8"},
		{"text", "POST", path, "text/plain", "hi", nil, 415, "~vnd.millrace", "text/plain;charset=UTF-8"},
		{"no-type", "POST", path, "", "hi", nil, 415, "~application/json", "text/plain;charset=UTF-8"},
		{"broken-type", "POST", path, "application/", "hi", nil, 415, "~application/json", "text/plain;charset=UTF-8"},
		{"two-types", "POST", path, "application/json", "hi", []string{"Content-Type", "application/json"}, 415, "~application/json", "text/plain;charset=UTF-8"},
		{"gzip", "POST", path, "application/json", "hi", []string{"Content-Encoding", "gzip"}, 415, `~"gzip"`, "text/plain;charset=UTF-8"},
		{"identity", "POST", path, "application/json", "hi", []string{"Content-Encoding", "identity"}, 200, "hi", "application/json"},
		{"too-big", "POST", path, "application/json", "123456789", nil, 413, "bytes of a request body: 9 > 8 (setting: MessageBytes)", "text/plain;charset=UTF-8"},
		{"just-fits", "POST", path, "application/json", "12345678", nil, 200, "12345678", "application/json"},
		{"cross-site", "POST", path, "application/json", "hi", []string{"Sec-Fetch-Site", "cross-site"}, 403, "~Origins", "text/plain;charset=UTF-8"},
		{"same-origin", "POST", path, "application/json", "hi", []string{"Sec-Fetch-Site", "same-origin"}, 200, "hi", "application/json"},
		{"trusted-origin", "POST", path, "application/json", "hi", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://app.example"}, 200, "hi", "application/json"},
		{"other-origin", "POST", path, "application/json", "hi", []string{"Origin", "https://evil.example"}, 403, "~Origins", "text/plain;charset=UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := do(h, tt.method, tt.path, tt.contentType, tt.body, tt.header...)
			got := w.Body.String()
			part, isPart := strings.CutPrefix(tt.want, "~")
			if w.Code != tt.status || w.Header().Get("Content-Type") != tt.wantType ||
				isPart && !strings.Contains(got, part) || !isPart && got != tt.want {
				t.Errorf("answered %d %q %q, want %d %q %q", w.Code, w.Header().Get("Content-Type"), got, tt.status, tt.wantType, tt.want)
			}
		})
	}
}

func TestHandler_Outcomes(t *testing.T) {
	t.Parallel()
	for outcome, status := range map[core.Outcome]int{core.Succeeded: 200, core.SomeFailed: 500, core.Unreadable: 400} {
		h := httptransport.NewHandler(&linktest.Handler{OnExchange: func(context.Context, core.Handshake, core.Settings, core.Message) (core.Message, core.Outcome) {
			return core.Message{Data: []byte("answer")}, outcome
		}})
		w := do(h, "POST", path, "application/json", "{}")
		if w.Code != status || w.Body.String() != "answer" || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("outcome %d: answered %d %q %v, want %d", outcome, w.Code, w.Body, w.Header(), status)
		}
	}
}

func TestHandler_Handshake(t *testing.T) {
	t.Parallel()
	var hs core.Handshake
	var m core.Message
	var set core.Settings
	h := httptransport.NewHandler(&linktest.Handler{
		OnAccept: func(_ context.Context, got core.Handshake) (core.Settings, *core.Reject) {
			hs = got
			return core.Settings{Value: 7}, nil
		},
		OnExchange: func(_ context.Context, _ core.Handshake, st core.Settings, got core.Message) (core.Message, core.Outcome) {
			m, set = got, st
			return got, core.Succeeded
		},
	}, httptransport.Prefix("api/v1/"))
	w := do(h, "POST", "/api/v1/MY_DO/inst%201%2Fx/call", "application/vnd.millrace.msgpack", "hi", "X-Client-Id", "user-1", "Authorization", "Bearer t")
	if w.Code != 200 {
		t.Fatalf("status = %d: %s", w.Code, w.Body)
	}
	if hs.Target != (core.Target{Binding: "MY_DO", Instance: "inst 1/x"}) || hs.ClientID != "user-1" || hs.Codec != "msgpack" ||
		hs.Header.Get("Authorization") != "Bearer t" || hs.Transport != "http" || hs.RemoteAddr == "" {
		t.Errorf("handshake = %+v", hs)
	}
	if !m.Binary || string(m.Data) != "hi" || set.Value != 7 {
		t.Errorf("message = %+v, settings = %+v", m, set)
	}
}

func TestHandler_Rejects(t *testing.T) {
	t.Parallel()
	fake := &linktest.Handler{OnAccept: func(context.Context, core.Handshake) (core.Settings, *core.Reject) {
		return core.Settings{}, &core.Reject{Status: 429, Text: "too fast", Header: http.Header{"Retry-After": {"7"}}}
	}}
	w := do(httptransport.NewHandler(fake), "POST", path, "application/json", "{}")
	if w.Code != 429 || w.Body.String() != "too fast" || w.Header().Get("Retry-After") != "7" {
		t.Errorf("answered %d %q %v", w.Code, w.Body, w.Header())
	}
}

func TestHandler_Route(t *testing.T) {
	t.Parallel()
	h := httptransport.NewHandler(&linktest.Handler{}, httptransport.Route(func(r *http.Request) (core.Target, bool) {
		return core.Target{Binding: "A", Instance: "b"}, r.URL.Path == "/mine"
	}))
	if w := do(h, "POST", "/mine", "application/json", "x"); w.Code != 200 {
		t.Errorf("POST /mine = %d, want 200", w.Code)
	}
	if w := do(h, "POST", path, "application/json", "x"); w.Code != 404 {
		t.Errorf("POST %s = %d, want 404", path, w.Code)
	}
}

func TestHandler_ChunkedBody(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(httptransport.NewHandler(&linktest.Handler{}))
	defer srv.Close()
	client := srv.Client()
	defer client.CloseIdleConnections()
	body := io.MultiReader(bytes.NewReader(make([]byte, 1<<20)), strings.NewReader("one more")) // unknown length: chunked
	resp, err := client.Post(srv.URL+path, "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 413 || !resp.Close {
		t.Errorf("status = %d, close = %v, want 413 and an ended connection", resp.StatusCode, resp.Close)
	}
}

func TestHandler_BodyCutShort(t *testing.T) {
	t.Parallel()
	called := make(chan struct{}, 1)
	srv := httptest.NewServer(httptransport.NewHandler(&linktest.Handler{
		OnExchange: func(_ context.Context, _ core.Handshake, _ core.Settings, m core.Message) (core.Message, core.Outcome) {
			called <- struct{}{}
			return m, core.Succeeded
		}}, httptransport.Limits(core.Limits{AssemblyTime: 50 * time.Millisecond})))
	defer srv.Close()
	nc, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	fmt.Fprintf(nc, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\nhalf", path)
	b, err := io.ReadAll(nc) // the rest never comes
	if err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 400 ") {
		t.Errorf("answer = %q, %v, want 400 after AssemblyTime", b, err)
	}
	select {
	case <-called:
		t.Error("half a request was executed")
	default:
	}
}

func TestNewHandler_Panics(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(){
		"nil-handler": func() { httptransport.NewHandler(nil) },
		"bad-origin":  func() { httptransport.NewHandler(&linktest.Handler{}, httptransport.Origins("nonsense")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func FuzzHandler(f *testing.F) {
	f.Add("POST", "/__rpc/A/b/call", "application/json", "{}")
	f.Add("GET", "/__rpc/%41/%2F/call", "application/vnd.millrace.x+json; charset=utf-8", "")
	h := httptransport.NewHandler(&linktest.Handler{})
	f.Fuzz(func(t *testing.T, method, path, contentType, body string) {
		r, err := http.NewRequest(method, "http://x"+path, strings.NewReader(body))
		if err != nil {
			return
		}
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code == 200 && (method != "POST" || w.Body.String() != body) {
			t.Errorf("%s %q with type %q answered 200 %q", method, path, contentType, w.Body)
		}
	})
}

// T-74: a request that is refused before its body is read does not wait for it for ever.
func TestHandler_RefusedWithoutBody(t *testing.T) {
	t.Parallel()
	refusing := &linktest.Handler{OnAccept: func(context.Context, core.Handshake) (core.Settings, *core.Reject) {
		return core.Settings{}, &core.Reject{Status: 401, Text: "who?"}
	}}
	srv := httptest.NewServer(httptransport.NewHandler(refusing, httptransport.Limits(core.Limits{AssemblyTime: 50 * time.Millisecond})))
	defer srv.Close()
	tests := []struct{ name, head, status string }{
		{"method", "PUT " + path + " HTTP/1.1\r\n", "405"},
		{"path", "POST /elsewhere HTTP/1.1\r\n", "404"},
		{"content-type", "POST " + path + " HTTP/1.1\r\n", "415"},
		{"accept", "POST " + path + " HTTP/1.1\r\nContent-Type: application/json\r\n", "401"},
	}
	for _, tt := range tests {
		for _, length := range []string{"Content-Length: 10", "Transfer-Encoding: chunked"} {
			nc, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			_ = nc.SetDeadline(time.Now().Add(5 * time.Second))
			fmt.Fprintf(nc, "%sHost: x\r\n%s\r\n\r\n", tt.head, length)
			b, err := io.ReadAll(nc) // the body never comes
			if err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 "+tt.status+" ") {
				t.Errorf("%s, %s: answer = %q, %v, want %s and the end", tt.name, length, b, err, tt.status)
			}
			_ = nc.Close()
		}
	}
}
