package core_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/core"
)

// The deadline of a call comes while it waits for another object, and its own object has
// been taken by a call that does not return: it is answered all the same.
func TestServer_DeadlineFarFromHome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, all := sloths(t, core.WithLimits(core.Limits{CallTimeout: time.Second}))
		other := objX
		other.Target.Instance = "y"
		p, q := connect(t, srv, objX), connect(t, srv, other)
		if got := p.result("quick()") + q.result("quick()"); got != `"quick""quick"` {
			t.Fatal(got)
		}
		q.write(batch(itemOf("y", "stick()"))) // y is taken
		p.write(batch(itemOf("hop", `env.OBJ.getByName("y").quick()`)))
		synctest.Wait()
		p.write(batch(itemOf("x", "stick()"))) // x is taken, which the hop let go of
		time.Sleep(2 * time.Second)
		if a := parseAnswer(t, p.waitN(3)[1]); len(a) != 1 || a[0].Success {
			t.Errorf("the answers are %+v", a)
		}
		found := map[string]int{}
		for _, text := range p.waitN(3) {
			for _, a := range parseAnswer(t, text) {
				found[a.ID]++
			}
		}
		if found["hop"] != 1 || found["x"] != 2 {
			t.Errorf("answers by id are %v", found)
		}
		close(named(all, "x").stuck)
		close(named(all, "y").stuck)
		synctest.Wait()
		if got := p.result("quick()"); got != `"quick"` || p.count() != 4 {
			t.Errorf("afterwards quick() = %s, and %d messages", got, p.count())
		}
	})
}

// A caller is free at its deadline while the factory of the object that it calls runs.
func TestServer_SlowFactoryBehindHandle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, _ := sloths(t)
		release := make(chan struct{})
		if err := srv.Register("SLOW", func(*core.State) (any, error) { <-release; return &sloth{}, nil }); err != nil {
			t.Fatal(err)
		}
		v := &visitor{}
		if err := srv.Register("VISITOR", func(st *core.State) (any, error) { v.env = st.Env(); return v, nil }); err != nil {
			t.Fatal(err)
		}
		p := connect(t, srv, core.Handshake{Target: core.Target{Binding: "VISITOR", Instance: "v"}})
		start := time.Now()
		if got := p.result("visit(50)"); got != `"timeout"` || time.Since(start) != 50*time.Millisecond {
			t.Errorf("visit = %s after %v", got, time.Since(start))
		}
		close(release)
		synctest.Wait()
		if n := srv.Stats().Overdue; n != 0 {
			t.Errorf("%d calls are overdue at the end", n)
		}
	})
}

type visitor struct{ env *core.Env }

// Visit calls a slow object, and returns the code of the failure.
func (v *visitor) Visit(ctx context.Context, ms int) (string, error) {
	n, err := v.env.Binding("SLOW")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(ms)*time.Millisecond)
	defer cancel()
	_, err = n.GetByName("s").Call(ctx, "quick")
	return string(core.CodeOf(err)), nil
}

func TestServer_ShutdownTwiceAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, _ := sloths(t)
		p := connect(t, srv, objX)
		p.write(batch(itemOf("a", `work("a",1000)`)))
		over := make(chan error, 2)
		for range 2 {
			go func() { over <- srv.Shutdown(t.Context()) }()
		}
		for range 2 {
			select {
			case err := <-over:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(time.Minute):
				t.Fatal("a Shutdown did not return")
			}
		}
	})
}
