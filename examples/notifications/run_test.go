package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/examples/internal/site"
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
		{"help", []string{"--help"}, 0, "Usage: notifications [flags]", ""},
		{"unknown-flag", []string{"--port", "1"}, 2, "", "flag provided but not defined: -port\n  notifications --help shows the flags"},
		{"argument", []string{"serve"}, 2, "", `"serve" is not a flag, and nothing else is taken`},
		{"no-port", []string{"--addr", "127.0.0.1"}, 2, "", "is not host:port"},
		{"everybody", []string{"--addr", "0.0.0.0:0"}, 2, "", "can be reached from other machines"},
		{"in-use", []string{"--addr", inUse}, 3, "", "notifications: the address " + inUse + " is in use by another program\n  choose another one with --addr"},
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
