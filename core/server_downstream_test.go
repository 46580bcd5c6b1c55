package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
)

// room sends to its clients, and writes down what it hears.
type room struct {
	st  *core.State
	log *notes
}

type notes struct {
	mu    sync.Mutex
	lines []string
	made  int
}

func (n *notes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.lines...)
}

func (r *room) Push(ctx context.Context, ids []string, payload any) (string, error) {
	d, err := core.SendDownstream(ctx, r.st, ids, payload)
	return fmt.Sprintf("%+v", d), err
}
func (r *room) PushFunc(ctx context.Context, ids []string) error {
	_, err := core.SendDownstream(ctx, r.st, ids, map[string]any{"f": func() {}})
	return err
}
func (r *room) PushBad(ctx context.Context, ids []string) error {
	_, err := core.SendDownstream(ctx, r.st, ids, core.Expose(r))
	return err
}
func (r *room) Count(tag string) int { return len(r.st.Sockets(tag)) }
func (r *room) Tags() []string       { return r.st.Tags() }
func (r *room) Kick(tag string) error {
	var errs []error
	for _, s := range r.st.Sockets(tag) {
		errs = append(errs, s.Close(4401, "Token expired"))
	}
	return errors.Join(errs...)
}
func (r *room) Who(ctx context.Context) string {
	s := core.SocketFrom(ctx)
	if s == nil {
		return "nobody over " + core.HandshakeFrom(ctx).Transport
	}
	return strings.Join([]string{s.ClientID(), strings.Join(s.Tags(), ","), core.HandshakeFrom(ctx).Transport, s.Handshake().Target.String(), core.IdentityFrom(ctx).Subject}, "|")
}
func (r *room) HandleMessage(ctx context.Context, s *core.Socket, m core.Message) {
	if string(m.Data) == "panic" {
		panic("at the text")
	}
	r.log.add("message %s binary=%v", m.Data, m.Binary)
	_ = s.Send(core.Message{Data: append([]byte("echo "), m.Data...), Binary: m.Binary})
}
func (r *room) SocketOpened(ctx context.Context, s *core.Socket) {
	r.log.add("opened %s", s.ClientID())
}
func (r *room) SocketClosed(ctx context.Context, s *core.Socket, c core.CloseInfo) {
	r.log.add("closed %s %d", s.ClientID(), c.Code)
}

func rooms(t testing.TB, opts ...core.ServerOption) (*core.Server, *notes) {
	n := &notes{}
	return newServer(t, func(st *core.State) (any, error) {
		n.mu.Lock()
		n.made++
		n.mu.Unlock()
		return &room{st, n}, nil
	}, opts...), n
}

func as(id string) core.Handshake {
	hs := objX
	hs.ClientID = id
	return hs
}

func TestSendDownstream(t *testing.T) {
	t.Parallel()
	srv, _ := rooms(t, core.WithLimits(core.Limits{FanOut: 5, MessageBytes: 2000}))
	a, a2, b, none := connect(t, srv, as("a")), connect(t, srv, as("a")), connect(t, srv, as("b")), connect(t, srv, objX)
	elsewhere := to("OBJ", "y")
	elsewhere.ClientID = "a"
	far := connect(t, srv, elsewhere)

	if got := none.result(`push(["a","nosuch","b","rpc:b",""],{"n":1})`); got != `"{Sent:4 Missing:2 Dropped:0}"` {
		t.Errorf("push = %s", got)
	}
	const want = `{"json":{"type":"__downstream","payload":{"n":1}},"meta":{}}`
	for name, p := range map[string]*peer{"a": a, "a2": a2} {
		if got := p.next(0); got != want || p.count() != 1 {
			t.Errorf("%s got %s, and %d messages", name, got, p.count())
		}
	}
	if b.waitN(2); b.count() != 2 {
		t.Errorf("an id that was listed twice got %d messages", b.count())
	}
	if far.count() != 0 {
		t.Errorf("a client of another object got %d messages", far.count())
	}
	if got := none.result(`tags()`); got != `["a","b"]` {
		t.Errorf("tags() = %s", got)
	}
	for tag, want := range map[string]string{"a": "2", "rpc:a": "2", "": "4", "x": "0", "rpc:": "0"} {
		if got := none.result(fmt.Sprintf("count(%q)", tag)); got != want {
			t.Errorf("count(%q) = %s, want %s", tag, got, want)
		}
	}

	a.mu.Lock()
	a.full = true
	a.mu.Unlock()
	if got := none.result(`push(["a"],2)`); got != `"{Sent:1 Missing:0 Dropped:1}"` {
		t.Errorf("with a slow client: %s", got)
	}
	if s := srv.Stats(); s.Downstream != 5 || s.Dropped != 1 {
		t.Errorf("stats %+v", s)
	}
	if got := none.fails(`push(["1","2","3","4","5","6"],1)`); !strings.Contains(got.Message, "too many ids for one downstream message: 6 > 5 (setting: FanOut)") {
		t.Errorf("too many ids: %+v", got)
	}
	if got := none.fails(`push(["b"],"` + strings.Repeat("x", 1950) + `")`); !strings.Contains(got.Message, "> 2000 (setting: MessageBytes)") {
		t.Errorf("too large: %+v", got)
	}
	if none.result(`pushFunc(["b"])`); !strings.Contains(b.next(2), `{"f":{"$type":"function","name":"`) {
		t.Errorf("a function travels as %s", b.next(2))
	}
	if got := none.fails(`pushBad(["b"])`); got.Message == "" || b.count() != 3 {
		t.Errorf("an exposed payload: %+v, and %d messages", got, b.count())
	}
	none.result(`kick("b")`)
	if b.closedWith() != 4401 || b.reason != "Token expired" || a2.closedWith() != 0 {
		t.Errorf("b was closed with %d %q, a2 with %d", b.closedWith(), b.reason, a2.closedWith())
	}
	b.close()
	if got := none.result(`tags()`); got != `["a"]` {
		t.Errorf("tags() without b = %s", got)
	}
	if d, err := core.SendDownstream(t.Context(), nil, nil, 1); core.CodeOf(err) != core.CodeConfig {
		t.Errorf("without a state: %+v %v", d, err)
	}
}

// Each receiver gets its own codec's bytes, and sessions that can share frames do.
func TestSendDownstream_codecsAndSharing(t *testing.T) {
	t.Parallel()
	var shared []int
	srv, _ := rooms(t, core.WithCodecs(plainCodec{"ungap"}))
	open := func(id, codec string) *sharer {
		hs := as(id)
		hs.Codec = codec
		st, reject := srv.Accept(t.Context(), hs)
		if reject != nil {
			t.Fatal(reject.Text)
		}
		s := &sharer{peer: &peer{t: t, srv: srv, hs: hs, st: st, changed: make(chan struct{})}, shared: &shared}
		srv.Opened(s)
		t.Cleanup(func() { srv.Closed(s, core.CloseInfo{}) })
		return s
	}
	x, y, z := open("x", ""), open("y", ""), open("z", "ungap")
	connect(t, srv, as("p"))
	p := connect(t, srv, objX)
	if got := p.result(`push(["x","y","z","p"],"hi")`); got != `"{Sent:4 Missing:0 Dropped:0}"` {
		t.Fatalf("push = %s", got)
	}
	for _, s := range []*sharer{x, y, z} {
		if got := s.next(0); got != `{"json":{"type":"__downstream","payload":"hi"},"meta":{}}` {
			t.Errorf("%s got %s", s.hs.ClientID, got)
		}
	}
	if fmt.Sprint(shared) != "[2]" {
		t.Errorf("frames were shared among %v sessions, want [2]", shared)
	}
	y.full = true
	if got := p.result(`push(["x","y"],1)`); got != `"{Sent:1 Missing:0 Dropped:1}"` {
		t.Errorf("with a slow client: %s", got)
	}
}

// sharer is a session that can share frames.
type sharer struct {
	*peer
	shared *[]int
}

func (s *sharer) SendAll(sessions []core.Session, m core.Message) []error {
	*s.shared = append(*s.shared, len(sessions))
	errs := make([]error, len(sessions))
	for i, one := range sessions {
		errs[i] = one.Send(m)
	}
	return errs
}

func TestServer_SocketEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, n := rooms(t)
		p := connect(t, srv, as("u"))
		p.write("PING")
		p.writeMessage(core.Message{Data: []byte{0, 1}, Binary: true})
		p.write("panic")
		p.write(`{"json":{"type":"__nosuch"},"meta":{}}`)
		p.write(`{"json":{"type":"__rpc"},"meta":{}}`)
		p.write(`{"json":{"type":"__cancel"},"meta":{}}`)
		p.write(`{"json":7,"meta":{}}`)
		p.write(`[1,2]`)
		synctest.Wait()
		srv.Closed(p, core.CloseInfo{Code: 4000})
		p.once.Do(func() {})
		synctest.Wait()
		want := "opened u\nmessage PING binary=false\nmessage \x00\x01 binary=true\n" +
			"message {\"json\":{\"type\":\"__nosuch\"},\"meta\":{}} binary=false\nmessage {\"json\":{\"type\":\"__rpc\"},\"meta\":{}} binary=false\n" +
			"message {\"json\":{\"type\":\"__cancel\"},\"meta\":{}} binary=false\nmessage {\"json\":7,\"meta\":{}} binary=false\nmessage [1,2] binary=false\nclosed u 4000"
		if got := strings.Join(n.all(), "\n"); got != want {
			t.Errorf("the room heard\n%s\nwant\n%s", got, want)
		}
		if got := p.next(0); got != "echo PING" {
			t.Errorf("the text was answered by %q", got)
		}
		if s := srv.Stats(); s.Panics != 1 || s.Ignored != 0 || s.Running != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestServer_IgnoresWhatNobodyTakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, newTally())
		for _, text := range []string{"PING", `{"json":{"type":"__rpc"`, `{"json":{"type":"__other","batch":[]},"meta":{}}`, "", "  ", `{"json":{"type":"__cancel","ids":["x"]},"meta":{}}`} {
			p.write(text)
		}
		p.writeMessage(core.Message{Data: []byte(batch(itemOf("a", "increment()"))), Binary: true})
		synctest.Wait()
		if n := p.count(); n != 0 {
			t.Errorf("%d answers", n)
		}
		if s := p.srv.Stats(); s.Ignored != 6 || s.Messages != 7 || s.Calls != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestServer_Contexts(t *testing.T) {
	t.Parallel()
	srv, _ := rooms(t, core.WithAuthorizer(func(_ context.Context, hs core.Handshake) (core.Identity, error) {
		return core.Identity{Subject: "sub", MayClaim: func(string) bool { return true }}, nil
	}))
	p := connect(t, srv, as("u"))
	if got := p.result("who()"); got != `"u|u|test|OBJ/x|sub"` {
		t.Errorf("who() = %s", got)
	}
	q := connect(t, srv, objX)
	if got := q.result("who()"); got != `"||test|OBJ/x|sub"` {
		t.Errorf("who() without id = %s", got)
	}
	hs := objX
	hs.Transport = "http"
	if got, _ := exchange(t, srv, hs, `{"json":{"batch":[`+itemOf("x", "who()")+`]},"meta":{}}`); !strings.Contains(got, `"nobody over http"`) {
		t.Errorf("who() over an exchange = %s", got)
	}
	ctx := t.Context()
	if core.SocketFrom(ctx) != nil || core.IdentityFrom(ctx).Subject != "" || core.HandshakeFrom(ctx).Transport != "" {
		t.Errorf("a context of no call has a client")
	}
}

func TestServer_EvictIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &notes{}
		srv := newServer(t, nil)
		if err := srv.Register("OBJ", func(st *core.State) (any, error) { n.made++; return &room{st, n}, nil }, core.EvictIdle(time.Second)); err != nil {
			t.Fatal(err)
		}
		p, q := connect(t, srv, as("u")), connect(t, srv, objX)
		synctest.Wait()
		if n.made != 1 || srv.Stats().Objects != 1 {
			t.Fatalf("made %d times, %d alive", n.made, srv.Stats().Objects)
		}
		time.Sleep(900 * time.Millisecond)
		q.result(`count("u")`)
		time.Sleep(999 * time.Millisecond)
		synctest.Wait()
		if s := srv.Stats(); s.Objects != 1 || n.made != 1 {
			t.Errorf("evicted early: %+v", s)
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if s := srv.Stats(); s.Objects != 0 || s.Evictions != 1 || s.Connections != 2 {
			t.Errorf("not evicted: %+v", s)
		}
		if got := q.result(`push(["u"],"again")`); got != `"{Sent:1 Missing:0 Dropped:0}"` || n.made != 2 || !strings.Contains(p.next(0), `"payload":"again"`) {
			t.Errorf("after eviction: %s, made %d times", got, n.made)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		p.close()
		synctest.Wait()
		if got := n.all(); got[len(got)-1] != "closed u 1000" || n.made != 3 {
			t.Errorf("an evicted object heard %q, made %d times", got, n.made)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if s := srv.Stats(); s.Objects != 0 {
			t.Errorf("at the end: %+v", s)
		}
	})
}

// Clients that ask whether their connection lives are answered at once, also while the object is busy, and do
// not keep it in memory.
func TestServer_EmptyBatch_wakesNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		made := 0
		srv := newServer(t, nil)
		if err := srv.Register("OBJ", func(st *core.State) (any, error) { made++; return &sloth{st: st}, nil }, core.EvictIdle(time.Second)); err != nil {
			t.Fatal(err)
		}
		p := connect(t, srv, objX)
		ask := func() {
			if got := p.askItems(); got != `{"json":{"type":"__rpc","batch":[]},"meta":{}}` {
				t.Errorf("answered by %s", got)
			}
		}
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		evicted := srv.Stats().Evictions
		ask()
		if s := srv.Stats(); s.Objects != 0 || evicted != 1 {
			t.Errorf("the question woke the object: %+v, evicted %d times", s, evicted)
		}
		p.write(batch(itemOf("a", `work("a",2000)`)))
		began := time.Now()
		ask()
		if d := time.Since(began); d != 0 {
			t.Errorf("answered after %v, behind the object's call", d)
		}
		p.next(2) // the answer of work
		for range 3 {
			time.Sleep(400 * time.Millisecond)
			ask()
		}
		synctest.Wait()
		if s := srv.Stats(); s.Objects != 0 || s.Evictions != 2 || made != 2 {
			t.Errorf("made %d times, %+v", made, s)
		}
	})
}

// A call that takes longer than the idle time, or is away on a step, keeps its object.
func TestServer_EvictIdle_busy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		made := map[string]int{}
		srv := newServer(t, nil)
		if err := srv.Register("OBJ", func(st *core.State) (any, error) {
			made[st.Target().Instance]++
			return &sloth{Env: st.Env(), st: st}, nil
		}, core.EvictIdle(time.Second)); err != nil {
			t.Fatal(err)
		}
		p := connect(t, srv, objX)
		p.result("quick()")
		time.Sleep(500 * time.Millisecond)
		p.result(`visit("y","work","a",5000)`)
		p.result(`env.OBJ.getByName("y").work("b",5000)`)
		if made["x"] != 1 || made["y"] != 1 {
			t.Errorf("made %v", made)
		}
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if s := srv.Stats(); s.Objects != 0 || s.Evictions != 2 {
			t.Errorf("stats %+v", s)
		}
		p.result("quick()")
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestServer_Factory(t *testing.T) {
	t.Parallel()
	var tries int
	outcomes := []func() (any, error){
		func() (any, error) { return nil, errors.New("no database") },
		func() (any, error) { panic("secret") },
		func() (any, error) { return nil, nil },
		func() (any, error) { return (*tally)(nil), nil },
		func() (any, error) { return newTally(), nil },
	}
	srv := newServer(t, func(*core.State) (any, error) { tries++; return outcomes[tries-1]() }, core.WithLimits(core.Limits{ObjectsPerBinding: 1}))
	st, _ := srv.Accept(t.Context(), objX)
	ask := func(chain string) answer {
		m, _ := srv.Exchange(t.Context(), objX, st, core.Message{Data: []byte(`{"json":{"batch":[` + itemOf("x", chain) + `]},"meta":{}}`)})
		return parseAnswer(t, string(m.Data))[0]
	}
	for i, want := range []problem{
		{"Error", "no database", ""},
		{"Error", "core: the factory of OBJ failed", "internal"},
		{"Error", "core: the factory of OBJ made nothing", "internal"},
		{"Error", "core: the factory of OBJ made nothing", "internal"},
	} {
		if got := ask("calls()").problem(t); got != want {
			t.Errorf("factory %d: %+v, want %+v", i, got, want)
		}
	}
	if a := ask("calls()"); !a.Success || srv.Stats().Objects != 1 {
		t.Errorf("a good factory: %+v", a)
	}
	st, _ = srv.Accept(t.Context(), to("OBJ", "y"))
	if got := ask("calls()").problem(t); got.MillraceCode != "limit" || !strings.Contains(got.Message, "too many live objects of OBJ: 2 > 1 (setting: ObjectsPerBinding)") {
		t.Errorf("one object too many: %+v", got)
	}
}

func TestServer_Shutdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, _ := sloths(t)
		p := connect(t, srv, objX)
		st, _ := srv.Accept(t.Context(), objX)
		p.write(batch(itemOf("runs", `work("a",1000)`)))
		synctest.Wait()
		done := make(chan error, 1)
		go func() { done <- srv.Shutdown(context.Background()) }()
		synctest.Wait()
		p.write(batch(itemOf("late", `quick()`)))
		if got := parseAnswer(t, p.next(0))[0].problem(t); got.MillraceCode != "unreachable" || !strings.Contains(got.Message, "shutting down") {
			t.Errorf("a call while shutting down: %+v", got)
		}
		m, outcome := srv.Exchange(t.Context(), objX, st, core.Message{Data: []byte(`{"json":{"batch":[` + itemOf("x", "quick()") + `]},"meta":{}}`)})
		if got := parseAnswer(t, string(m.Data))[0].problem(t); got.MillraceCode != "unreachable" || outcome != core.SomeFailed {
			t.Errorf("an exchange while shutting down: %+v", got)
		}
		if _, reject := srv.Accept(t.Context(), objX); reject == nil || reject.Status != 503 || reject.Code != core.CloseGoingAway {
			t.Errorf("a handshake while shutting down: %+v", reject)
		}
		p.write("PING")
		start := time.Now()
		if err := <-done; err != nil || time.Since(start) != time.Second {
			t.Errorf("Shutdown = %v after %v", err, time.Since(start))
		}
		if a := parseAnswer(t, p.next(1))[0]; a.ID != "runs" || !a.Success {
			t.Errorf("the call that ran: %+v", a)
		}
	})
}

func TestServer_Shutdown_grace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, _ := sloths(t)
		p := connect(t, srv, objX)
		p.write(batch(itemOf("runs", `work("a",10000)`)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown = %v", err)
		}
		if got := parseAnswer(t, p.next(0))[0].problem(t); got.MillraceCode != "canceled" {
			t.Errorf("a call that is cut: %+v", got)
		}
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Errorf("a second Shutdown = %v", err)
		}
	})
}
