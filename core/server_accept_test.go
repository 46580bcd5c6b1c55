package core_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
)

func to(binding, instance string) core.Handshake {
	return core.Handshake{Target: core.Target{Binding: binding, Instance: instance}}
}

func TestServer_Accept_bindings(t *testing.T) {
	t.Parallel()
	srv := newServer(t, nil)
	for _, name := range []string{"MY_DO", "ChatRoom", "userID", "plain", "a-b", "HTTPCache", "TWIN_A", "TwinA"} {
		if err := srv.Register(name, func(*core.State) (any, error) { return newTally(), nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, asked := range []string{"MY_DO", "my-do", "ChatRoom", "chat-room", "user-id", "plain", "a-b", "http-cache", "TWIN_A", "TwinA"} {
		if _, reject := srv.Accept(t.Context(), to(asked, "x")); reject != nil {
			t.Errorf("%q is refused: %s", asked, reject.Text)
		}
	}
	refused := []struct{ asked, want string }{
		{"twin-a", "could be any of TWIN_A, TwinA"}, {"mydo", "did you mean MY_DO?"}, {"m-ydo", "no binding is named"},
		{"my-d", "no binding is named"}, {"my-doo", "no binding is named"}, {"My-Do", "no binding is named"},
		{"PLAIN", "did you mean plain?"}, {"", "(there are: ChatRoom, HTTPCache, MY_DO, "}, {strings.Repeat("x", 1000), `xxx..."`},
	}
	for _, tt := range refused {
		_, reject := srv.Accept(t.Context(), to(tt.asked, "x"))
		if reject == nil || reject.Status != http.StatusNotFound || !strings.Contains(reject.Text, tt.want) {
			t.Errorf("%q: %+v, want 404 and %q", tt.asked, reject, tt.want)
		}
	}
	if _, reject := newServer(t, nil).Accept(t.Context(), to("X", "x")); reject == nil || !strings.Contains(reject.Text, "none is registered") {
		t.Errorf("a server without bindings: %+v", reject)
	}
}

func TestServer_Accept_refusals(t *testing.T) {
	t.Parallel()
	deny := func(err error) []core.ServerOption {
		return []core.ServerOption{core.WithAuthorizer(func(context.Context, core.Handshake) (core.Identity, error) { return core.Identity{}, err })}
	}
	permit := func(id core.Identity) []core.ServerOption {
		return []core.ServerOption{core.WithAuthorizer(func(context.Context, core.Handshake) (core.Identity, error) { return id, nil })}
	}
	claim := func(id string) core.Handshake { hs := objX; hs.ClientID = id; return hs }
	withCodec := func(name string) core.Handshake { hs := objX; hs.Codec = name; return hs }
	tests := []struct {
		name   string
		opts   []core.ServerOption
		hs     core.Handshake
		status int // 0: accepted
		text   string
		code   core.CloseCode
	}{
		{"plain", nil, objX, 0, "", 0},
		{"anonymous-id", []core.ServerOption{core.AllowAnonymousClientID()}, claim("u"), 0, "", 0},
		{"id-without-authorizer", nil, claim("u"), 403, "accepts no client ids", core.CloseForbidden},
		{"instance", nil, to("OBJ", ""), 400, "an instance name is", core.ClosePolicy},
		{"instance-control", nil, to("OBJ", "a\nb"), 400, "an instance name is", core.ClosePolicy},
		{"instance-long", nil, to("OBJ", strings.Repeat("x", 513)), 400, "an instance name is", core.ClosePolicy},
		{"codec", nil, withCodec("lmz"), 0, "", 0},
		{"codec-unknown", nil, withCodec("nosuch"), 400, `no codec is named "nosuch" (there are: lmz)`, core.CloseUnsupportedData},
		{"id-long", nil, claim(strings.Repeat("x", 129)), 400, "a client id is", core.ClosePolicy},
		{"id-control", nil, claim("a\x00"), 400, "a client id is", core.ClosePolicy},
		{"id-utf8", nil, claim("a\xff"), 400, "a client id is", core.ClosePolicy},
		{"unauthenticated", deny(&core.Error{Code: core.CodeUnauthenticated, Message: "token is stale"}), objX, 401, "token is stale", core.CloseAuthExpired},
		{"forbidden", deny(&core.Error{Code: core.CodeForbidden, Message: "not you"}), objX, 403, "not you", core.CloseForbidden},
		{"rate", deny(&core.Error{Code: core.CodeRateLimited, Message: "slow down"}), objX, 429, "slow down", core.CloseRateLimited},
		{"other-error", deny(errors.New("database secret")), objX, 401, "not authorized", core.CloseAuthExpired},
		{"own-id", permit(core.Identity{Subject: "u"}), claim("u"), 0, "", 0},
		{"no-id", permit(core.Identity{Subject: "u"}), objX, 0, "", 0},
		{"other-id", permit(core.Identity{Subject: "u"}), claim("v"), 403, "may not claim", core.CloseForbidden},
		{"claimed-id", permit(core.Identity{Subject: "u", MayClaim: func(id string) bool { return id == "v" }}), claim("v"), 0, "", 0},
		{"claim-panic", permit(core.Identity{MayClaim: func(string) bool { panic("secret") }}), claim("v"), 500, "the authorizer failed", core.CloseInternal},
		{"expired", permit(core.Identity{Subject: "u", Expires: time.Now().Add(-time.Second)}), objX, 401, "has expired", core.CloseAuthExpired},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv, err := core.NewServer(testCodec(), tt.opts...)
			if err != nil {
				t.Fatal(err)
			}
			if err := srv.Register("OBJ", func(*core.State) (any, error) { return newTally(), nil }); err != nil {
				t.Fatal(err)
			}
			_, reject := srv.Accept(t.Context(), tt.hs)
			if tt.status == 0 {
				if reject != nil {
					t.Fatalf("refused: %+v", reject)
				}
				return
			}
			if reject == nil || reject.Status != tt.status || reject.Code != tt.code || !strings.Contains(reject.Text, tt.text) || strings.Contains(reject.Text, "secret") {
				t.Fatalf("Accept = %+v, want %d %q %d", reject, tt.status, tt.text, tt.code)
			}
			if srv.Stats().Refused != 1 {
				t.Errorf("Refused = %d", srv.Stats().Refused)
			}
		})
	}
}

func TestServer_Accept_settings(t *testing.T) {
	t.Parallel()
	srv := newServer(t, nil, core.WithCodecs(plainCodec{"other"}))
	err := srv.Register("ROOM", func(*core.State) (any, error) { return newTally(), nil }, core.AutoRespond("ping", "pong"), core.AnswerSubprotocols("chat.v1", "chat.v2"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, codec string
		protocols   []string
		want        string
	}{
		{"none", "", nil, ""},
		{"rpc", "", []string{"token.abc", "lumenize.rpc"}, "lumenize.rpc"},
		{"codec", "other", []string{"lumenize.rpc"}, "millrace.codec.other"},
		{"own", "", []string{"x", "chat.v2"}, "chat.v2"},
		{"unknown", "", []string{"x"}, ""},
	}
	for _, tt := range tests {
		hs := to("room", "1")
		hs.Codec, hs.Protocols = tt.codec, tt.protocols
		hs.Target.Binding = "ROOM"
		st, reject := srv.Accept(t.Context(), hs)
		if reject != nil || st.Subprotocol != tt.want {
			t.Errorf("%s: answer %q (%v), want %q", tt.name, st.Subprotocol, reject, tt.want)
		}
		if st.AutoResponse == nil || *st.AutoResponse != (core.AutoResponse{Request: "ping", Response: "pong"}) || st.Limits.BatchItems != 1000 {
			t.Errorf("%s: settings %+v", tt.name, st)
		}
	}
}

func TestServer_ConnectionsPerID(t *testing.T) {
	t.Parallel()
	srv := newServer(t, func(*core.State) (any, error) { return newTally(), nil }, core.WithLimits(core.Limits{ConnectionsPerID: 2}))
	hs := objX
	hs.ClientID = "u"
	accepted, _ := srv.Accept(t.Context(), hs)
	first := connect(t, srv, hs)
	connect(t, srv, hs)
	if _, reject := tryConnect(t, srv, hs); reject == nil || reject.Status != http.StatusTooManyRequests || reject.Code != core.CloseRateLimited || reject.Header.Get("Retry-After") == "" {
		t.Errorf("the third connection: %+v", reject)
	}
	connect(t, srv, objX)
	// One that was accepted before the others opened is closed when it opens.
	late := &peer{t: t, srv: srv, hs: hs, st: accepted, changed: make(chan struct{})}
	srv.Opened(late)
	if late.closedWith() != core.CloseRateLimited {
		t.Errorf("a connection over the limit was closed with %d", late.closedWith())
	}
	late.close()
	first.close()
	if _, reject := tryConnect(t, srv, hs); reject != nil {
		t.Errorf("after one is gone: %+v", reject)
	}
}

func TestServer_IdentityExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := newServer(t, func(*core.State) (any, error) { return newTally(), nil },
			core.WithAuthorizer(func(context.Context, core.Handshake) (core.Identity, error) {
				return core.Identity{Subject: "u", Expires: time.Now().Add(time.Minute)}, nil
			}))
		p, q := connect(t, srv, objX), connect(t, srv, objX)
		time.Sleep(time.Minute - time.Nanosecond)
		synctest.Wait()
		if p.closedWith() != 0 {
			t.Fatalf("closed early with %d", p.closedWith())
		}
		q.close()
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if p.closedWith() != core.CloseAuthExpired || q.closedWith() != 0 {
			t.Errorf("closed with %d and %d, want 4401 and nothing", p.closedWith(), q.closedWith())
		}
	})
}

func TestNewServer_config(t *testing.T) {
	t.Parallel()
	ok := func(*core.State) (any, error) { return newTally(), nil }
	tests := []struct {
		name string
		make func() error
		want string
	}{
		{"nil-codec", func() error { _, err := core.NewServer(nil); return err }, "a codec is nil"},
		{"two-codecs", func() error { _, err := core.NewServer(testCodec(), core.WithCodecs(testCodec())); return err }, `two codecs are named "lmz"`},
		{"nil-authorizer", func() error { _, err := core.NewServer(testCodec(), core.WithAuthorizer(nil)); return err }, "the authorizer is nil"},
		{"nil-factory", func() error { return newServer(t, nil).Register("X", nil) }, "X has no factory"},
		{"name", func() error { return newServer(t, nil).Register("a/b", ok) }, `"a/b" is no name`},
		{"empty-name", func() error { return newServer(t, nil).Register("", ok) }, `"" is no name`},
		{"twice", func() error { return newServer(t, ok).Register("OBJ", ok) }, "OBJ is registered already"},
		{"evict", func() error { return newServer(t, nil).Register("X", ok, core.EvictIdle(0)) }, "must be positive"},
		{"auto", func() error { return newServer(t, nil).Register("X", ok, core.AutoRespond("", "x")) }, "the request is empty"},
		{"allow", func() error { return newServer(t, nil).Register("X", ok, core.AllowMethods("HandleMessage")) }, "never by clients"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := tt.make(); core.CodeOf(err) != core.CodeConfig || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
