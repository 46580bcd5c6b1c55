package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/examples/internal/site"
	"github.com/millrace/millrace/transports/wstransport"
)

// client leaves no connection behind.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// buffer collects what the program writes, while tests look at it.
type buffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// start runs the program until the test ends, and returns the address that it prints.
func start(t *testing.T, stderr io.Writer, args ...string) string {
	t.Helper()
	ctx, interrupt := context.WithCancel(context.Background())
	out, stdout := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, append(args, "--addr", "127.0.0.1:0"), stdout, stderr)
		_ = stdout.Close()
	}()
	t.Cleanup(func() {
		interrupt()
		if code := <-done; code != site.ExitOK {
			t.Errorf("it ended with %d", code)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on http://")
	if err != nil || !ok {
		t.Fatalf("it printed %q, %v", line, err)
	}
	return addr
}

func TestRun_Usage(t *testing.T) {
	t.Parallel()
	inUse := start(t, io.Discard)
	for _, tt := range []struct {
		name         string
		args         []string
		code         int
		stdout, errs string
	}{
		{"help", []string{"--help"}, 0, "Usage: authrefresh [flags]", ""},
		{"unknown-flag", []string{"--port", "1"}, 2, "", "flag provided but not defined: -port\n  authrefresh --help shows the flags"},
		{"argument", []string{"serve"}, 2, "", `"serve" is not a flag, and nothing else is taken`},
		{"no-port", []string{"--addr", "127.0.0.1"}, 2, "", "is not host:port"},
		{"everybody", []string{"--addr", "0.0.0.0:0"}, 2, "", "can be reached from other machines"},
		{"in-use", []string{"--addr", inUse}, 3, "", "authrefresh: the address " + inUse + " is in use by another program\n  choose another one with --addr"},
		{"short-lifetime", []string{"--token-lifetime", "3s"}, 2, "", "--token-lifetime 3s is less than 4s"},
		{"short-session", []string{"--session-lifetime", "10s"}, 2, "", "--session-lifetime 10s is less than --token-lifetime 30s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), patience) // should it serve
			defer cancel()
			var stdout, stderr buffer
			code := run(ctx, tt.args, &stdout, &stderr)
			if code != tt.code || !strings.Contains(stdout.String(), tt.stdout) || !strings.Contains(stderr.String(), tt.errs) {
				t.Errorf("it ended with %d and said %q and %q, want %d, %q and %q", code, stdout.String(), stderr.String(), tt.code, tt.stdout, tt.errs)
			}
			if tt.stdout == "" && stdout.String() != "" || tt.errs == "" && stderr.String() != "" {
				t.Errorf("it said %q and %q", stdout.String(), stderr.String())
			}
		})
	}
}

// Every file that the page refers to is served, and of its own server alone.
func TestRun_Page(t *testing.T) {
	t.Parallel()
	addr := start(t, io.Discard)
	served := map[string]bool{}
	for paths := []string{"/"}; len(paths) > 0; paths = paths[1:] {
		path := paths[0]
		if served[path] {
			continue
		}
		served[path] = true
		resp, err := client.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || len(text) == 0 {
			t.Errorf("%s: %s, %d bytes, %v", path, resp.Status, len(text), err)
		}
		for _, m := range regexp.MustCompile(`(?:href|src)="([^"#]+)"|from "([^"]+)"`).FindAllStringSubmatch(string(text), -1) {
			paths = append(paths, "/"+strings.TrimLeft(m[1]+m[2], "./"))
		}
	}
	for _, path := range []string{"/ui.css", "/app.js", "/style.css", "/__rpc/client.js"} {
		if !served[path] {
			t.Errorf("the page does not lead to %s", path)
		}
	}
}

// post sends a request of a page of some origin.
func post(t *testing.T, url, origin, body string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", origin)
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(got)
}

// Over a WebSocket a token opens its owner's account; a call by POST, which has none, is refused, and so
// are pages of other origins. The log has no token.
func TestRun_SignInAndCall(t *testing.T) {
	t.Parallel()
	var log buffer
	addr := start(t, &log, "--log-level", "debug")
	const ann = `{"user":"ann","password":"ann"}`
	if status, text := post(t, "http://"+addr+"/auth/login", "https://evil.example", ann); status != http.StatusForbidden {
		t.Errorf("a login from another origin: %d %s", status, text)
	}
	status, text := post(t, "http://"+addr+"/auth/login", "http://"+addr, ann)
	var in signedIn
	if err := json.Unmarshal([]byte(text), &in); err != nil || status != http.StatusOK || in.User != "ann" {
		t.Fatalf("login: %d %s, %v", status, text, err)
	}
	for _, path := range []string{"/__rpc/ACCOUNT/ann/call", "/__rpc/ACCOUNT/ann/call?token=" + in.Token} {
		if status, text := post(t, "http://"+addr+path, "http://"+addr, `{"json":{"batch":[]},"meta":{}}`); status != http.StatusUnauthorized {
			t.Errorf("a call by POST: %d %s", status, text)
		}
	}
	for token, code := range map[string]core.Code{in.Token: "", in.Token + "x": core.CodeUnauthenticated} {
		tr, err := wstransport.New("ws://"+addr, core.Target{Binding: accountBinding, Instance: "ann"},
			wstransport.ClientID("ann"), wstransport.Protocols(offering(func() (string, error) { return token, nil })))
		if err != nil {
			t.Fatal(err)
		}
		c, err := core.NewClient(tr, lmzcodec.New())
		if err != nil {
			t.Fatal(err)
		}
		who, err := core.Call[Who](t.Context(), c, "whoAmI")
		if core.CodeOf(err) != code || err == nil && (who.User != "ann" || !who.Expires.Equal(in.ExpiresAt)) {
			t.Errorf("whoAmI = %+v, %v, want the code %q", who, err, code)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if log := log.String(); log == "" || strings.Contains(log, in.Token[strings.LastIndex(in.Token, "."):]) {
		t.Errorf("the log has a token, or nothing:\n%s", log)
	}
}
