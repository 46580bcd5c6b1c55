package core_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
)

// ledger returns what it goes on changing.
type ledger struct {
	Entries map[string]int `json:"entries"`
	runs    int
}

func (l *ledger) Add(name string) map[string]int {
	l.Entries[name]++
	return l.Entries
}
func (l *ledger) Once() int                 { l.runs++; return l.runs }
func (l *ledger) Mixed(v any, n int) string { return fmt.Sprint(v, n) }

// Each item of a batch shows the state at its own end.
func TestServer_BatchSnapshots(t *testing.T) {
	t.Parallel()
	p := serve(t, &ledger{Entries: map[string]int{}})
	a := parseAnswer(t, p.askItems(itemOf("a", `add("x")`), itemOf("b", `add("x")`), itemOf("c", `add("x")`)))
	for i, item := range a {
		if want := fmt.Sprintf(`{"x":%d}`, i+1); string(item.Result) != want {
			t.Errorf("item %d: %s, want %s", i, item.Result, want)
		}
	}
}

// One marker at two places runs once, also where the places have different types.
func TestServer_SharedMarker(t *testing.T) {
	t.Parallel()
	p := serve(t, &ledger{})
	p.write(`{"json":{"type":"__rpc","batch":[{"id":"a","operations":[{"type":"get","key":"mixed"},{"type":"apply","args":[{"$ref":0},{"$ref":0}]}]}]},"meta":{"aliases":{"0":` + nest("", "once()") + `}}}`)
	if got := p.next(0); !strings.Contains(got, `"result":"1 1"`) {
		t.Errorf("answer %s", got)
	}
}

// 500 calls at once on one connection: every answer is the right one.
func TestServer_ManyCalls(t *testing.T) {
	t.Parallel()
	p := serve(t, newTally())
	for i := range 500 {
		p.write(batch(itemOf(fmt.Sprint(i), fmt.Sprintf("add(%d,1)", i))))
	}
	for _, text := range p.waitN(500) {
		if a := parseAnswer(t, text)[0]; string(a.Result) != fmt.Sprint(decode[int](t, a.ID)+1) {
			t.Errorf("call %s was answered by %s", a.ID, a.Result)
		}
	}
}

// A call that comes back to an object of its own calling chain does not wait behind others.
func TestServer_ComingBackIsNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := newServer(t, nil)
		steps := &notes{}
		if err := srv.Register("OBJ", func(st *core.State) (any, error) { return &pacer{st, steps}, nil }); err != nil {
			t.Fatal(err)
		}
		p := connect(t, srv, objX)
		p.write(batch(itemOf("away", `go("y","go","x","mark","back")`)))
		for i := range 3 {
			p.write(batch(itemOf(fmt.Sprint(i), fmt.Sprintf(`mark("%d")`, i))))
		}
		p.waitN(4)
		// The first of those that waited has the turn when the call comes back; the others have not.
		if got := strings.Join(steps.all(), " "); got != "0 back 1 2" {
			t.Errorf("the order was %s", got)
		}
	})
}

type pacer struct {
	st    *core.State
	steps *notes
}

func (c *pacer) Mark(name string) {
	time.Sleep(time.Second)
	c.steps.add("%s", name)
}

func (c *pacer) Go(ctx context.Context, other, method string, args ...any) (any, error) {
	time.Sleep(300 * time.Millisecond) // the others have their places by then
	n, err := c.st.Env().Binding("OBJ")
	if err != nil {
		return nil, err
	}
	return n.GetByName(other).Call(ctx, method, args...)
}
