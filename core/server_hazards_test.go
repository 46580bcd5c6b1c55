package core_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
)

// An answer that is known does not wait for an object that has no part in it any more.
func TestServer_AnswerOfStepDoesNotWaitForReturn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, chain string
		want        string
	}{
		{"success", `env.OBJ.getByName("y").work("away",1000)`, `"result":"away"`},
		{"refused there", `env.OBJ.getByName("y").nosuch(1)`, `no member`},
		{"thrown there", `env.OBJ.getByName("y").work("away",200000)`, `"success":false`},
		{"nested", `work(` + nest("r", `env.OBJ.getByName("y").nosuch(1)`) + `,1)`, `"success":false`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv, all := sloths(t)
				p, q, r := connect(t, srv, objX), connect(t, srv, objX), connect(t, srv, core.Handshake{Target: core.Target{Binding: "OBJ", Instance: "y"}})
				p.write(batch(itemOf("warm", "quick()")))
				p.waitN(1)
				r.write(batch(itemOf("hold", `hog(500)`))) // the step waits for y, and lets go of x
				synctest.Wait()
				p.write(batch(itemOf("a", tt.chain)))
				synctest.Wait()
				q.write(batch(itemOf("b", "stick()"))) // x never comes back
				synctest.Wait()
				time.Sleep(40 * time.Second)
				synctest.Wait()
				if p.count() != 2 || !strings.Contains(p.next(1), tt.want) {
					t.Errorf("%d answers after 40 s: %q", p.count(), p.waitN(1))
				}
				close(named(all, "x").stuck)
			})
		})
	}
}

// The step's object is busy until the deadline, and so is the one it left: there is an answer all the same.
func TestServer_BusyStepFromBusyObject(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, all := sloths(t)
		p, q, r := connect(t, srv, objX), connect(t, srv, objX), connect(t, srv, core.Handshake{Target: core.Target{Binding: "OBJ", Instance: "y"}})
		r.write(batch(itemOf("hold", `stick()`)))
		p.write(batch(itemOf("warm", "quick()")))
		p.waitN(1)
		synctest.Wait()
		p.write(batch(itemOf("a", `env.OBJ.getByName("y").quick()`)))
		p.write(batch(itemOf("b", `env.OBJ.getByName("y").quick()`), itemOf("c", `quick()`)))
		p.write(batch(itemOf("d", `work(`+nest("r", `env.OBJ.getByName("y").quick()`)+`,1)`)))
		synctest.Wait()
		q.write(batch(itemOf("stick", "stick()")))
		synctest.Wait()
		time.Sleep(70 * time.Second)
		synctest.Wait()
		if p.count() != 4 {
			t.Errorf("%d answers of 4 after 70 s: %q", p.count(), p.waitN(1))
		}
		close(named(all, "x").stuck)
		close(named(all, "y").stuck)
	})
}

// A cancellation names as many calls as it likes where batches have no limit.
func TestServer_CancelsManyWithoutBatchLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, _ := sloths(t, core.WithLimits(core.Limits{BatchItems: core.NoLimit}))
		p := connect(t, srv, objX)
		start := time.Now()
		p.write(batch(itemOf("a", `work("a",20000)`)))
		p.write(batch(itemOf("b", `work("b",20000)`)))
		p.write(`{"json":{"type":"__cancel","ids":["a","b"]},"meta":{}}`)
		p.waitN(2)
		if d := time.Since(start); d > time.Second {
			t.Errorf("cancelled calls took %v", d)
		}
	})
}

// Fan visits two objects at a time: the second one comes back to this one after the first one has answered.
func (f *crossroads) Fan(ctx context.Context) ([]any, error) {
	n, err := f.env.Binding("OBJ")
	if err != nil {
		return nil, err
	}
	got, errs := make([]any, 2), make([]error, 2)
	var all sync.WaitGroup
	all.Go(func() { got[0], errs[0] = n.GetByName("near").Call(ctx, "leaf") })
	all.Go(func() { got[1], errs[1] = n.GetByName("far").Call(ctx, "return", f.name) })
	all.Wait()
	if f.inside != 0 {
		return nil, errors.New("another call runs")
	}
	f.inside++
	time.Sleep(time.Second)
	f.inside--
	return got, errors.Join(errs...)
}

func (f *crossroads) Leaf() string { return "leaf of " + f.name }

func (f *crossroads) Return(ctx context.Context, to string) (any, error) {
	time.Sleep(time.Second)
	n, err := f.env.Binding("OBJ")
	if err != nil {
		return nil, err
	}
	return n.GetByName(to).Call(ctx, "leaf")
}

type crossroads struct {
	env    *core.Env
	name   string
	inside int
}

// A method that takes two steps at a time has its turn again when the last one is back, and so a step can come
// back to the object.
func TestServer_StepsAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := newServer(t, func(st *core.State) (any, error) {
			return &crossroads{env: st.Env(), name: st.Target().Instance}, nil
		})
		p := connect(t, srv, objX)
		start := time.Now()
		p.write(batch(itemOf("a", "fan()")))
		p.write(batch(itemOf("b", "fan()")))
		for _, got := range p.waitN(2) {
			if !strings.Contains(got, `"result":["leaf of near","leaf of x"]`) {
				t.Errorf("answer is %s", got)
			}
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("it took %v", d)
		}
	})
}

type lister struct{}

type entry struct{ st int }

func (*entry) One() int   { return 1 }
func (*entry) Two() int   { return 2 }
func (*entry) Three() int { return 3 }

// List ignores its argument.
func (lister) List(string) []any {
	all := make([]any, 1000)
	for i := range all {
		all[i] = core.Expose(&entry{st: i})
	}
	return all
}

// A long argument that every function of a long list would repeat is refused before it has been copied a thousand times.
func TestServer_RepeatedArgumentsAreBounded(t *testing.T) { // not parallel: it measures
	p := serve(t, lister{})
	long := `"` + strings.Repeat("x", 300_000) + `"`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p.write(batch(itemOf("a", "list("+long+")"), itemOf("b", "list("+long+")")))
	got := p.next(0)
	runtime.ReadMemStats(&after)
	if len(got) > 10_000 || strings.Count(got, "MessageBytes") != 2 {
		t.Fatalf("answer of %d bytes: %.300s", len(got), got)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 64<<20 {
		t.Errorf("one message made the server allocate %d MiB", allocated>>20)
	}
}
