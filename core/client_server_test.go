package core_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
	"github.com/millrace/millrace/transports/memtransport"
)

// lodge is the object that a client calls in these tests.
type lodge struct {
	state *core.State
	mu    sync.Mutex
	count int
}

func (l *lodge) Increment(by ...int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(by) == 0 {
		by = []int{1}
	}
	l.count += by[0]
	return l.count
}

func (l *lodge) Add(a, b float64) float64 { return a + b }
func (l *lodge) Echo(v any) any           { return v }
func (l *lodge) Self() *lodge             { return l }
func (l *lodge) Fail(text string) error   { return core.Throw(text) }

func (l *lodge) Combine(a, b string) string { return a + " + " + b }

func (l *lodge) Greeter(greeting string) any {
	return map[string]any{
		"greeting": greeting,
		"greet":    func(_ context.Context, name string) string { return greeting + ", " + name },
	}
}

func (l *lodge) Linger(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func (l *lodge) Tell(ctx context.Context, ids []string, text string) (core.Delivery, error) {
	return core.SendDownstream(ctx, l.state, ids, textNote{text})
}

var lodgeTarget = core.Target{Binding: "LODGE", Instance: "one"}

func lodgeServer(tb testing.TB) *core.Server {
	tb.Helper()
	srv, err := core.NewServer(lmzcodec.New(), core.AllowAnonymousClientID())
	if err != nil {
		tb.Fatal(err)
	}
	err = srv.Register("LODGE", func(st *core.State) (any, error) { return &lodge{state: st}, nil }, core.Concurrent())
	if err != nil {
		tb.Fatal(err)
	}
	return srv
}

// lodgeClient returns a client of the server over memory, and what it goes through.
func lodgeClient(tb testing.TB, srv *core.Server, opts ...core.ClientOption) (*core.Client, *memtransport.Transport) {
	tb.Helper()
	tr, err := memtransport.New(srv, lodgeTarget, memtransport.ClientID("user-1"))
	if err != nil {
		tb.Fatal(err)
	}
	c, err := core.NewClient(tr, lmzcodec.New(), opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Errorf("Close() = %v", err)
		}
	})
	return c, tr
}

func TestClientAndServer(t *testing.T) {
	t.Parallel()
	c, _ := lodgeClient(t, lodgeServer(t))
	ctx := t.Context()

	if got, err := core.Call[int](ctx, c, "add", 1, 2); got != 3 || err != nil {
		t.Errorf("add(1, 2) = %v, %v, want 3", got, err)
	}
	if _, err := core.Call[any](ctx, c, "fail", "String error"); err == nil || err.Error() != "String error" {
		t.Errorf("fail() = %v, want the string", err)
	}
	if _, err := core.Call[any](ctx, c, "incremen"); core.CodeOf(err) != core.CodeUnknownMember {
		t.Errorf("a method that does not exist = %v, want %s", err, core.CodeUnknownMember)
	}
	// increment(increment(increment())) in one round trip.
	nested := c.Call("increment", c.Call("increment", c.Call("increment")))
	if got, err := core.Await[int](ctx, nested); got != 4 || err != nil {
		t.Errorf("three nested increments = %v, %v, want 4", got, err)
	}
	// One Ref at two levels runs once.
	x := c.Call("increment")
	if got, err := core.Call[int](ctx, c, "add", c.Call("echo", x), x); got != 10 || err != nil {
		t.Errorf("add(echo(x), x) = %v, %v, want 5 + 5", got, err)
	}
	if got, err := core.Await[int](ctx, c.Call("self").Call("self").Call("increment", 10)); got != 15 || err != nil {
		t.Errorf("self().self().increment(10) = %v, %v, want 15", got, err)
	}
	var incs []*core.Ref
	for range 50 {
		incs = append(incs, c.Call("increment"))
	}
	if err := c.Batch(ctx, incs...); err != nil {
		t.Fatal(err)
	}
	for i, r := range incs {
		if got, err := core.Await[int](ctx, r); got != 16+i || err != nil {
			t.Errorf("increment %d of the batch = %v, %v, want %d", i, got, err, 16+i)
		}
	}

	type greeter struct {
		Greeting string                                                 `json:"greeting"`
		Greet    func(ctx context.Context, name string) (string, error) `json:"greet"`
	}
	g, err := core.Call[greeter](ctx, c, "greeter", "Hello")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := g.Greet(ctx, "Ann"); got != "Hello, Ann" || err != nil {
		t.Errorf("Greet(Ann) = %q, %v", got, err)
	}

	m := new(value.Map)
	key := &value.Object{}
	key.Set("id", 1.0)
	m.Set(key, "data")
	sent := &value.Object{}
	sent.Set("map", m)
	sent.Set("key", key)
	sent.Set("self", sent)
	graph, err := c.Call("echo", sent).Await(ctx)
	if err != nil || !value.Equal(graph, sent) {
		t.Errorf("echo of a graph = %s, %v, want the same shape", value.Format(graph), err)
	}

	var stub struct {
		Combine   func(ctx context.Context, a, b string) (string, error)
		Increment func(ctx context.Context, by ...int) (int, error)
	}
	if err := core.Bind(c, &stub); err != nil {
		t.Fatal(err)
	}
	if got, err := stub.Combine(ctx, "a", "b"); got != "a + b" || err != nil {
		t.Errorf("Combine(a, b) = %q, %v", got, err)
	}
	if got, err := stub.Increment(ctx, 5); got != 70 || err != nil {
		t.Errorf("Increment(5) = %v, %v, want 70", got, err)
	}
}

func TestClientAndServer_concurrentCalls(t *testing.T) {
	t.Parallel()
	c, _ := lodgeClient(t, lodgeServer(t))
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Go(func() {
			if got, err := core.Call[int](t.Context(), c, "echo", i); got != i || err != nil {
				t.Errorf("echo(%d) = %v, %v", i, got, err)
			}
		})
	}
	wg.Wait()
}

func TestClientAndServer_cancellation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := lodgeClient(t, lodgeServer(t))
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := core.Call[any](ctx, c, "linger")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("linger() = %v after %v, want its deadline", err, time.Since(start))
		}
		if got, err := core.Call[int](t.Context(), c, "add", 1, 1); got != 2 || err != nil {
			t.Errorf("a call afterwards = %v, %v, want 2", got, err)
		}
	})
}

func TestClientAndServer_downstreamAcrossAReconnect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got := make(chan string, 10)
		closes := make(chan core.CloseCode, 10)
		var c *core.Client
		c, tr := lodgeClient(t, lodgeServer(t),
			core.OnDownstream(func(_ context.Context, n textNote) { got <- n.Text }),
			core.OnClose(func(_ context.Context, info core.CloseInfo) bool { closes <- info.Code; return true }),
			core.OnReconnect(func(ctx context.Context) error {
				_, err := core.Call[struct{}](ctx, c, "tell", []string{"user-1"}, "caught up")
				return err
			}))
		type delivery struct{ Sent, Missing int }
		d, err := core.Call[delivery](t.Context(), c, "tell", []string{"user-1", "nobody"}, "hi")
		if err != nil || d.Sent != 1 || d.Missing != 1 || <-got != "hi" {
			t.Errorf("tell() = %+v, %v, want one sent and one missing", d, err)
		}
		waiting := make(chan error, 1)
		go func() { _, err := core.Call[any](t.Context(), c, "linger"); waiting <- err }()
		synctest.Wait()
		lost := time.Now()
		tr.Listener().Drop(core.CloseGoingAway, "restart")
		if err := <-waiting; core.CodeOf(err) != core.CodeOutcomeUnknown {
			t.Errorf("the call in flight = %v, want %s", err, core.CodeOutcomeUnknown)
		}
		if code := <-closes; code != core.CloseGoingAway {
			t.Errorf("OnClose was told %d, want 1001", code)
		}
		if text := <-got; text != "caught up" || time.Since(lost) != time.Second {
			t.Errorf("after %v: %q, want what OnReconnect asked for after 1s", time.Since(lost), text)
		}
	})
}

// Losing connections while many call: every call ends, and none twice or half.
func TestClientAndServer_flakyConnection(t *testing.T) {
	t.Parallel()
	c, tr := lodgeClient(t, lodgeServer(t))
	ctx := t.Context()
	var wg sync.WaitGroup
	var mu sync.Mutex
	done, unknown := 0, 0
	for range 20 {
		wg.Go(func() {
			for range 50 {
				_, err := core.Call[int](ctx, c, "increment")
				mu.Lock()
				switch core.CodeOf(err) {
				case "":
					done++
				case core.CodeOutcomeUnknown:
					unknown++
				case core.CodeUnreachable:
				default:
					t.Errorf("a call ended with %v", err)
				}
				mu.Unlock()
			}
		})
	}
	stop := make(chan struct{})
	var dropper sync.WaitGroup
	dropper.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				tr.Listener().Drop(core.CloseAbnormal, "flaky")
				_ = c.Connect(ctx) // it may be dropped again at once
			}
		}
	})
	wg.Wait()
	close(stop)
	dropper.Wait()
	var total int
	for {
		var err error
		if total, err = core.Call[int](ctx, c, "increment", 0); err == nil {
			break
		}
	}
	if total < done || total > done+unknown {
		t.Errorf("the counter is %d after %d answered calls and %d of unknown outcome", total, done, unknown)
	}
}

func BenchmarkCall(b *testing.B) {
	c, _ := lodgeClient(b, lodgeServer(b))
	ctx := context.Background()
	if _, err := core.Call[int](ctx, c, "add", 1, 2); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := core.Call[int](ctx, c, "add", 1, 2); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCall_client is the client's share: the peer answers without reading.
func BenchmarkCall_client(b *testing.B) {
	f := newFake(pushing)
	f.serve = func(frame string) []string {
		f.mu.Lock()
		f.frames = f.frames[:0]
		f.mu.Unlock()
		return []string{answerFrame(okItem(sentIDs(frame)[0], "3"))}
	}
	c := fakeClient(b, f)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := core.Call[int](ctx, c, "add", 1, 2); err != nil {
			b.Fatal(err)
		}
	}
}
