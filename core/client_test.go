package core_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

func TestNewClient_refuses(t *testing.T) {
	t.Parallel()
	hear := core.OnDownstream(func(context.Context, any) {})
	tests := []struct {
		name  string
		info  core.TransportInfo
		codec core.Codec
		opts  []core.ClientOption
		code  core.Code
		want  string
	}{
		{"no codec", pushing, nil, nil, core.CodeConfig, "needs a transport and a codec"},
		{"nil option", pushing, lmzcodec.New(), []core.ClientOption{nil}, core.CodeConfig, "nil option"},
		{"nil handler", pushing, lmzcodec.New(), []core.ClientOption{core.OnDownstream[any](nil)}, core.CodeConfig, "needs a handler"},
		{"two handlers", pushing, lmzcodec.New(), []core.ClientOption{hear, hear}, core.CodeConfig, "given twice"},
		{"downstream without push", core.TransportInfo{Name: "post", ClientID: "u"}, lmzcodec.New(), []core.ClientOption{hear}, core.CodeUnsupported, `"post" cannot receive`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(tt.info)
			defer f.reader.Wait()
			defer f.Close(core.CloseNormal, "")
			_, err := core.NewClient(f, tt.codec, tt.opts...)
			if core.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("NewClient() = %v, want %s with %q", err, tt.code, tt.want)
			}
		})
	}
	if _, err := core.NewClient(nil, lmzcodec.New()); core.CodeOf(err) != core.CodeConfig {
		t.Errorf("NewClient(nil) = %v, want %s", err, core.CodeConfig)
	}
}

func TestNewClient_downstreamNeedsClientID(t *testing.T) {
	t.Parallel()
	f := newFake(core.TransportInfo{Push: true})
	defer f.reader.Wait()
	defer f.Close(core.CloseNormal, "")
	_, err := core.NewClient(f, lmzcodec.New(), core.OnDownstream(func(context.Context, any) {}))
	const want = "clientId required in transport config when using onDownstream"
	if core.CodeOf(err) != core.CodeConfig || err.Error() != want {
		t.Errorf("NewClient() = %v, want exactly %q", err, want)
	}
	if len(f.keepAlive) != 0 {
		t.Errorf("keep-alive was set to %v by a client that was not made", f.keepAlive)
	}
}

func TestClient_keepAliveFollowsTheDownstreamHandler(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	c := fakeClient(t, f)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if len(f.keepAlive) != 1 || f.keepAlive[0] {
		t.Errorf("without a handler keep-alive was set to %v, want off at Close alone", f.keepAlive)
	}
	f = newFake(pushing)
	c = fakeClient(t, f, core.OnDownstream(func(context.Context, any) {}))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if len(f.keepAlive) != 2 || !f.keepAlive[0] || f.keepAlive[1] {
		t.Errorf("with a handler keep-alive was set to %v, want on, then off", f.keepAlive)
	}
	if f.codec != "lmz" || len(f.closings) != 1 || f.closings[0] != core.CloseNormal {
		t.Errorf("codec %q, closed with %v, want lmz and 1000 once", f.codec, f.closings)
	}
}

// The frames are those that the JavaScript client writes, ids and time limit aside.
func TestClient_writesTheFramesOfTheWire(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = alwaysAnswer("3")
	c := fakeClient(t, f)
	ctx := t.Context()
	inc := c.Call("inc")
	for _, call := range []func() error{
		func() error { _, err := core.Call[any](ctx, c, "add", 1, 2); return err },
		func() error { _, err := c.Call("add", 1, 2).Await(ctx); return err },
		func() error { _, err := core.Call[any](ctx, c, "now"); return err },
		func() error { _, err := c.Get("count").Await(ctx); return err },
		func() error { _, err := c.Object().Await(ctx); return err },
		func() error { _, err := c.Get("list").Index(2).Call("get").Await(ctx); return err },
		func() error {
			_, err := core.Call[any](ctx, c.Get("env").Get("ROOM").Call("getByName", "x"), "post", "y")
			return err
		},
		func() error { return c.Batch(ctx, c.Call("add", inc, 10), c.Call("add", inc, 20)) },
	} {
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		`{"json":{"type":"__rpc","batch":[{"id":"id-0","operations":[{"type":"get","key":"add"},{"type":"apply","args":[1,2]}]}]},"meta":{}}`,
		`{"json":{"type":"__rpc","batch":[{"id":"id-1","operations":[{"type":"get","key":"add"},{"type":"apply","args":[1,2]}]}]},"meta":{}}`,
		`{"json":{"type":"__rpc","batch":[{"id":"id-2","operations":[{"type":"get","key":"now"},{"type":"apply","args":[]}]}]},"meta":{}}`,
		`{"json":{"type":"__rpc","batch":[{"id":"id-3","operations":[{"type":"get","key":"count"}]}]},"meta":{}}`,
		`{"json":{"type":"__rpc","batch":[{"id":"id-4","operations":[]}]},"meta":{}}`,
		`{"json":{"type":"__rpc","batch":[{"id":"id-5","operations":[{"type":"get","key":"list"},{"type":"get","key":2},{"type":"get","key":"get"},{"type":"apply","args":[]}]}]},"meta":{}}`,
		`{"json":{"type":"__rpc","batch":[{"id":"id-6","operations":[{"type":"get","key":"env"},{"type":"get","key":"ROOM"},{"type":"get","key":"getByName"},{"type":"apply","args":["x"]},{"type":"get","key":"post"},{"type":"apply","args":["y"]}]}]},"meta":{}}`,
		`{"json":{"type":"__rpc","batch":[{"id":"id-7","operations":[{"type":"get","key":"add"},{"type":"apply","args":[{"__isNestedOperation":true,"__refId":"proxy-0","__operationChain":[{"type":"get","key":"inc"},{"type":"apply","args":[]}]},10]}]},` +
			`{"id":"id-8","operations":[{"type":"get","key":"add"},{"type":"apply","args":[{"__isNestedOperation":true,"__refId":"proxy-0"},20]}]}]},"meta":{}}`,
	}
	got := f.sent()
	if len(got) != len(want) {
		t.Fatalf("%d frames were sent, want %d: %q", len(got), len(want), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("frame %d:\n got %s\nwant %s", i, got[i], want[i])
		}
	}
}

func TestClient_idsAreShortAndUnique(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = alwaysAnswer("null")
	c := fakeClient(t, f)
	seen := map[string]bool{}
	for range 100 {
		if err := c.Batch(t.Context(), c.Call("a"), c.Call("b")); err != nil {
			t.Fatal(err)
		}
	}
	for _, frame := range f.frames {
		for _, id := range sentIDs(frame) {
			if seen[id] || len(id) > 64 {
				t.Fatalf("id %q is a repetition or over 64 bytes", id)
			}
			seen[id] = true
		}
	}
	if len(seen) != 200 {
		t.Errorf("%d ids were used, want 200", len(seen))
	}
}

func TestCall_results(t *testing.T) {
	t.Parallel()
	type point struct{ X, Y int }
	f := newFake(pushing)
	var result string
	f.serve = func(frame string) []string { return alwaysAnswer(result)(frame) }
	c := fakeClient(t, f)
	ctx := t.Context()

	result = `3`
	if got, err := core.Call[int](ctx, c, "f"); got != 3 || err != nil {
		t.Errorf("Call[int] = %v, %v, want 3", got, err)
	}
	if got, err := core.Call[any](ctx, c, "f"); got != 3.0 || err != nil {
		t.Errorf("Call[any] = %v, %v, want 3", got, err)
	}
	if got, err := core.Call[string](ctx, c, "f"); core.CodeOf(err) != core.CodeMismatch {
		t.Errorf("Call[string] of a number = %v, %v, want %s", got, err, core.CodeMismatch)
	}
	if _, err := core.Call[struct{}](ctx, c, "f"); err != nil {
		t.Errorf("Call[struct{}] = %v, want the result ignored", err)
	}
	result = `{"X":1,"Y":2}`
	if got, err := core.Call[point](ctx, c, "f"); got != (point{1, 2}) || err != nil {
		t.Errorf("Call[point] = %v, %v, want {1 2}", got, err)
	}
	result = `{"$type":"undefined"}`
	if got, err := core.Call[any](ctx, c, "f"); got != (value.Undefined{}) || err != nil {
		t.Errorf("Call[any] of undefined = %v, %v", got, err)
	}
	ref := c.Call("f")
	result = `{"X":3,"Y":4}`
	if got, err := core.Await[point](ctx, ref); got != (point{3, 4}) || err != nil {
		t.Errorf("Await[point] = %v, %v, want {3 4}", got, err)
	}
	if got, err := core.Await[map[string]int](ctx, ref); err != nil || got["Y"] != 4 {
		t.Errorf("Await[map] of the same Ref = %v, %v, want Y 4", got, err)
	}
}

// What a peer may answer, well formed or not, and what the caller gets.
func TestCall_answers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer func(id string) string
		code   core.Code
		want   string
	}{
		{"thrown error", func(id string) string {
			return failedItem(id, `{"$type":"error","name":"RangeError","message":"too far","code":"E1"}`)
		}, "", "RangeError: too far"},
		{"reported error", func(id string) string {
			return failedItem(id, `{"$type":"error","name":"Error","message":"no such method","millraceCode":"unknown-member"}`)
		}, core.CodeUnknownMember, "no such method"},
		{"unknown code", func(id string) string {
			return failedItem(id, `{"$type":"error","name":"Error","message":"m","millraceCode":"of-the-future"}`)
		}, core.CodeInternal, "m"},
		{"long reported text", func(id string) string {
			return failedItem(id, `{"$type":"error","name":"Error","message":"`+strings.Repeat("x", 10000)+`","millraceCode":"internal"}`)
		}, core.CodeInternal, strings.Repeat("x", 4096) + "..."},
		{"thrown string", func(id string) string { return failedItem(id, `"oops"`) }, "", "oops"},
		{"neither", func(id string) string { return `{"id":"` + id + `"}` }, core.CodeMalformed, "neither success nor failure"},
		{"success is no bool", func(id string) string { return `{"id":"` + id + `","success":1,"result":1}` }, core.CodeMalformed, "neither success nor failure"},
		{"failure without error", func(id string) string { return `{"id":"` + id + `","success":false}` }, core.CodeMalformed, "failure without an error"},
		{"parse-error of Millrace", func(string) string {
			return failedItem("parse-error", `{"$type":"error","name":"Error","message":"not JSON","millraceCode":"malformed"}`)
		}, core.CodeMalformed, "not JSON"},
		{"parse-error of JavaScript", func(string) string {
			return failedItem("parse-error", `{"$type":"error","name":"SyntaxError","message":"Unexpected token"}`)
		}, "", "SyntaxError: Unexpected token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(pushing)
			f.serve = func(frame string) []string { return []string{answerFrame(tt.answer(sentIDs(frame)[0]))} }
			c := fakeClient(t, f)
			for _, call := range []func() error{
				func() error { _, err := core.Call[int](t.Context(), c, "f"); return err },
				func() error { _, err := c.Call("f").Await(t.Context()); return err },
			} {
				err := call()
				if err == nil || core.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v (%s), want %s with %.80q", err, core.CodeOf(err), tt.code, tt.want)
				}
			}
		})
	}
}

func TestCall_errorsKeepTheirKinds(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	var err string
	f.serve = func(frame string) []string { return []string{answerFrame(failedItem(sentIDs(frame)[0], err))} }
	c := fakeClient(t, f)

	err = `{"$type":"error","name":"ValidationError","message":"bad","field":"email","cause":{"$type":"error","name":"TypeError","message":"inner"}}`
	_, got := core.Call[any](t.Context(), c, "f")
	thrown, ok := errors.AsType[*value.Error](got)
	if !ok || thrown.Name != "ValidationError" || thrown.Message != "bad" {
		t.Fatalf("got %v, want the *value.Error that was thrown", got)
	}
	if field, _ := thrown.Props.Get("field"); field != "email" {
		t.Errorf("its own property field = %v, want email", field)
	}
	if _, ok := errors.AsType[*core.Error](got); ok {
		t.Error("what a method threw counts as reported by Millrace")
	}

	err = `{"$type":"error","name":"Error","message":"late","millraceCode":"timeout"}`
	_, got = core.Call[any](t.Context(), c, "f")
	reported, ok := errors.AsType[*core.Error](got)
	if !ok || reported.Origin != fault.Remote || !errors.Is(got, context.DeadlineExceeded) {
		t.Errorf("got %#v, want a remote *core.Error that matches context.DeadlineExceeded", got)
	}

	err = `{"a":[1]}`
	_, got = core.Call[any](t.Context(), c, "f")
	other, ok := errors.AsType[*core.Thrown](got)
	if !ok {
		t.Fatalf("got %v, want a *core.Thrown", got)
	}
	if obj, ok := other.Value.(*value.Object); !ok || !obj.Has("a") || other.Error() != "thrown: "+value.Format(obj) {
		t.Errorf("Thrown.Value = %v (%s), want the object", other.Value, other.Error())
	}
}

func TestClient_absentResultIsUndefined(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = func(frame string) []string {
		return []string{answerFrame(`{"id":"` + sentIDs(frame)[0] + `","success":true}`)}
	}
	c := fakeClient(t, f)
	if got, err := core.Call[any](t.Context(), c, "f"); got != (value.Undefined{}) || err != nil {
		t.Errorf("Call[any] = %v, %v, want undefined", got, err)
	}
	if got, err := core.Call[int](t.Context(), c, "f"); got != 0 || err != nil {
		t.Errorf("Call[int] = %v, %v, want 0", got, err)
	}
}

func TestClient_answersInAnyOrder(t *testing.T) {
	t.Parallel()
	const n = 500
	f := newFake(pushing)
	var mu sync.Mutex
	var held []string // items of the answer to come
	f.serve = func(frame string) []string {
		arg := frame[strings.Index(frame, `"args":[`)+len(`"args":[`):]
		arg = arg[:strings.IndexByte(arg, ']')]
		mu.Lock()
		defer mu.Unlock()
		held = append(held, okItem(sentIDs(frame)[0], arg))
		if len(held) < n {
			return nil
		}
		// Backwards, several in one message: whose answer is whose is for the ids to say.
		var frames []string
		for i := n - 1; i >= 0; i -= 5 {
			frames = append(frames, answerFrame(held[i], held[i-1], held[i-2], held[i-3], held[i-4]))
		}
		return frames
	}
	c := fakeClient(t, f)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if got, err := core.Call[int](t.Context(), c, "echo", i); got != i || err != nil {
				t.Errorf("echo(%d) = %d, %v", i, got, err)
			}
		})
	}
	wg.Wait()
	if s := c.Stats(); s != (core.ClientStats{}) {
		t.Errorf("Stats() = %+v, want zeros", s)
	}
}

func TestClient_countsWhatItIgnores(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	var frame string
	f.serve = func(sent string) []string { frame = sent; return alwaysAnswer("1")(sent) }
	c := fakeClient(t, f)
	if _, err := core.Call[int](t.Context(), c, "f"); err != nil {
		t.Fatal(err)
	}
	id := sentIDs(frame)[0]
	messages := []struct {
		name string
		data string
		want func(*core.ClientStats) *uint64
	}{
		{"late", answerFrame(okItem(id, "1")), func(s *core.ClientStats) *uint64 { return &s.Late }},
		{"foreign id", answerFrame(okItem("1795400752494-0", "1")), func(s *core.ClientStats) *uint64 { return &s.Late }},
		{"id with a tail", answerFrame(okItem(id+"x", "1")), func(s *core.ClientStats) *uint64 { return &s.Late }},
		{"parse-error for nobody", answerFrame(failedItem("parse-error", `"x"`)), func(s *core.ClientStats) *uint64 { return &s.Late }},
		{"id that is no string", lmzDocument(`{"type":"__rpc","batch":[{"id":7}]}`), func(s *core.ClientStats) *uint64 { return &s.Malformed }},
		{"no batch", lmzDocument(`{"type":"__rpc"}`), func(s *core.ClientStats) *uint64 { return &s.Malformed }},
		{"not JSON", "pong", func(s *core.ClientStats) *uint64 { return &s.Malformed }},
		{"unknown type", lmzDocument(`{"type":"__future"}`), func(s *core.ClientStats) *uint64 { return &s.Ignored }},
		{"no type", lmzDocument(`[1]`), func(s *core.ClientStats) *uint64 { return &s.Ignored }},
		{"downstream without a handler", downstreamFrame("1"), func(s *core.ClientStats) *uint64 { return &s.Skipped }},
	}
	want := c.Stats()
	for _, m := range messages {
		*m.want(&want)++
		f.receive(m.data)
		f.sync()
		if got := c.Stats(); got != want {
			t.Errorf("after %s: Stats() = %+v, want %+v", m.name, got, want)
		}
	}
	f.do(func() { f.message(core.Message{Data: []byte{1}, Binary: true}) })
	f.sync()
	want.Ignored++
	if got := c.Stats(); got != want {
		t.Errorf("after a binary message: Stats() = %+v, want %+v", got, want)
	}
	if got, err := core.Call[int](t.Context(), c, "f"); got != 1 || err != nil {
		t.Errorf("a call afterwards = %v, %v, want 1", got, err)
	}
}

func TestClient_firstOfTwoAnswersCounts(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = func(frame string) []string {
		id := sentIDs(frame)[0]
		return []string{answerFrame(okItem(id, "1"), okItem(id, "2"))}
	}
	c := fakeClient(t, f)
	if got, err := core.Call[int](t.Context(), c, "f"); got != 1 || err != nil {
		t.Errorf("Call() = %v, %v, want the first answer", got, err)
	}
	if s := c.Stats(); s.Late != 1 {
		t.Errorf("Stats() = %+v, want the second answer counted as late", s)
	}
}

func TestClient_unreadableAnswerEndsTheCallsItNames(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	ids := make(chan string, 2)
	f.serve = func(frame string) []string { ids <- sentIDs(frame)[0]; return nil }
	c := fakeClient(t, f, core.WithLimits(core.Limits{ValueDepth: 10}))
	results := make(chan error, 2)
	call := func() { _, err := core.Call[any](t.Context(), c, "f"); results <- err }
	go call()
	a := <-ids
	go call()
	b := <-ids
	f.receive(answerFrame(okItem(a, strings.Repeat("[", 20)+strings.Repeat("]", 20))))
	if err := <-results; core.CodeOf(err) != core.CodeLimit || !strings.Contains(err.Error(), "ValueDepth") {
		t.Errorf("the call whose answer is too deep = %v, want %s naming ValueDepth", err, core.CodeLimit)
	}
	f.receive("{" + b + "9 " + b) // the first id is of no call
	if err := <-results; core.CodeOf(err) != core.CodeMalformed {
		t.Errorf("the call whose answer is no JSON = %v, want %s", err, core.CodeMalformed)
	}
}

func TestClient_parseErrorWithSeveralInFlight(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	started := make(chan struct{}, 2)
	f.serve = func(string) []string { started <- struct{}{}; return nil }
	c := fakeClient(t, f)
	results := make(chan error, 2)
	for range 2 {
		go func() { _, err := core.Call[any](t.Context(), c, "f"); results <- err }()
		<-started
	}
	f.receive(answerFrame(failedItem("parse-error", `{"$type":"error","name":"Error","message":"too deep","millraceCode":"limit"}`)))
	for range 2 {
		err := <-results
		if core.CodeOf(err) != core.CodeOutcomeUnknown || !strings.Contains(err.Error(), "too deep") {
			t.Errorf("got %v, want %s with what the peer said", err, core.CodeOutcomeUnknown)
		}
	}
}

func TestClient_unencodable(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	f.serve = alwaysAnswer("1")
	c := fakeClient(t, f, core.WithLimits(core.Limits{MessageBytes: 1000}))
	if _, err := core.Call[any](t.Context(), c, "f", make(chan int)); core.CodeOf(err) != core.CodeUnencodable {
		t.Errorf("a channel as an argument = %v, want %s", err, core.CodeUnencodable)
	}
	_, err := core.Call[any](t.Context(), c, "f", strings.Repeat("x", 1000))
	if core.CodeOf(err) != core.CodeLimit || !strings.Contains(err.Error(), "> 1000 (setting: MessageBytes)") {
		t.Errorf("a message over the limit = %v, want %s naming MessageBytes", err, core.CodeLimit)
	}
	if _, err := core.Call[any](t.Context(), c, "f", func() {}); err != nil {
		t.Errorf("a function as an argument = %v, want it sent by name", err)
	}
	if got := f.sent(); len(got) != 1 || !strings.Contains(got[0], `"args":[{"$type":"function","name":"anonymous"}]`) {
		t.Errorf("sent %q, want the function alone, by name", got)
	}
	if s := c.Stats(); s.Pending != 0 {
		t.Errorf("%d calls are pending", s.Pending)
	}
}

func TestClient_Connect(t *testing.T) {
	t.Parallel()
	f := newFake(pushing)
	var dialed error
	f.dial = func(ctx context.Context) error {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("the attempt has no deadline")
		}
		return dialed
	}
	c := fakeClient(t, f)
	if err := c.Connect(t.Context()); err != nil {
		t.Errorf("Connect() = %v", err)
	}
	dialed = errors.New("refused")
	if err := c.Connect(t.Context()); core.CodeOf(err) != core.CodeUnreachable || !errors.Is(err, dialed) {
		t.Errorf("Connect() = %v, want %s with its cause", err, core.CodeUnreachable)
	}
	dialed = &core.Error{Code: core.CodeForbidden, Message: "no"}
	if err := c.Connect(t.Context()); core.CodeOf(err) != core.CodeForbidden {
		t.Errorf("Connect() = %v, want the transport's own code", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Connect(t.Context()); core.CodeOf(err) != core.CodeClosed {
		t.Errorf("Connect() after Close = %v, want %s", err, core.CodeClosed)
	}
}
