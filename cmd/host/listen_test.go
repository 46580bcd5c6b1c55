package main

import (
	"strings"
	"syscall"
	"testing"

	"github.com/millrace/millrace/core"
)

func TestListen(t *testing.T) {
	t.Parallel()
	_, addr := serving(t, "--fixture")
	object := "ws://" + addr + "/__rpc/BROADCAST_DO/x"
	hears := start(t, "listen", object, "--client-id", "ann", "--count", "2")
	hears.errs.waitFor(t, "connected to BROADCAST_DO/x as ann")
	for _, message := range []string{`{"a":[1,2]}`, `{"$map":[[1,{"$date":"2026-01-02T03:04:05.678Z"}]]}`, `"too late"`} {
		if code, _, errs := cli(t, "", "call", object, "broadcastToAll", message); code != exitOK {
			t.Fatalf("exit %d, %q", code, errs)
		}
	}
	if code := hears.wait(); code != exitOK {
		t.Errorf("exit %d, %q", code, hears.errs.String())
	}
	if want := `{"a":[1,2]}` + "\n" + `{"$map":[[1,{"$date":"2026-01-02T03:04:05.678Z"}]]}` + "\n"; hears.out.String() != want {
		t.Errorf("standard output: %q, want %q", hears.out.String(), want)
	}
}

func TestListen_Interrupted(t *testing.T) {
	t.Parallel()
	_, addr := serving(t)
	hears := start(t, "listen", "ws://"+addr+"/__rpc/ROOM/x", "--client-id", "ann", "-v")
	hears.errs.waitFor(t, "connected to ROOM/x as ann")
	if code := hears.stop(); code != exitOK || hears.out.String() != "" {
		t.Errorf("exit %d, %q", code, hears.out.String())
	}
}

func TestListen_ClosedForGood(t *testing.T) {
	t.Parallel()
	_, addr := serving(t, "--fixture")
	object := "ws://" + addr + "/__rpc/NOTIFICATION_DO/x"
	hears := start(t, "listen", object, "--client-id", "ann")
	hears.errs.waitFor(t, "connected to")
	if code, _, errs := cli(t, "", "call", object, "closeClient", `"ann"`, "4403", `"not you"`); code != exitOK {
		t.Fatalf("exit %d, %q", code, errs)
	}
	if code := hears.wait(); code != exitFailed || !strings.Contains(hears.errs.String(), "code 4403 (not you)") {
		t.Errorf("exit %d, %q", code, hears.errs.String())
	}
}

func TestListen_Refusals(t *testing.T) {
	t.Parallel()
	_, addr := serving(t)
	object := "ws://" + addr + "/__rpc/ROOM/x"
	tests := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no-url", nil, exitUsage, "the URL is missing"},
		{"no-client-id", []string{object}, exitUsage, "--client-id is missing"},
		{"two-urls", []string{object, object, "--client-id", "a"}, exitUsage, "one URL"},
		{"count", []string{object, "--client-id", "a", "--count", "-1"}, exitUsage, "--count"},
		{"bad-url", []string{"ROOM/x", "--client-id", "a"}, exitUsage, "ws://"},
		{"timeout", []string{object, "--client-id", "a", "--timeout", "-1s"}, exitUsage, "--timeout"},
		{"unknown-binding", []string{"ws://" + addr + "/__rpc/NO/x", "--client-id", "a"}, exitUnreachable, "ROOM"},
		{"nobody-there", []string{"ws://127.0.0.1:1/__rpc/ROOM/x", "--client-id", "a"}, exitUnreachable, "refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, out, errs := cli(t, "", append([]string{"listen"}, tt.args...)...)
			if code != tt.code || out != "" || !strings.Contains(errs, tt.want) {
				t.Errorf("exit %d, want %d; %q, %q", code, tt.code, out, errs)
			}
		})
	}
}

// A server that is killed and started again is found again, and messages go on;
// what was in flight has an unknown outcome.
func TestListen_SurvivesARestart(t *testing.T) {
	t.Parallel()
	server, addr := servingProcess(t, "127.0.0.1:0")
	object := "ws://" + addr + "/__rpc/BROADCAST_DO/x"
	hears := startProcess(t, "listen", object, "--client-id", "ann")
	hears.errs.waitFor(t, "connected to")
	send := func(message string) {
		t.Helper()
		if code, _, errs := cli(t, "", "call", object, "broadcastToAll", message); code != exitOK {
			t.Fatalf("exit %d, %q", code, errs)
		}
		if got := hears.line(); got != message {
			t.Errorf("heard %q, want %q", got, message)
		}
	}
	send(`"before"`)
	for range 2 {
		outcome := slow(t, addr, 25_000)
		server.signal(syscall.SIGKILL)
		server.wait()
		if err := <-outcome; core.CodeOf(err) != core.CodeOutcomeUnknown {
			t.Errorf("the call in flight: %v", err)
		}
		hears.errs.waitFor(t, "connection lost: code 1006; connecting again")
		server, _ = servingProcess(t, addr)
		hears.errs.waitFor(t, "connected again")
		send(`"after"`)
		hears.errs.reset()
	}
	hears.signal(syscall.SIGINT)
	if code := hears.wait(); code != exitOK {
		t.Errorf("exit %d, %q", code, hears.errs.String())
	}
}
