package core_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
)

// peer is a listener's one connection, without a listener: it feeds the server as the
// contract of Handler demands.
type peer struct {
	t    testing.TB
	srv  *core.Server
	hs   core.Handshake
	st   core.Settings
	once sync.Once

	mu      sync.Mutex // guards what follows
	sent    []string
	changed chan struct{}
	code    core.CloseCode
	reason  string
	full    bool // refuses what is sent

	running sync.WaitGroup
}

// message is one Handler.Message call: it is over for the reader when it handed off.
type message struct {
	*peer
	off chan struct{}
}

var _ core.Session = message{}

func connect(t testing.TB, srv *core.Server, hs core.Handshake) *peer {
	t.Helper()
	p, reject := tryConnect(t, srv, hs)
	if reject != nil {
		t.Fatalf("handshake of %v refused: %d %s", hs.Target, reject.Status, reject.Text)
	}
	return p
}

func tryConnect(t testing.TB, srv *core.Server, hs core.Handshake) (*peer, *core.Reject) {
	t.Helper()
	if hs.Transport == "" {
		hs.Transport = "test"
	}
	st, reject := srv.Accept(t.Context(), hs)
	if reject != nil {
		return nil, reject
	}
	p := &peer{t: t, srv: srv, hs: hs, st: st, changed: make(chan struct{})}
	srv.Opened(p)
	t.Cleanup(p.close)
	return p, nil
}

func (p *peer) close() {
	p.once.Do(func() { p.srv.Closed(p, core.CloseInfo{Code: core.CloseNormal, Clean: true}) })
	p.running.Wait()
}

func (p *peer) Handshake() core.Handshake { return p.hs }
func (p *peer) Value() any                { return p.st.Value }
func (p *peer) HandOff()                  {}
func (m message) HandOff()                { close(m.off) }

func (p *peer) Send(m core.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.full {
		return fmt.Errorf("full")
	}
	p.sent = append(p.sent, string(m.Data))
	close(p.changed)
	p.changed = make(chan struct{})
	return nil
}

func (p *peer) Close(code core.CloseCode, reason string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.code == 0 {
		p.code, p.reason = code, reason
	}
	close(p.changed)
	p.changed = make(chan struct{})
	return nil
}

// write feeds a message and returns when the reader would read on.
func (p *peer) write(data string) { p.writeMessage(core.Message{Data: []byte(data)}) }

func (p *peer) writeMessage(m core.Message) {
	over := make(chan struct{})
	s := message{p, make(chan struct{})}
	p.running.Go(func() {
		defer close(over)
		p.srv.Message(s, m)
	})
	select {
	case <-s.off:
	case <-over:
	}
}

// closedWith is the code that the server closed the connection with, 0 for none.
func (p *peer) closedWith() core.CloseCode {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.code
}

// wait returns what was sent when ok says so.
func (p *peer) wait(ok func(sent []string) bool) []string {
	p.t.Helper()
	for {
		p.mu.Lock()
		sent, changed := append([]string(nil), p.sent...), p.changed
		p.mu.Unlock()
		if ok(sent) {
			return sent
		}
		select {
		case <-changed:
		case <-p.t.Context().Done():
			p.t.Fatalf("waited in vain; sent were %q", sent)
		}
	}
}

func (p *peer) waitN(n int) []string {
	p.t.Helper()
	return p.wait(func(sent []string) bool { return len(sent) >= n })
}

// next returns the message that comes after the first n.
func (p *peer) next(n int) string { p.t.Helper(); return p.waitN(n + 1)[n] }

func (p *peer) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sent)
}

// batch wraps items into a message.
func batch(items ...string) string {
	return `{"json":{"type":"__rpc","batch":[` + strings.Join(items, ",") + `]},"meta":{}}`
}

// itemOf is one item of a batch: the chain is written as a.b(1,2).c().
func itemOf(id, chain string) string {
	return fmt.Sprintf(`{"id":%q,"operations":%s}`, id, ops(chain))
}

// ops writes a chain's operations. Arguments are JSON without parentheses in texts.
func ops(chain string) string {
	var list []string
	for chain != "" {
		switch chain[0] {
		case '.':
			chain = chain[1:]
		case '(':
			depth, end := 0, 0
			for i, c := range chain {
				if c == '(' {
					depth++
				} else if c == ')' {
					if depth--; depth == 0 {
						end = i
						break
					}
				}
			}
			list = append(list, `{"type":"apply","args":[`+chain[1:end]+`]}`)
			chain = chain[end+1:]
		default:
			end := strings.IndexAny(chain, ".(")
			if end < 0 {
				end = len(chain)
			}
			list = append(list, fmt.Sprintf(`{"type":"get","key":%q}`, chain[:end]))
			chain = chain[end:]
		}
	}
	return "[" + strings.Join(list, ",") + "]"
}

// nest is a chain in the place of an argument.
func nest(ref, chain string) string {
	head := `{"__isNestedOperation":true`
	if ref != "" {
		head += fmt.Sprintf(`,"__refId":%q`, ref)
	}
	if chain != "" {
		head += `,"__operationChain":` + ops(chain)
	}
	return head + "}"
}

// ask sends one call and returns the answer's whole text.
func (p *peer) ask(chain string) string {
	p.t.Helper()
	return p.askItems(itemOf("x", chain))
}

func (p *peer) askItems(items ...string) string {
	p.t.Helper()
	n := p.count()
	p.write(batch(items...))
	return p.next(n)
}

// result is the result of one call, as JSON; the test fails when the call did.
func (p *peer) result(chain string) string {
	p.t.Helper()
	got := p.ask(chain)
	a := parseAnswer(p.t, got)[0]
	if !a.Success {
		p.t.Fatalf("%s failed: %s", chain, got)
	}
	return string(a.Result)
}

// answer is one item of an answer.
type answer struct {
	ID      string
	Success bool
	Result  json.RawMessage
	Error   json.RawMessage
}

// problem is an error on the wire.
type problem struct {
	Name, Message, MillraceCode string
}

func (a answer) problem(t testing.TB) problem {
	t.Helper()
	var p problem
	if a.Success {
		t.Fatalf("call %s succeeded with %s, want an error", a.ID, a.Result)
	}
	if err := json.Unmarshal(a.Error, &p); err != nil {
		t.Fatalf("error %s: %v", a.Error, err)
	}
	return p
}

func parseAnswer(t testing.TB, text string) []answer {
	t.Helper()
	var env struct {
		JSON struct {
			Type  string
			Batch []answer
		}
	}
	if err := json.Unmarshal([]byte(text), &env); err != nil {
		t.Fatalf("answer %s: %v", text, err)
	}
	return env.JSON.Batch
}

// fails is the error of one call.
func (p *peer) fails(chain string) problem {
	p.t.Helper()
	return parseAnswer(p.t, p.ask(chain))[0].problem(p.t)
}

// newServer returns a server with the test codec and one binding OBJ.
func newServer(t testing.TB, f func(*core.State) (any, error), opts ...core.ServerOption) *core.Server {
	t.Helper()
	srv, err := core.NewServer(testCodec(), append([]core.ServerOption{core.AllowAnonymousClientID()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	if f != nil {
		if err := srv.Register("OBJ", f); err != nil {
			t.Fatal(err)
		}
	}
	return srv
}

func testCodec() core.Codec { return lmzcodec.New() }

var objX = core.Handshake{Target: core.Target{Binding: "OBJ", Instance: "x"}}

// serve returns a connection to object x of a server with one binding.
func serve(t testing.TB, v any, opts ...core.ServerOption) *peer {
	t.Helper()
	srv := newServer(t, func(*core.State) (any, error) { return v, nil }, opts...)
	p := connect(t, srv, objX)
	return p
}

// exchange sends a request whose answer belongs to it.
func exchange(t testing.TB, srv *core.Server, hs core.Handshake, body string) (string, core.Outcome) {
	t.Helper()
	st, reject := srv.Accept(t.Context(), hs)
	if reject != nil {
		t.Fatalf("refused: %d %s", reject.Status, reject.Text)
	}
	m, outcome := srv.Exchange(context.WithoutCancel(t.Context()), hs, st, core.Message{Data: []byte(body)})
	return string(m.Data), outcome
}

func decode[T any](t testing.TB, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
