package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, url, base, prefix, binding, instance string }{
		{"plain", "ws://127.0.0.1:8787/__rpc/ROOM/lobby", "ws://127.0.0.1:8787", "/__rpc", "ROOM", "lobby"},
		{"call", "ws://h/__rpc/ROOM/lobby/call", "ws://h", "/__rpc", "ROOM", "lobby"},
		{"instance-call", "ws://h/__rpc/ROOM/call", "ws://h", "/__rpc", "ROOM", "call"},
		{"slash", "wss://h/__rpc/ROOM/lobby/", "wss://h", "/__rpc", "ROOM", "lobby"},
		{"http", "http://h:1/__rpc/ROOM/lobby", "ws://h:1", "/__rpc", "ROOM", "lobby"},
		{"https", "https://h/__rpc/ROOM/lobby", "wss://h", "/__rpc", "ROOM", "lobby"},
		{"escaped", "ws://h/__rpc/MY_DO/a%2Fb%20%C3%A9", "ws://h", "/__rpc", "MY_DO", "a/b é"},
		{"unescaped", "ws://h/__rpc/MY_DO/é", "ws://h", "/__rpc", "MY_DO", "é"},
		{"long-prefix", "ws://h/api/v1/MY_DO/x/call", "ws://h", "/api/v1", "MY_DO", "x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseAddress(tt.url)
			want := address{tt.base, tt.prefix, core.Target{Binding: tt.binding, Instance: tt.instance}}
			if err != nil || got != want {
				t.Errorf("parseAddress(%q) = %+v, %v, want %+v", tt.url, got, err, want)
			}
		})
	}
}

func TestParseAddress_Errors(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"":                         "has no scheme",
		"127.0.0.1:8787/__rpc/A/x": "cannot be read",
		"ftp://h/__rpc/A/x":        "has the scheme ftp",
		"ws:///__rpc/A/x":          "names no host",
		"ws://u:p@h/__rpc/A/x":     "--token",
		"ws://h/__rpc/A/x?token=1": "a query",
		"ws://h/__rpc/A/x#f":       "a fragment",
		"ws://h/A/x":               "names no object",
		"ws://h":                   "names no object",
		"ws://h/__rpc//x":          "an empty part",
		"ws://h/__rpc/A/%zz":       "cannot be read",
	} {
		_, err := parseAddress(url)
		if exitCode(err) != exitUsage || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), addressForm) {
			t.Errorf("parseAddress(%q): %v, want %q", url, err, want)
		}
	}
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"none", nil, exitOK},
		{"thrown", value.NewError("Error", "no"), exitFailed},
		{"remote", fault.FromPeer(core.CodeUnknownMember, "no"), exitFailed},
		{"remote-unencodable", fault.FromPeer(core.CodeUnencodable, "no"), exitFailed},
		{"own-unencodable", fault.New(core.CodeUnencodable, "no"), exitUsage},
		{"unreachable", fault.New(core.CodeUnreachable, "no"), exitUnreachable},
		{"unknown", fault.New(core.CodeOutcomeUnknown, "no"), exitUnknown},
		{"timeout", fault.FromPeer(core.CodeTimeout, "no"), exitUnknown},
		{"wrapped", fmt.Errorf("call: %w", fault.New(core.CodeOutcomeUnknown, "no")), exitUnknown},
		{"deadline", context.DeadlineExceeded, exitUnknown},
		{"canceled", context.Canceled, exitUnknown},
	}
	for _, tt := range tests {
		if got := exitCode(callFailure(tt.err)); got != tt.want {
			t.Errorf("%s: exit code %d, want %d", tt.name, got, tt.want)
		}
	}
	if got := exitCode(errors.New("from the parser")); got != exitUsage {
		t.Errorf("an unknown error: exit code %d", got)
	}
}

// failing fails every write and read.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
func (failing) Read([]byte) (int, error)  { return 0, io.ErrUnexpectedEOF }

func TestRun_StandardStreamsThatFail(t *testing.T) {
	t.Parallel()
	_, addr := serving(t, "--fixture")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	object := "ws://" + addr + "/__rpc/BROADCAST_DO/x"
	var errs buffer
	if code := run(ctx, []string{"call", object, "getConnectionCount", `"a"`}, failing{}, failing{}, &errs); code != exitFailed {
		t.Errorf("call: exit %d, %q", code, errs.String())
	}
	if code := run(ctx, []string{"call", object, "getConnectionCount", "-"}, failing{}, failing{}, &errs); code != exitUsage {
		t.Errorf("call: exit %d, %q", code, errs.String())
	}
	if code := run(ctx, []string{"serve", "--addr", "127.0.0.1:0"}, failing{}, failing{}, &errs); code != exitFailed {
		t.Errorf("serve: exit %d, %q", code, errs.String())
	}
	hears := make(chan int, 1)
	go func() {
		hears <- run(ctx, []string{"listen", object, "--client-id", "ann"}, failing{}, failing{}, &errs)
	}()
	errs.waitFor(t, "connected to")
	if code, _, text := cli(t, "", "call", object, "broadcastToAll", "1"); code != exitOK {
		t.Errorf("broadcast: exit %d, %q", code, text)
	}
	if code := <-hears; code != exitFailed {
		t.Errorf("listen: exit %d, %q", code, errs.String())
	}
}

func TestRun_HelpAndVersion(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"serve", "call", "listen", "Exit codes:"}},
		{[]string{"--help"}, []string{"Exit codes:"}},
		{[]string{"serve", "--help"}, []string{"limits:", "--insecure-allow-any-address"}},
		{[]string{"call", "--help"}, []string{`{"$date":`, "Exit codes:", "echo -- -1"}},
		{[]string{"listen", "--help"}, []string{"--count", "1, 2, 4, 8, 16, 30"}},
		{[]string{"version"}, []string{name + " ", runtime.GOOS + "/"}},
	} {
		code, out, errs := cli(t, "", tt.args...)
		if code != exitOK || errs != "" {
			t.Errorf("%v: exit %d, %q", tt.args, code, errs)
		}
		for _, part := range tt.want {
			if !strings.Contains(out, part) {
				t.Errorf("%v: %q lacks %q", tt.args, out, part)
			}
		}
	}
	if code, _, errs := cli(t, "", "serv"); code != exitUsage || !strings.Contains(errs, "serv") {
		t.Errorf("an unknown command: exit %d, %q", code, errs)
	}
}
