package core_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
)

func TestRef_isSentOnceAndLazily(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = alwaysAnswer(`{"n":1}`)
	c := fakeClient(t, f)
	ref := c.Get("a").Call("b")
	_ = ref.Get("more") // a longer chain leaves the shorter one alone
	if got := f.sent(); len(got) != 0 {
		t.Fatalf("sent %q before anybody waited", got)
	}
	var wg sync.WaitGroup
	var first any
	var once sync.Once
	for range 20 {
		wg.Go(func() {
			v, err := ref.Await(t.Context())
			if err != nil {
				t.Errorf("Await() = %v", err)
			}
			once.Do(func() { first = v })
			if v != first {
				t.Errorf("Await() = %p, want the same object as before, %p", v, first)
			}
		})
	}
	wg.Wait()
	if got := f.sent(); len(got) != 1 {
		t.Errorf("sent %d frames, want 1: %q", len(got), got)
	}
	// Two Refs made alike are two calls.
	if _, err := c.Get("a").Call("b").Await(t.Context()); err != nil || len(f.sent()) != 2 {
		t.Errorf("an equal Ref: %v, %d frames, want a second one", err, len(f.sent()))
	}
}

func TestRef_outcomeOfAFailure(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = func(frame string) []string { return []string{answerFrame(failedItem(sentIDs(frame)[0], `"no"`))} }
	c := fakeClient(t, f)
	ref := c.Call("f")
	for range 2 {
		if _, err := ref.Await(t.Context()); err == nil || err.Error() != "no" {
			t.Errorf("Await() = %v, want no", err)
		}
		if _, err := core.Await[int](t.Context(), ref); err == nil || err.Error() != "no" {
			t.Errorf("Await[int]() = %v, want no", err)
		}
	}
	if got := f.sent(); len(got) != 1 {
		t.Errorf("sent %d frames, want 1", len(got))
	}
}

func TestRef_argumentsAreTakenWhenGiven(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = alwaysAnswer("null")
	c := fakeClient(t, f)
	args := []any{1, 2}
	a, b := c.Call("a", args...), c.Call("b", args...)
	args[0] = 9
	if err := c.Batch(t.Context(), a, b); err != nil {
		t.Fatal(err)
	}
	if got := f.sent()[0]; strings.Count(got, `"args":[1,2]`) != 2 || strings.Contains(got, "$ref") {
		t.Errorf("sent %s, want both lists as they were, unshared", got)
	}
}

func TestRef_String(t *testing.T) {
	t.Parallel()
	c := fakeClient(t, newFake(pushing))
	ref := c.Get("env").Get("ROOM").Call("getByName", "secret").Index(2).Get("x")
	if got := ref.String(); got != "env.ROOM.getByName(...)[2].x" {
		t.Errorf("String() = %q", got)
	}
	if got := c.Object().String(); got != "" {
		t.Errorf("String() of the object = %q", got)
	}
}

const (
	nestedX  = `{"__isNestedOperation":true,"__refId":"proxy-0","__operationChain":[{"type":"get","key":"x"},{"type":"apply","args":[]}]}`
	aliasedX = `{"__isNestedOperation":true,"__refId":"proxy-0"}`
)

func TestRef_asArgument(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = alwaysAnswer("1")
	c := fakeClient(t, f)
	x := func() *core.Ref { return c.Call("x") }
	type options struct {
		Who  *core.Ref `json:"who"`
		Note string    `json:"note"`
	}
	tests := []struct {
		name string
		args func() []any
		want string // of the argument list
	}{
		{"in structs", func() []any { return []any{options{x(), "n"}} }, `[{"who":` + nestedX + `,"note":"n"}]`},
		{"in maps and slices", func() []any { return []any{map[string]any{"a": []*core.Ref{x()}}} }, `[{"a":[` + nestedX + `]}]`},
		{"in a map of the value model", func() []any {
			m := new(value.Map)
			m.Set("k", x())
			return []any{m}
		}, `[{"$type":"map","entries":[["k",` + nestedX + `]]}]`},
		{"twice", func() []any { r := x(); return []any{r, r} }, `[` + nestedX + `,` + aliasedX + `]`},
		{"the object itself", func() []any { return []any{c.Object()} }, `[{"__isNestedOperation":true,"__refId":"proxy-0","__operationChain":[]}]`},
		{"nil", func() []any { return []any{(*core.Ref)(nil)} }, `[null]`},
		// The outer marker gets its number first, the inner chain comes first in execution and in the document.
		{"at two levels", func() []any { r := x(); return []any{c.Call("echo", r), r} },
			`[{"__isNestedOperation":true,"__refId":"proxy-0","__operationChain":[{"type":"get","key":"echo"},{"type":"apply","args":[` +
				strings.ReplaceAll(nestedX, "proxy-0", "proxy-1") + `]}]},` + strings.ReplaceAll(aliasedX, "proxy-0", "proxy-1") + `]`},
		{"at two levels, the alias deeper", func() []any { r := x(); return []any{r, c.Call("echo", r)} },
			`[` + nestedX + `,{"__isNestedOperation":true,"__refId":"proxy-1","__operationChain":[{"type":"get","key":"echo"},{"type":"apply","args":[` + aliasedX + `]}]}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := c.Call("f", tt.args()...).Await(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := f.sent()
			if last := got[len(got)-1]; !strings.Contains(last, `{"type":"get","key":"f"},{"type":"apply","args":`+tt.want+`}]`) {
				t.Errorf("sent %s\nwant args %s", last, tt.want)
			}
		})
	}
}

func TestRef_refusedAsArgument(t *testing.T) {
	t.Parallel()
	f, other := newFake(pushing), newFake(pushing)
	f.serve = alwaysAnswer("1")
	c := fakeClient(t, f, core.WithLimits(core.Limits{
		ChainLength: 6, CallArguments: 3, NestedChains: 4, NestingDepth: 2, Operations: 9, BatchItems: 2,
	}))
	stranger := fakeClient(t, other)
	own := map[string]any{}
	self := c.Call("f", own)
	own["self"] = self
	x := func() *core.Ref { return c.Call("x") }
	deep := c.Call("a", c.Call("b", c.Call("c", c.Get("d"))))
	tests := []struct {
		name string
		ref  *core.Ref
		code core.Code
		want string
	}{
		{"of another client", c.Call("f", stranger.Call("x")), core.CodeConfig, "of another client"},
		{"its own argument", self, core.CodeConfig, "would run twice"},
		{"chain", c.Get("1").Get("2").Get("3").Get("4").Get("5").Get("6").Get("7"), core.CodeLimit, "Operation chain too deep: 7 > 6"},
		{"arguments", c.Call("f", 1, 2, 3, 4), core.CodeLimit, "Too many arguments: 4 > 3"},
		{"chain within", c.Call("f", c.Get("1").Get("2").Get("3").Get("4").Get("5").Get("6").Get("7")), core.CodeLimit, "Operation chain too deep: 7 > 6"},
		{"arguments within", c.Call("f", c.Call("f", 1, 2, 3, 4)), core.CodeLimit, "Too many arguments: 4 > 3"},
		{"nested chains", c.Call("f", []any{c.Get("1"), c.Get("2"), c.Get("3"), c.Get("4"), c.Get("5")}), core.CodeLimit, "5 > 4 (setting: NestedChains)"},
		{"operations", c.Call("f", []any{x(), x(), x(), x()}), core.CodeLimit, "10 > 9 (setting: Operations)"},
		{"depth", deep, core.CodeLimit, "3 > 2 (setting: NestingDepth)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.ref.Await(t.Context())
			if core.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Await() = %v, want %s with %q", err, tt.code, tt.want)
			}
		})
	}
	if got := f.sent(); len(got) != 0 {
		t.Errorf("sent %q, want nothing", got)
	}
	if _, err := c.Call("f", c.Get("1"), c.Get("2")).Await(t.Context()); err != nil {
		t.Errorf("a good call afterwards = %v", err)
	}
}

func TestClient_Batch(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = func(frame string) []string {
		ids := sentIDs(frame)
		if len(ids) != 3 {
			return alwaysAnswer("0")(frame)
		}
		return []string{answerFrame(okItem(ids[2], "30"), failedItem(ids[1], `"broken"`), okItem(ids[0], "10"))}
	}
	c := fakeClient(t, f)
	ctx := t.Context()
	a, b, d := c.Call("a"), c.Call("b"), c.Call("d")
	if err := c.Batch(ctx, a, b, d, a); err != nil {
		t.Fatalf("Batch() = %v, want nil: every item was answered", err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if v, err := core.Await[int](gone, a); v != 10 || err != nil {
		t.Errorf("a = %v, %v, want 10 at once", v, err)
	}
	if _, err := b.Await(gone); err == nil || err.Error() != "broken" {
		t.Errorf("b = %v, want its own error", err)
	}
	if v, err := d.Await(gone); v != 30.0 || err != nil {
		t.Errorf("d = %v, %v, want 30", v, err)
	}
	// Those that were sent are not sent again.
	e := c.Call("e")
	if err := c.Batch(ctx, a, e, b); err != nil {
		t.Fatal(err)
	}
	if err := c.Batch(ctx); err != nil {
		t.Errorf("an empty batch = %v", err)
	}
	got := f.sent()
	if len(got) != 2 || strings.Count(got[0], `"id"`) != 3 || strings.Count(got[1], `"id"`) != 1 {
		t.Errorf("sent %q, want three items, then one", got)
	}
	if i, j := strings.Index(got[0], `"key":"a"`), strings.Index(got[0], `"key":"d"`); i < 0 || j < i {
		t.Errorf("sent %s, want the items in order", got[0])
	}
}

func TestClient_Batch_refuses(t *testing.T) {
	t.Parallel()
	f, other := newFake(pushing), newFake(pushing)
	c := fakeClient(t, f, core.WithLimits(core.Limits{BatchItems: 2}))
	stranger := fakeClient(t, other)
	x := c.Call("x")
	tests := []struct {
		name string
		refs []*core.Ref
		code core.Code
		want string
	}{
		{"nil", []*core.Ref{x, nil}, core.CodeConfig, "ref 1 is nil"},
		{"of another client", []*core.Ref{stranger.Call("x")}, core.CodeConfig, "of another client"},
		{"too many", []*core.Ref{x, x, x}, core.CodeLimit, "3 > 2 (setting: BatchItems)"},
		{"argument of another", []*core.Ref{x, c.Call("f", x)}, core.CodeConfig, "x(...) is an argument"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := c.Batch(t.Context(), tt.refs...); core.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Batch() = %v, want %s with %q", err, tt.code, tt.want)
			}
		})
	}
	if got := f.sent(); len(got) != 0 {
		t.Errorf("sent %q, want nothing", got)
	}
}

func TestClient_Batch_missingAnswers(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = func(frame string) []string { return []string{answerFrame(okItem(sentIDs(frame)[0], "1"))} }
	c := fakeClient(t, f)
	a, b := c.Call("a"), c.Call("b")
	if err := c.Batch(t.Context(), a, b); core.CodeOf(err) != core.CodeOutcomeUnknown {
		t.Errorf("Batch() = %v, want %s: one item was not answered", err, core.CodeOutcomeUnknown)
	}
	if v, err := a.Await(t.Context()); v != 1.0 || err != nil {
		t.Errorf("a = %v, %v, want 1", v, err)
	}
	if _, err := b.Await(t.Context()); core.CodeOf(err) != core.CodeOutcomeUnknown || !strings.Contains(err.Error(), "nothing for this call") {
		t.Errorf("b = %v, want %s", err, core.CodeOutcomeUnknown)
	}
	if s := c.Stats(); s.Pending != 0 {
		t.Errorf("%d calls are pending", s.Pending)
	}
}

func TestClient_Batch_waitsForWhatOthersSent(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	frames := make(chan string, 1)
	f.serve = func(frame string) []string { frames <- frame; return nil }
	c := fakeClient(t, f)
	ref := c.Call("slow")
	done := make(chan error, 2)
	go func() { _, err := ref.Await(t.Context()); done <- err }()
	frame := <-frames
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Batch(ctx, ref); core.CodeOf(err) != core.CodeCanceled {
		t.Errorf("Batch() with a context that is done = %v, want %s", err, core.CodeCanceled)
	}
	if _, err := ref.Await(ctx); core.CodeOf(err) != core.CodeCanceled {
		t.Errorf("Await() with a context that is done = %v, want %s", err, core.CodeCanceled)
	}
	go func() { done <- c.Batch(t.Context(), ref) }()
	f.receive(alwaysAnswer("1")(frame)[0])
	for range 2 {
		if err := <-done; err != nil {
			t.Errorf("got %v, want the answer", err)
		}
	}
}
