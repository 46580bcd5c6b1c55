package core_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
)

// thrower fails in every way there is.
type thrower struct{ st *core.State }

type namedError struct{ name string }

func (e *namedError) Error() string { return "named" }
func (e *namedError) Name() string {
	if e.name == "panic" {
		panic("in Name")
	}
	return e.name
}

type badError struct{}

func (badError) Error() string { panic("in Error") }

func valueError() *value.Error {
	stack := "Error: rich\n    at x.js:1:1"
	inner := &value.Error{Name: "TypeError", Message: "inner"}
	inner.Props.Set("millraceCode", "forbidden")
	e := &value.Error{Name: "ValidationError", Message: "rich", Stack: &stack}
	e.Props.Set("code", "E1")
	e.Props.Set("millraceCode", "timeout")
	e.Props.Set("cause", inner)
	return e
}

func (th *thrower) Throw(kind string) error {
	switch kind {
	case "plain":
		return errors.New("plain")
	case "wrapped":
		return fmt.Errorf("outer: %w", io.EOF)
	case "joined":
		return errors.Join(errors.New("a"), errors.New("b"))
	case "named":
		return &namedError{"QuotaError"}
	case "unnamed":
		return &namedError{""}
	case "name-panics":
		return &namedError{"panic"}
	case "error-panics":
		return badError{}
	case "value":
		return valueError()
	case "wrapped-value":
		return fmt.Errorf("outer: %w", valueError())
	case "core":
		return &core.Error{Code: core.CodeForbidden, Message: "echoed"}
	case "string":
		return core.Throw("bare")
	case "object":
		return core.Throw(map[string]any{"a": 1})
	case "throw-error":
		return core.Throw(io.EOF)
	case "throw-value-error":
		return core.Throw(valueError())
	case "null":
		return core.Throw(nil)
	case "deep":
		err := io.EOF
		for range 100 {
			err = fmt.Errorf("%w", err)
		}
		return err
	case "cycle":
		e := valueError()
		e.Props.Set("cause", e)
		return e
	case "goexit":
		runtime.Goexit()
	case "panic-error":
		panic(errors.New("secret"))
	}
	return nil
}

func (th *thrower) Fetch(ctx context.Context, kind string) (string, error) {
	n, err := th.st.Env().Binding("OBJ")
	if err != nil {
		return "", err
	}
	_, err = n.GetByName("other").Call(ctx, "throw", kind)
	if thrown, ok := errors.AsType[*core.Thrown](err); ok {
		return fmt.Sprintf("thrown %v", thrown.Value), nil
	}
	if e, ok := errors.AsType[*value.Error](err); ok {
		code, _ := e.Props.Get("millraceCode")
		return fmt.Sprintf("%s %s %v", e.Name, e.Message, code), nil
	}
	return fmt.Sprintf("%s %v", core.CodeOf(err), err), nil
}

func throwers(t testing.TB, opts ...core.ServerOption) *peer {
	srv := newServer(t, func(st *core.State) (any, error) { return &thrower{st}, nil }, opts...)
	return connect(t, srv, objX)
}

func TestServer_Errors(t *testing.T) {
	t.Parallel()
	p := throwers(t)
	rich := `{"$type":"error","name":"ValidationError","message":"rich","stack":"Error: rich\n    at x.js:1:1","code":"E1","cause":{"$type":"error","name":"TypeError","message":"inner"}}`
	tests := []struct{ kind, want string }{
		{"plain", `{"$type":"error","name":"Error","message":"plain"}`},
		{"wrapped", `{"$type":"error","name":"Error","message":"outer: EOF","cause":{"$type":"error","name":"Error","message":"EOF"}}`},
		{"joined", `{"$type":"error","name":"AggregateError","message":"a\nb","errors":[{"$type":"error","name":"Error","message":"a"},{"$type":"error","name":"Error","message":"b"}]}`},
		{"named", `{"$type":"error","name":"QuotaError","message":"named"}`},
		{"unnamed", `{"$type":"error","name":"Error","message":"named"}`},
		{"name-panics", `{"$type":"error","name":"Error","message":"named"}`},
		{"error-panics", `{"$type":"error","name":"Error","message":"an error whose Error method failed"}`},
		{"value", rich},
		{"throw-value-error", rich},
		{"core", `{"$type":"error","name":"Error","message":"echoed"}`},
		{"string", `"bare"`},
		{"object", `{"a":1}`},
		{"throw-error", `{"$type":"error","name":"Error","message":"EOF"}`},
		{"null", `null`},
		{"goexit", `{"$type":"error","name":"Error","message":"core: throw ended its goroutine","millraceCode":"internal"}`},
		{"panic-error", `{"$type":"error","name":"Error","message":"core: throw failed: internal error","millraceCode":"internal"}`},
	}
	for _, tt := range tests {
		if got := string(parseAnswer(t, p.ask(fmt.Sprintf("throw(%q)", tt.kind)))[0].Error); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.kind, got, tt.want)
		}
	}
	if got := p.ask(`throw("deep")`); strings.Count(got, "cause") != 16 {
		t.Errorf("%d causes: %s", strings.Count(got, "cause"), got)
	}
	if got := p.ask(`throw("cycle")`); strings.Contains(got, "millraceCode") || !strings.Contains(got, `"cause":{"$ref":0}`) {
		t.Errorf("a cyclic error: %s", got)
	}
	// The same through a batch of several, where errors are written at the end.
	a := parseAnswer(t, p.askItems(itemOf("a", `throw("value")`), itemOf("b", `throw("goexit")`), itemOf("c", `throw("plain")`)))
	if string(a[0].Error) != rich || a[1].problem(t).MillraceCode != "internal" || a[2].problem(t).MillraceCode != "internal" {
		t.Errorf("a batch with an ended goroutine: %+v", a)
	}
	if s := p.srv.Stats(); s.Running != 0 || s.Panics != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestHandle_Call_errors(t *testing.T) {
	t.Parallel()
	p := throwers(t)
	tests := []struct{ kind, want string }{
		{"plain", "Error plain <nil>"},
		{"value", "ValidationError rich <nil>"},
		{"core", "Error echoed <nil>"},
		{"string", "thrown bare"},
		{"panic-error", "internal core: throw failed: internal error"},
		{"goexit", "internal core: throw ended its goroutine"},
		{"none", " <nil>"},
	}
	for _, tt := range tests {
		if got := decode[string](t, p.result(fmt.Sprintf("fetch(%q)", tt.kind))); got != tt.want {
			t.Errorf("fetch(%s) = %q, want %q", tt.kind, got, tt.want)
		}
	}
}

func TestExposeStacks(t *testing.T) {
	t.Parallel()
	p := throwers(t, core.ExposeStacks())
	got := p.ask(`throw("panic-error")`)
	if !strings.Contains(got, "core: throw failed: panic: secret") || !strings.Contains(got, `"stack":"goroutine `) || !strings.Contains(got, `"millraceCode":"internal"`) {
		t.Errorf("a panic with stacks: %s", got)
	}
}

// The log has what the client is not told, and nothing of what clients send.
func TestWithLogger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var text strings.Builder
		logger := slog.New(slog.NewTextHandler(lockedWriter{&mu, &text}, &slog.HandlerOptions{Level: slog.LevelDebug}))
		p := throwers(t, core.WithLogger(logger), core.WithAuthorizer(func(_ context.Context, hs core.Handshake) (core.Identity, error) {
			if len(hs.Protocols) == 0 {
				return core.Identity{}, errors.New("database is down")
			}
			return core.Identity{}, nil
		}), core.WithAuthorizer(func(_ context.Context, hs core.Handshake) (core.Identity, error) {
			if len(hs.Protocols) > 0 {
				return core.Identity{}, errors.New("database is down")
			}
			return core.Identity{}, nil
		}))
		p.fails(`throw("panic-error")`)
		p.write("PING token-in-message")
		hs := objX
		hs.Protocols = []string{"token.abc"}
		tryConnect(t, p.srv, hs)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		for _, want := range []string{"panic in user code", "panic=secret", "object=OBJ/x", "database is down", "handshake refused", "message ignored"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("the log lacks %q:\n%s", want, text.String())
			}
		}
		if strings.Contains(text.String(), "token") {
			t.Errorf("the log has a token:\n%s", text.String())
		}
	})
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
