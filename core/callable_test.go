package core_test

import (
	"context"
	"strings"
	"testing"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
)

// remoteMarker is a marker as servers write it: the call that produced the result, then the way into it.
const remoteMarker = `{"__isRemoteFunction":true,"__operationChain":[{"type":"get","key":"list"},{"type":"apply","args":[{"$type":"map","entries":[["k",{"$type":"date","iso":"2025-01-02T03:04:05.678Z"}]]}]},{"type":"get","key":2}],"__functionName":"greet"}`

const remoteChain = `{"type":"get","key":"list"},{"type":"apply","args":[{"$type":"map","entries":[["k",{"$type":"date","iso":"2025-01-02T03:04:05.678Z"}]]}]},{"type":"get","key":2}`

func TestCallable(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	result := `{"value":42,"greet":` + remoteMarker + `}`
	f.serve = func(frame string) []string { return alwaysAnswer(result)(frame) }
	c := fakeClient(t, f)
	ctx := t.Context()
	v, err := c.Call("list").Await(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := v.(*value.Object).Get("greet")
	greet, ok := got.(*core.Callable)
	if !ok || greet.Name() != "greet" {
		t.Fatalf("greet = %#v, want a *core.Callable of that name", got)
	}
	result = `"hello"`
	if v, err := greet.Call(ctx, "Ann"); v != "hello" || err != nil {
		t.Errorf("greet(Ann) = %v, %v, want hello", v, err)
	}
	if v, err := greet.Call(ctx); v != "hello" || err != nil {
		t.Errorf("greet() = %v, %v, want hello", v, err)
	}
	// As an argument it is the function itself.
	if _, err := c.Call("use", greet, greet).Await(ctx); err != nil {
		t.Fatal(err)
	}
	sent := f.sent()
	for i, want := range []string{
		`"operations":[` + remoteChain + `,{"type":"apply","args":["Ann"]}]`,
		`"operations":[` + remoteChain + `,{"type":"apply","args":[]}]`,
		`"args":[{"__isNestedOperation":true,"__refId":"proxy-0","__operationChain":[` + remoteChain + `]},{"__isNestedOperation":true,"__refId":"proxy-0"}]`,
	} {
		if !strings.Contains(sent[i+1], want) {
			t.Errorf("sent %s\nwant %s", sent[i+1], want)
		}
	}
}

func TestCallable_destinations(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	result := `{"greet":` + remoteMarker + `}`
	f.serve = func(frame string) []string { return alwaysAnswer(result)(frame) }
	c := fakeClient(t, f)
	ctx := t.Context()

	type typed struct {
		Greet func(ctx context.Context, name string) (string, error) `json:"greet"`
	}
	object, err := core.Call[typed](ctx, c, "f")
	if err != nil {
		t.Fatal(err)
	}
	pointer, err := core.Call[struct {
		Greet *core.Callable `json:"greet"`
	}](ctx, c, "f")
	if err != nil || pointer.Greet.Name() != "greet" {
		t.Errorf("a *core.Callable as destination: %v, %v", pointer.Greet, err)
	}
	if _, err := core.Call[struct {
		Greet func(string) string `json:"greet"`
	}](ctx, c, "f"); core.CodeOf(err) != core.CodeMismatch || !strings.Contains(err.Error(), "context.Context first") {
		t.Errorf("a function that cannot fail as destination = %v, want %s", err, core.CodeMismatch)
	}
	result = `"hello"`
	if got, err := object.Greet(ctx, "Ann"); got != "hello" || err != nil {
		t.Errorf("Greet(Ann) = %q, %v, want hello", got, err)
	}
	result = remoteMarker
	if got, err := core.Call[*core.Callable](ctx, c, "f"); err != nil || got.Name() != "greet" {
		t.Errorf("Call[*Callable] = %v, %v", got, err)
	}
}

// What only looks like a marker stays data: payloads may contain anything.
func TestCallable_notAMarker(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, marker string }{
		{"not true", `{"__isRemoteFunction":false,"__operationChain":[]}`},
		{"no chain", `{"__isRemoteFunction":true}`},
		{"chain is no array", `{"__isRemoteFunction":true,"__operationChain":{}}`},
		{"chain too long", `{"__isRemoteFunction":true,"__operationChain":[` + strings.Repeat(`{"type":"get","key":"a"},`, 50) + `{"type":"get","key":"a"}]}`},
		{"unknown operation", `{"__isRemoteFunction":true,"__operationChain":[{"type":"set","key":"a"}]}`},
		{"key of the wrong type", `{"__isRemoteFunction":true,"__operationChain":[{"type":"get","key":true}]}`},
		{"no key", `{"__isRemoteFunction":true,"__operationChain":[{"type":"get"}]}`},
		{"no arguments", `{"__isRemoteFunction":true,"__operationChain":[{"type":"apply"}]}`},
		{"another marker", `{"__isNestedOperation":true,"__operationChain":[]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(pushing)
			f.serve = alwaysAnswer(tt.marker)
			c := fakeClient(t, f)
			if got, err := core.Call[any](t.Context(), c, "f"); !isValueObject(got) || err != nil {
				t.Errorf("got %T, %v, want the object", got, err)
			}
		})
	}
	f := newFake(pushing)
	f.serve = alwaysAnswer(`{"__isRemoteFunction":true,"__operationChain":[]}`)
	c := fakeClient(t, f)
	if got, err := core.Call[*core.Callable](t.Context(), c, "f"); err != nil || got.Name() != "anonymous" {
		t.Errorf("a marker without a name = %v, %v, want anonymous", got, err)
	}
}
