package main

import (
	"context"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/core"
)

// A client that lost its server looks for it after 1 s, then after 2 s more, then
// after 4 s more, and goes on where a server stands again.
func TestListen_ReconnectSchedule(t *testing.T) {
	t.Parallel()
	server, addr := servingProcess(t, "127.0.0.1:0")
	object := "ws://" + addr + "/__rpc/BROADCAST_DO/x"
	hears := startProcess(t, "listen", object, "--client-id", "ann")
	hears.errs.waitFor(t, "connected to")
	server.signal(syscall.SIGKILL)
	lost := time.Now()
	server.wait()

	// In the server's place: somebody who hangs up, twice.
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // closed below when all is well
	if err := l.(*net.TCPListener).SetDeadline(lost.Add(patience)); err != nil {
		t.Fatal(err)
	}
	last := lost
	for _, wait := range []time.Duration{time.Second, 2 * time.Second} {
		conn, err := l.Accept()
		if err != nil {
			t.Fatalf("no attempt %v after the last: %v", wait, err)
		}
		if took := time.Since(last); took < wait-wait/10 || took > wait+wait*9/10 {
			t.Errorf("an attempt came %v after the last, want %v", took, wait)
		}
		last = time.Now()
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	_, _ = servingProcess(t, addr)
	hears.errs.waitFor(t, "connected again")
	if took := time.Since(last); took < 3600*time.Millisecond || took > 7600*time.Millisecond {
		t.Errorf("connected again %v after the second attempt, want 4s", took)
	}
	if code, _, errs := cli(t, "", "call", object, "broadcastToAll", `"after"`); code != exitOK {
		t.Fatalf("exit %d, %q", code, errs)
	}
	if got := hears.line(); got != `"after"` {
		t.Errorf("heard %q", got)
	}
}

// When a server is killed, each pending call ends: with an unknown outcome if it was
// sent, unreachable if not. The server is stopped first, so that it reads nothing more
// and there are calls of both kinds.
func TestServe_KilledUnderPendingCalls(t *testing.T) {
	t.Parallel()
	server, addr := servingProcess(t, "127.0.0.1:0")
	c := dialled(t, addr, "EXAMPLE_DO", "x", "")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := core.Call[int](ctx, c, "increment"); err != nil {
		t.Fatal(err)
	}
	server.signal(syscall.SIGSTOP)
	const calls = 100
	load := strings.Repeat("x", 1<<18) // 25 MiB in all: more than kernel and queue hold
	var mu sync.Mutex
	outcomes := map[core.Code]int{}
	var wg sync.WaitGroup
	for range calls {
		wg.Go(func() {
			_, err := core.Call[string](ctx, c, "echo", load)
			mu.Lock()
			defer mu.Unlock()
			outcomes[core.CodeOf(err)]++
		})
	}
	// What can be sent has been when no further call got its place for a second.
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for pending, quiet := 0, 0; quiet < 20; quiet++ {
		<-tick.C
		if n := c.Stats().Pending; n != pending || n == 0 {
			pending, quiet = n, 0
		}
	}
	server.signal(syscall.SIGKILL)
	server.wait()
	wg.Wait()
	unknown, unreachable := outcomes[core.CodeOutcomeUnknown], outcomes[core.CodeUnreachable]
	if unknown == 0 || unreachable == 0 || unknown+unreachable != calls {
		t.Errorf("%d calls ended with %v, want some %s and all others %s", calls, outcomes, core.CodeOutcomeUnknown, core.CodeUnreachable)
	}
	if n := c.Stats().Pending; n != 0 {
		t.Errorf("%d calls are still pending", n)
	}

	_, _ = servingProcess(t, addr)
	if got, err := core.Call[int](ctx, c, "increment"); got != 1 || err != nil {
		t.Errorf("the first call of the new server = %d, %v", got, err)
	}
}
