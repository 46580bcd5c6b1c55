package core_test

import (
	"context"
	"strings"
	"testing"

	"github.com/millrace/millrace/core"
)

type pingStub struct {
	Ping func(ctx context.Context) (string, error)
}

type roomStub struct {
	pingStub
	PostMessage func(ctx context.Context, text string, likes int) (textNote, error)
	URLFor      func(ctx context.Context, parts ...string) (string, error)
	ID          func(ctx context.Context) error
	Renamed     func(ctx context.Context) error `millrace:"other-name"`
	Skipped     chan int                        `millrace:"-"`
	Settings    struct {
		Theme func(ctx context.Context) (any, error)
	}
	hidden chan int
}

func TestBind(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = alwaysAnswer(`{"text":"hi"}`)
	c := fakeClient(t, f)
	ctx := t.Context()
	var room roomStub
	if err := core.Bind(c, &room); err != nil {
		t.Fatal(err)
	}
	if got, err := room.PostMessage(ctx, "hello", 2); got.Text != "hi" || err != nil {
		t.Errorf("PostMessage() = %v, %v, want hi", got, err)
	}
	if got, err := room.URLFor(ctx, "a", "b"); got != "" || core.CodeOf(err) != core.CodeMismatch {
		t.Errorf("URLFor() = %q, %v, want %s", got, err, core.CodeMismatch)
	}
	if _, err := room.URLFor(ctx); core.CodeOf(err) != core.CodeMismatch {
		t.Errorf("URLFor() = %v, want %s", err, core.CodeMismatch)
	}
	if err := room.ID(ctx); err != nil {
		t.Errorf("ID() = %v", err)
	}
	if err := room.Renamed(ctx); err != nil {
		t.Errorf("Renamed() = %v", err)
	}
	if _, err := room.Ping(ctx); core.CodeOf(err) != core.CodeMismatch {
		t.Errorf("Ping() = %v, want %s", err, core.CodeMismatch)
	}
	if got, err := room.Settings.Theme(ctx); !isValueObject(got) || err != nil {
		t.Errorf("Theme() = %v, %v, want an object", got, err)
	}
	calls := []string{
		`{"type":"get","key":"postMessage"},{"type":"apply","args":["hello",2]}`,
		`{"type":"get","key":"urlFor"},{"type":"apply","args":["a","b"]}`,
		`{"type":"get","key":"urlFor"},{"type":"apply","args":[]}`,
		`{"type":"get","key":"id"},{"type":"apply","args":[]}`,
		`{"type":"get","key":"other-name"},{"type":"apply","args":[]}`,
		`{"type":"get","key":"ping"},{"type":"apply","args":[]}`,
		`{"type":"get","key":"settings"},{"type":"get","key":"theme"},{"type":"apply","args":[]}`,
	}
	sent := f.sent()
	if len(sent) != len(calls) {
		t.Fatalf("sent %d frames, want %d", len(sent), len(calls))
	}
	for i, want := range calls {
		if !strings.Contains(sent[i], `"operations":[`+want+`]`) {
			t.Errorf("call %d sent %s, want %s", i, sent[i], want)
		}
	}
	var none context.Context
	if err := room.ID(none); core.CodeOf(err) != core.CodeConfig {
		t.Errorf("ID(nil) = %v, want %s", err, core.CodeConfig)
	}
	if room.hidden != nil || room.Skipped != nil {
		t.Error("Bind touched fields that are none of its business")
	}
}

func TestBind_toARef(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = alwaysAnswer(`"pong"`)
	c := fakeClient(t, f)
	var other pingStub
	if err := core.Bind(c.Get("env").Get("ROOM").Call("getByName", "x"), &other); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := other.Ping(t.Context()); got != "pong" || err != nil {
			t.Errorf("Ping() = %q, %v, want pong", got, err)
		}
	}
	if got := f.sent(); len(got) != 2 || !strings.Contains(got[1], `{"type":"get","key":"getByName"},{"type":"apply","args":["x"]},{"type":"get","key":"ping"}`) {
		t.Errorf("sent %q, want the whole chain each time", got)
	}
}

func TestBind_refuses(t *testing.T) {
	t.Parallel()
	c := fakeClient(t, newFake(pushing))
	good := func(context.Context) error { return nil }
	tests := []struct {
		name   string
		caller core.Caller
		stub   any
		want   string
	}{
		{"no caller", nil, &pingStub{}, "needs a caller"},
		{"no pointer", c, pingStub{}, "pointer to a struct, got a core_test.pingStub"},
		{"nil pointer", c, (*pingStub)(nil), "pointer to a struct"},
		{"pointer to something else", c, new(int), "got a *int"},
		{"nil", c, nil, "got a <nil>"},
		{"nothing to bind", c, &struct{ hidden int }{}, "no exported function fields"},
		{"no context", c, &struct{ F func(string) error }{}, "field struct { F func(string) error }.F: func(string) error does not take a context.Context first"},
		{"no parameters", c, &struct{ F func() error }{}, "context.Context first"},
		{"no error", c, &struct {
			F func(context.Context) string
		}{}, "does not return (R, error) or error"},
		{"no results", c, &struct{ F func(context.Context) }{}, "does not return"},
		{"three results", c, &struct {
			F func(context.Context) (int, int, error)
		}{}, "does not return"},
		{"data", c, &struct {
			F func(context.Context) error
			N int
		}{F: good}, ".N is a int"},
		{"data in a namespace", c, &struct {
			Inner struct{ N []int }
		}{}, ".Inner.N is a []int"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := core.Bind(tt.caller, tt.stub)
			if core.CodeOf(err) != core.CodeConfig || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Bind() = %v, want %s with %q", err, core.CodeConfig, tt.want)
			}
		})
	}
}
