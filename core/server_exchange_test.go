package core_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/clone"
)

func TestServer_Exchange(t *testing.T) {
	t.Parallel()
	srv := newServer(t, func(*core.State) (any, error) { return newTally(), nil }, core.WithLimits(core.Limits{BatchItems: 2, ValueDepth: 20}), core.WithCodecs(plainCodec{"ungap"}))
	items := func(s ...string) string { return `{"json":{"batch":[` + strings.Join(s, ",") + `]},"meta":{}}` }
	tests := []struct {
		name, body string
		want       core.Outcome
		part       string
	}{
		{"one", items(itemOf("a", "add(1,2)")), core.Succeeded, `{"json":{"batch":[{"id":"a","success":true,"result":3}]},"meta":{}}`},
		{"empty", items(), core.Succeeded, `{"json":{"batch":[]},"meta":{}}`},
		{"white-space", " \n\t\r" + items(), core.Succeeded, `{"json":{"batch":[]},"meta":{}}`},
		{"with-type", batch(itemOf("a", "add(1,2)")), core.Succeeded, `{"json":{"batch":[{"id":"a","success":true,"result":3}]},"meta":{}}`},
		{"some-failed", items(itemOf("a", "add(1,2)"), itemOf("b", `fail("no")`)), core.SomeFailed, `{"id":"a","success":true,"result":3},{"id":"b","success":false,"error":{"$type":"error","name":"Error","message":"no"}}`},
		{"not-json", "{nonsense", core.Unreadable, `"id":"parse-error","success":false,"error":{"$type":"error","name":"Error","message":"`},
		{"nothing", "", core.Unreadable, `"millraceCode":"malformed"`},
		{"number", "7", core.Unreadable, `the request is in no known codec (there are: lmz, ungap)`},
		{"no-batch", `{"json":{"nothing":1},"meta":{}}`, core.Unreadable, `the request has no batch`},
		{"batch-no-array", `{"json":{"batch":7},"meta":{}}`, core.Unreadable, `the request has no batch`},
		{"other-type", `{"json":{"type":"__cancel","batch":[]},"meta":{}}`, core.Unreadable, `the request has no batch`},
		{"too-deep", `{"json":{"batch":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `},"meta":{}}`, core.Unreadable, `"millraceCode":"limit"`},
		{"too-many", items(itemOf("a", "add(1,2)"), itemOf("b", "add(1,2)"), itemOf("c", "add(1,2)")), core.SomeFailed, `3 \u003e 2`},
		{"no-id", items("7"), core.SomeFailed, `"id":"parse-error"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, outcome := exchange(t, srv, objX, tt.body)
			if outcome != tt.want || !strings.Contains(strings.ReplaceAll(got, "3 > 2", `3 \u003e 2`), tt.part) || strings.Contains(got, "__rpc") {
				t.Errorf("got %d %s, want %d %s", outcome, got, tt.want, tt.part)
			}
		})
	}
	if m, outcome := srv.Exchange(t.Context(), objX, core.Settings{}, core.Message{Data: []byte("{}")}); outcome != core.Unreadable || !strings.Contains(string(m.Data), "needs the settings") {
		t.Errorf("without settings: %d %s", outcome, m.Data)
	}
}

// The codec is told by the first byte where none was named, and answers follow.
func TestServer_CodecByFirstByte(t *testing.T) {
	t.Parallel()
	srv := newServer(t, func(*core.State) (any, error) { return newTally(), nil }, core.WithCodecs(bracketCodec{plainCodec{"ungap"}}))
	p := connect(t, srv, objX)
	n := p.count()
	p.write("[" + batch(itemOf("a", "add(1,2)")))
	if got := p.next(n); !strings.HasPrefix(got, "[{") || !strings.Contains(got, `"result":3`) {
		t.Errorf("a record codec's message was answered by %s", got)
	}
	if got := p.ask("add(1,2)"); !strings.HasPrefix(got, `{"json"`) {
		t.Errorf("the other codec's message was answered by %s", got)
	}
	hs := objX
	hs.Codec = "ungap"
	q := connect(t, srv, hs)
	q.write(batch(itemOf("a", "add(1,2)")))
	q.write("[" + batch(itemOf("b", "add(1,2)")))
	if got := q.next(0); !strings.Contains(got, `"id":"b"`) {
		t.Errorf("the negotiated codec answered %s", got)
	}
	// A server without lmz understands its own text codec.
	only, err := core.NewServer(plainCodec{"mine"})
	if err != nil {
		t.Fatal(err)
	}
	if err := only.Register("OBJ", func(*core.State) (any, error) { return newTally(), nil }); err != nil {
		t.Fatal(err)
	}
	if got := connect(t, only, objX).result("add(1,2)"); got != "3" {
		t.Errorf("a server of one codec gave %s", got)
	}
}

// bracketCodec writes a bracket before each message.
type bracketCodec struct{ plainCodec }

func TestServer_Exchange_ends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, _ := sloths(t, core.WithLimits(core.Limits{CallTimeout: time.Second}))
		ask := func(ctx context.Context, chain string) (answer, core.Outcome) {
			st, _ := srv.Accept(t.Context(), objX)
			m, outcome := srv.Exchange(ctx, objX, st, core.Message{Data: []byte(`{"json":{"batch":[` + itemOf("x", chain) + `]},"meta":{}}`)})
			return parseAnswer(t, string(m.Data))[0], outcome
		}
		start := time.Now()
		if a, outcome := ask(t.Context(), "hog(5000)"); a.problem(t).MillraceCode != "timeout" || outcome != core.SomeFailed || time.Since(start) != time.Second {
			t.Errorf("a method that ignores its context: %+v after %v", a, time.Since(start))
		}
		time.Sleep(10 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if a, _ := ask(ctx, `work("a",900)`); a.problem(t).MillraceCode != "canceled" {
			t.Errorf("a client that is gone: %+v", a)
		}
		synctest.Wait()
		if s := srv.Stats(); s.Running != 0 || s.Connections != 0 || s.Overdue != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

// site answers plain HTTP.
type site struct{ hits int }

func (s *site) ServeObjectHTTP(w http.ResponseWriter, r *http.Request) {
	s.hits++
	switch r.URL.Path {
	case "/panic":
		panic("secret")
	case "/late-panic":
		w.WriteHeader(http.StatusTeapot)
		panic("secret")
	case "/who":
		_, _ = w.Write([]byte(core.HandshakeFrom(r.Context()).Target.String() + " " + r.Context().Value(siteKey{}).(string)))
	case "/slow":
		<-r.Context().Done()
		w.WriteHeader(http.StatusGatewayTimeout)
	case "/nothing":
	default:
		_, _ = w.Write([]byte("original"))
	}
}
func (s *site) Hits() int { return s.hits }

type siteKey struct{}

func TestServer_ServeObject(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := newServer(t, func(*core.State) (any, error) { return &site{}, nil }, core.WithLimits(core.Limits{CallTimeout: time.Second}),
			core.WithAuthorizer(func(_ context.Context, hs core.Handshake) (core.Identity, error) {
				if hs.Header.Get("X-Deny") != "" {
					return core.Identity{}, &core.Error{Code: core.CodeRateLimited, Message: "later"}
				}
				return core.Identity{}, nil
			}))
		if err := srv.Register("PLAIN", func(*core.State) (any, error) { return newTally(), nil }); err != nil {
			t.Fatal(err)
		}
		get := func(path string, target core.Target, header ...string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(context.WithValue(t.Context(), siteKey{}, "own"), http.MethodGet, path, nil)
			for _, h := range header {
				r.Header.Set(h, "1")
			}
			w := httptest.NewRecorder()
			srv.ServeObject(w, r, target)
			return w
		}
		x := core.Target{Binding: "obj", Instance: "x"}
		tests := []struct {
			name   string
			got    *httptest.ResponseRecorder
			status int
			body   string
		}{
			{"plain", get("/", x), 200, "original"},
			{"context", get("/who", x), 200, "OBJ/x own"},
			{"nothing", get("/nothing", x), 200, ""},
			{"panic", get("/panic", x), 500, "internal error\n"},
			{"late-panic", get("/late-panic", x), 418, ""},
			{"slow", get("/slow", x), 504, ""},
			{"unknown", get("/", core.Target{Binding: "NOSUCH", Instance: "x"}), 404, "core: no binding is named \"NOSUCH\" (there are: OBJ, PLAIN)\n"},
			{"no-http", get("/", core.Target{Binding: "PLAIN", Instance: "x"}), 404, "PLAIN answers no plain HTTP\n"},
			{"denied", get("/", x, "X-Deny"), 429, "later\n"},
		}
		for _, tt := range tests {
			if tt.got.Code != tt.status || tt.got.Body.String() != tt.body {
				t.Errorf("%s: %d %q, want %d %q", tt.name, tt.got.Code, tt.got.Body.String(), tt.status, tt.body)
			}
		}
		if tests[len(tests)-1].got.Header().Get("Retry-After") == "" {
			t.Errorf("a 429 without Retry-After")
		}
		if got := connect(t, srv, objX).result("hits()"); got != "6" {
			t.Errorf("hits() = %s", got)
		}
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w := get("/", x); w.Code != 503 {
			t.Errorf("after Shutdown: %d", w.Code)
		}
	})
}

func (b bracketCodec) Parse(data []byte, o clone.ParseOptions) (*clone.Document, error) {
	rest, ok := bytes.CutPrefix(data, []byte("["))
	if !ok {
		return nil, &core.Error{Code: core.CodeMalformed, Message: "no bracket"}
	}
	return b.plainCodec.Parse(rest, o)
}

func (b bracketCodec) Encode(dst []byte, v any, o clone.EncodeOptions) ([]byte, error) {
	return b.plainCodec.Encode(append(dst, '['), v, o)
}
