package core_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
)

// sloth is an object whose methods take their time.
type sloth struct {
	Env    *core.Env `json:"env"`
	st     *core.State
	mu     sync.Mutex
	inside int
	most   int
	order  []string
	hits   atomic.Int32
	stuck  chan struct{}
}

func (s *sloth) enter() func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inside++
	s.most = max(s.most, s.inside)
	return func() { s.mu.Lock(); s.inside--; s.mu.Unlock() }
}

// Work takes ms milliseconds, or until its context ends.
func (s *sloth) Work(ctx context.Context, name string, ms int) (string, error) {
	defer s.enter()()
	s.hits.Add(1)
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
	case <-ctx.Done():
		return "", ctx.Err()
	}
	s.mu.Lock()
	s.order = append(s.order, name)
	s.mu.Unlock()
	return name, nil
}

// Hog ignores its context.
func (s *sloth) Hog(ms int) string {
	defer s.enter()()
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return "hogged"
}

// Stick does not return until the test says so.
func (s *sloth) Stick() { <-s.stuck }

func (s *sloth) Quick() string { s.hits.Add(1); return "quick" }
func (s *sloth) Most() int     { s.mu.Lock(); defer s.mu.Unlock(); return s.most }
func (s *sloth) Order() string { return strings.Join(s.order, "") }
func (s *sloth) Name() string  { return s.st.Target().Instance }
func (s *sloth) Deadline(ctx context.Context) int {
	at, _ := ctx.Deadline()
	return int(time.Until(at) / time.Millisecond)
}

// Visit calls a method of another object, and says what was going on here meanwhile.
func (s *sloth) Visit(ctx context.Context, other, method string, args ...any) (any, error) {
	n, err := s.Env.Binding("OBJ")
	if err != nil {
		return nil, err
	}
	return n.GetByName(other).Call(ctx, method, args...)
}

func sloths(t testing.TB, opts ...core.ServerOption) (*core.Server, *sync.Map) {
	all := &sync.Map{}
	srv := newServer(t, func(st *core.State) (any, error) {
		s := &sloth{Env: st.Env(), st: st, stuck: make(chan struct{})}
		all.Store(st.Target().Instance, s)
		return s, nil
	}, opts...)
	return srv, all
}

func named(all *sync.Map, name string) *sloth { s, _ := all.Load(name); return s.(*sloth) }

func TestServer_OneCallAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, all := sloths(t)
		p, q := connect(t, srv, objX), connect(t, srv, objX)
		for i := range 10 {
			p.write(batch(itemOf(fmt.Sprint("p", i), fmt.Sprintf(`work("%d",10)`, i))))
			q.write(batch(itemOf(fmt.Sprint("q", i), `work("q",1)`)))
		}
		p.waitN(10)
		q.waitN(10)
		s := named(all, "x")
		if s.most != 1 {
			t.Errorf("%d calls ran at a time", s.most)
		}
		if got := strings.ReplaceAll(s.Order(), "q", ""); got != "0123456789" {
			t.Errorf("calls of one connection ran in the order %s", got)
		}
	})
}

func TestServer_Concurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := newServer(t, nil)
		var made atomic.Int32
		s := &sloth{}
		if err := srv.Register("OBJ", func(*core.State) (any, error) {
			made.Add(1)
			time.Sleep(time.Millisecond)
			return s, nil
		}, core.Concurrent()); err != nil {
			t.Fatal(err)
		}
		p := connect(t, srv, objX)
		start := time.Now()
		for i := range 5 {
			p.write(batch(itemOf(fmt.Sprint(i), `work("a",1000)`)))
		}
		p.waitN(5)
		if s.most != 5 || time.Since(start) > 1100*time.Millisecond || made.Load() != 1 {
			t.Errorf("%d at a time, %v, made %d times", s.most, time.Since(start), made.Load())
		}
	})
}

func TestServer_Deadlines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, _ := sloths(t, core.WithLimits(core.Limits{CallTimeout: 2 * time.Second}))
		p := connect(t, srv, objX)
		if got := p.result("deadline()"); got != "2000" {
			t.Errorf("time left: %s ms", got)
		}
		withTimeout := func(id, chain, ms string) string {
			return strings.TrimSuffix(itemOf(id, chain), "}") + `,"timeoutMs":` + ms + `}`
		}
		for _, tt := range []struct{ ms, want string }{{"500", "500"}, {"99999", "2000"}, {"-1", "2000"}, {`"x"`, "2000"}, {"1e300", "2000"}} {
			if got := string(parseAnswer(t, p.askItems(withTimeout("d", "deadline()", tt.ms)))[0].Result); got != tt.want {
				t.Errorf("timeoutMs %s leaves %s ms, want %s", tt.ms, got, tt.want)
			}
		}
		start := time.Now()
		got := parseAnswer(t, p.askItems(withTimeout("d", `work("w",60000)`, "300")))[0].problem(t)
		if got.MillraceCode != "timeout" || !strings.Contains(got.Message, "work did not return") || time.Since(start) != 300*time.Millisecond {
			t.Errorf("after %v: %+v", time.Since(start), got)
		}
		synctest.Wait()
		if s := srv.Stats(); s.Overdue != 0 || s.Running != 0 || s.Timeouts != 1 || s.Late != 1 {
			t.Errorf("stats %+v", s)
		}
	})
}

// A method that ignores its context does not keep its caller, nor those who wait, beyond their deadlines.
func TestServer_StuckMethod(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, _ := sloths(t, core.WithLimits(core.Limits{CallTimeout: time.Second}))
		p, q := connect(t, srv, objX), connect(t, srv, to("OBJ", "other"))
		p.write(batch(itemOf("first", `quick()`), itemOf("hog", `hog(5000)`), itemOf("rest", `quick()`), `{"id":"bad","operations":7}`))
		time.Sleep(500 * time.Millisecond)
		p.write(batch(itemOf("waits", `quick()`)))
		a := parseAnswer(t, p.next(0))
		if !a[0].Success || a[1].problem(t).MillraceCode != "timeout" || a[2].problem(t).MillraceCode != "object-busy" || a[3].problem(t).MillraceCode != "malformed" {
			t.Errorf("the batch: %+v", a)
		}
		got := parseAnswer(t, p.next(1))[0].problem(t)
		if got.MillraceCode != "object-busy" || !strings.Contains(got.Message, "OBJ/x is busy with hog") {
			t.Errorf("the one that waits: %+v", got)
		}
		if s := srv.Stats(); s.Overdue != 1 || s.Running != 1 {
			t.Errorf("while the method is stuck: %+v", s)
		}
		if got := q.result("quick()"); got != `"quick"` {
			t.Errorf("another object answers %s", got)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if s := srv.Stats(); s.Overdue != 0 || s.Running != 0 || s.Late == 0 {
			t.Errorf("when it has returned: %+v", s)
		}
		if got := p.result("quick()"); got != `"quick"` || p.count() != 3 {
			t.Errorf("the object answers %s after %d messages", got, p.count())
		}
	})
}

func TestServer_Cancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, all := sloths(t)
		p := connect(t, srv, objX)
		p.write(batch(itemOf("runs", `work("a",1000)`), itemOf("later", `work("b",1)`), itemOf("last", `work("c",1)`)))
		p.write(batch(itemOf("waits", `work("d",1)`)))
		synctest.Wait()
		p.write(`{"json":{"type":"__cancel","ids":["waits","runs","later","nosuch",7]}}`)
		a := parseAnswer(t, p.wait(func(sent []string) bool { return len(sent) == 2 })[0])
		b := parseAnswer(t, p.next(1))
		if len(a) == 1 {
			a, b = b, a
		}
		if len(a) != 3 || a[0].problem(t).MillraceCode != "canceled" || a[1].problem(t).MillraceCode != "canceled" || !a[2].Success {
			t.Errorf("the batch: %+v", a)
		}
		if b[0].problem(t).MillraceCode != "canceled" {
			t.Errorf("the one that waited: %+v", b)
		}
		if got := named(all, "x").order; len(got) != 1 || got[0] != "c" {
			t.Errorf("%v ran to their end", got)
		}
	})
}

func TestServer_ClosedCancels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, all := sloths(t)
		p := connect(t, srv, objX)
		p.write(batch(itemOf("runs", `work("a",10000)`), itemOf("never", `quick()`)))
		p.write(batch(itemOf("waits", `quick()`)))
		synctest.Wait()
		start := time.Now()
		p.close()
		if hits := named(all, "x").hits.Load(); hits != 1 || time.Since(start) != 0 {
			t.Errorf("%d calls ran, %v after the end", hits, time.Since(start))
		}
		if s := srv.Stats(); s.Connections != 0 || s.Running != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

// A connection with too many calls in flight is not read.
func TestServer_BackPressure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := newServer(t, nil, core.WithLimits(core.Limits{CallsPerConnection: 3}))
		s := &sloth{}
		if err := srv.Register("OBJ", func(*core.State) (any, error) { return s, nil }, core.Concurrent()); err != nil {
			t.Fatal(err)
		}
		p := connect(t, srv, objX)
		var read atomic.Int32
		go func() {
			for i := range 8 {
				p.write(batch(itemOf(fmt.Sprint(i), `work("a",1000)`)))
				read.Add(1)
			}
		}()
		synctest.Wait()
		if n := read.Load(); n != 3 {
			t.Errorf("%d messages were read, want 3", n)
		}
		p.waitN(8)
		if s.most != 3 {
			t.Errorf("%d calls were in flight", s.most)
		}
		// A reader that is held back is let go when the connection ends.
		for i := range 3 {
			p.write(batch(itemOf(fmt.Sprint("b", i), `work("a",1000)`)))
		}
		go p.write(batch(itemOf("c", `work("a",1000)`)))
		synctest.Wait()
		p.close()
	})
}

func TestServer_Hops(t *testing.T) {
	t.Parallel()
	p := func() *peer { srv, _ := sloths(t); return connect(t, srv, objX) }()
	tests := []struct{ name, chain, want string }{
		{"chain", `env.OBJ.getByName("y").name()`, `"y"`},
		{"kebab", `env.obj.GetByName("y").name()`, `"y"`},
		{"back-to-itself", `env.OBJ.getByName("x").name()`, `"x"`},
		{"through-another", `env.OBJ.getByName("y").env.OBJ.getByName("z").name()`, `"z"`},
		{"from-go", `visit("y","name")`, `"y"`},
		{"go-to-itself", `visit("x","name")`, `"x"`},
		{"go-and-back", `visit("y","visit","x","visit","y","name")`, `"y"`},
		{"nested-from-root", `env.OBJ.getByName("y").visit(` + nest("", "name()") + `,"name")`, `"x"`},
		{"nested-hop", `visit(` + nest("", `env.OBJ.getByName("z").name()`) + `,"name")`, `"z"`},
		{"nested-hop-in-hop", `env.OBJ.getByName("y").visit(` + nest("", `env.OBJ.getByName("z").name()`) + `,"name")`, `"z"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := p.result(tt.chain); got != tt.want {
				t.Errorf("%s = %s, want %s", tt.chain, got, tt.want)
			}
		})
	}
	if got := p.result("env"); !strings.Contains(got, `{"OBJ":{"getByName":{"__isRemoteFunction":true,"__operationChain":`+ops("env.OBJ.getByName")) {
		t.Errorf("env = %s", got)
	}
	if got := p.result(`env.OBJ.getByName("y")`); !strings.Contains(got, `"name":{"__isRemoteFunction":true,"__operationChain":`+ops(`env.OBJ.getByName("y").name`)) {
		t.Errorf("a handle = %s", got)
	}
	for _, tt := range []struct{ chain, code, want string }{
		{`env.NOSUCH.getByName("y")`, "unknown-binding", `no binding is named "NOSUCH"`},
		{`env.OBJ.foo("y")`, "unknown-member", `OBJ has no member "foo"`},
		{`env.OBJ.getByName("")`, "", `an instance name is`},
		{`env.OBJ.getByName("y").nosuch()`, "unknown-member", `sloth has no member "nosuch"`},
		{`visit("y","nosuch")`, "", `sloth has no member "nosuch"`},
		{`visit("y","work","a")`, "", `work takes 2 arguments, got 1`},
	} {
		if got := p.fails(tt.chain); got.MillraceCode != tt.code || !strings.Contains(got.Message, tt.want) {
			t.Errorf("%s: %+v, want %s %q", tt.chain, got, tt.code, tt.want)
		}
	}
}

// While a call is away on a step through env, others use the object; and a slow call
// delays none to another object.
func TestServer_HopLetsGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, _ := sloths(t)
		p := connect(t, srv, objX)
		start := time.Now()
		p.write(batch(itemOf("chain", `env.OBJ.getByName("slow").work("s",5000)`)))
		p.write(batch(itemOf("method", `visit("slow2","work","s",5000)`)))
		p.write(batch(itemOf("here", `quick()`)))
		if got := parseAnswer(t, p.next(0)); got[0].ID != "here" || time.Since(start) != 0 {
			t.Errorf("first was answered %+v after %v", got, time.Since(start))
		}
		sent := p.waitN(3)
		if time.Since(start) != 5*time.Second {
			t.Errorf("all were answered after %v: %v", time.Since(start), sent)
		}
		for _, one := range sent {
			if a := parseAnswer(t, one)[0]; !a.Success {
				t.Errorf("%s failed: %s", a.ID, a.Error)
			}
		}
		synctest.Wait()
		if n := srv.Stats().Running; n != 0 {
			t.Errorf("Running = %d", n)
		}
	})
}

func TestServer_HopDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, _ := sloths(t, core.WithLimits(core.Limits{CallTimeout: time.Second}))
		p, q := connect(t, srv, objX), connect(t, srv, to("OBJ", "y"))
		q.write(batch(itemOf("hog", `hog(3000)`)))
		synctest.Wait()
		if got := p.fails(`env.OBJ.getByName("y").quick()`); got.MillraceCode != "object-busy" || !strings.Contains(got.Message, "OBJ/y is busy with hog") {
			t.Errorf("a chain to a busy object: %+v", got)
		}
		if got := p.fails(`visit("y","quick")`); got.MillraceCode != "timeout" {
			t.Errorf("a method that goes to a busy object: %+v", got)
		}
		time.Sleep(5 * time.Second)
		start := time.Now()
		if got := p.fails(`visit("y","hog",3000)`); got.MillraceCode != "timeout" || time.Since(start) != time.Second {
			t.Errorf("a method that goes to one that ignores its context: %+v after %v", got, time.Since(start))
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if s := srv.Stats(); s.Running != 0 || s.Overdue != 0 {
			t.Errorf("stats %+v", s)
		}
		if got := p.result(`visit("y","quick")`); got != `"quick"` {
			t.Errorf("afterwards: %s", got)
		}
	})
}

func TestServer_HopDepth(t *testing.T) {
	t.Parallel()
	srv := newServer(t, nil)
	if err := srv.Register("OBJ", func(st *core.State) (any, error) { return &mirror{st}, nil }); err != nil {
		t.Fatal(err)
	}
	p := connect(t, srv, objX)
	if got := p.fails("look()"); !strings.Contains(got.Message, "calls through env go too deep: 51 > 50 (setting: ChainLength)") {
		t.Errorf("a call that calls itself for ever: %+v", got)
	}
	if got := p.result("name()"); got != `"x"` {
		t.Errorf("afterwards: %s", got)
	}
}

type mirror struct{ st *core.State }

func (m *mirror) Look(ctx context.Context) (any, error) {
	n, err := m.st.Env().Binding("OBJ")
	if err != nil {
		return nil, err
	}
	return n.GetByName(m.st.Target().Instance).Call(ctx, "look")
}
func (m *mirror) Name() string { return m.st.Target().Instance }

// A method may go to several objects at once.
func TestServer_ParallelHops(t *testing.T) {
	t.Parallel()
	srv := newServer(t, nil)
	if err := srv.Register("OBJ", func(st *core.State) (any, error) { return &fan{st: st}, nil }); err != nil {
		t.Fatal(err)
	}
	p := connect(t, srv, objX)
	for range 20 {
		if got := p.result("out(8)"); got != "8" {
			t.Errorf("out(8) = %s", got)
		}
	}
	if n := srv.Stats().Running; n != 0 {
		t.Errorf("Running = %d", n)
	}
}

type fan struct{ st *core.State }

func (f *fan) One() int { return 1 }
func (f *fan) Out(ctx context.Context, n int) (int, error) {
	ns, err := f.st.Env().Binding("OBJ")
	if err != nil {
		return 0, err
	}
	var sum atomic.Int32
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if v, err := ns.GetByName(fmt.Sprint(i)).Call(ctx, "one"); err == nil {
				sum.Add(int32(v.(float64)))
			}
		})
	}
	wg.Wait()
	return int(sum.Load()), nil
}

func TestServer_HopsAreAuthorised(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []string
	srv, _ := sloths(t, core.WithAuthorizer(func(_ context.Context, hs core.Handshake) (core.Identity, error) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, hs.Target.String()+" "+hs.ClientID)
		if hs.Target.Instance == "vault" {
			return core.Identity{}, &core.Error{Code: core.CodeForbidden, Message: "not the vault"}
		}
		return core.Identity{Subject: "u"}, nil
	}))
	hs := objX
	hs.ClientID = "u"
	p := connect(t, srv, hs)
	p.result(`env.OBJ.getByName("y").name()`)
	p.result(`visit("z","name")`)
	if got := p.fails(`env.OBJ.getByName("vault").name()`); got.MillraceCode != "forbidden" || got.Message != "not the vault" {
		t.Errorf("chain to the vault: %+v", got)
	}
	if got := p.fails(`visit("vault","name")`); got.Message != "not the vault" {
		t.Errorf("method to the vault: %+v", got)
	}
	if want := "[OBJ/x u OBJ/y u OBJ/z u OBJ/vault u OBJ/vault u]"; fmt.Sprint(asked) != want {
		t.Errorf("asked %v, want %s", asked, want)
	}
	if got := p.result("name()"); got != `"x"` {
		t.Errorf("afterwards: %s", got)
	}
}
