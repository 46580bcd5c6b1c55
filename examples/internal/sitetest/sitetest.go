// Package sitetest runs the example servers inside tests.
package sitetest

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a program may take that should end by itself.
const patience = 30 * time.Second

// Program is a whole program: it returns the exit code, and ends gently when ctx does.
type Program func(ctx context.Context, args []string, stdout, stderr io.Writer) int

// Start runs a server on a free port, until stop or the end of the test, and returns the host:port
// that it prints. stop waits for its end, which must be a good one, and can be called again.
func Start(t *testing.T, run Program, stderr io.Writer, args ...string) (addr string, stop func()) {
	t.Helper()
	ctx, interrupt := context.WithCancel(context.Background()) // t's would end it before its clients
	out, stdout := io.Pipe()
	defer func() { _ = out.Close() }() // it prints one line, and closing a pipe cannot fail
	done := make(chan int, 1)
	go func() { // stop waits for it
		done <- run(ctx, append(args, "--addr", "127.0.0.1:0"), stdout, stderr)
		_ = stdout.Close()
	}()
	stop = sync.OnceFunc(func() {
		interrupt()
		if code := <-done; code != 0 {
			t.Errorf("it ended with %d", code)
		}
	})
	t.Cleanup(stop)
	return Address(t, out), stop
}

// Address reads what a server prints when clients can come, and returns its host:port.
func Address(t *testing.T, stdout io.Reader) string {
	t.Helper()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(line, "listening on http://")
	if err != nil || !ok {
		t.Fatalf("it printed %q, %v", line, err)
	}
	return strings.TrimSpace(addr)
}

// Run runs a program that ends by itself, and returns its exit code and what it said.
func Run(t *testing.T, run Program, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, errs Buffer
	code = run(ctx, args, &out, &errs)
	if ctx.Err() != nil {
		t.Errorf("%q does not end by itself", args)
	}
	return code, out.String(), errs.String()
}

// Help checks that a program's help says all these.
func Help(t *testing.T, run Program, wants ...string) {
	t.Helper()
	code, stdout, stderr := Run(t, run, "--help")
	if code != 0 || stderr != "" {
		t.Errorf("--help ends with %d and says %q", code, stderr)
	}
	for _, want := range wants {
		if !strings.Contains(stdout, want) {
			t.Errorf("--help does not say %q:\n%s", want, stdout)
		}
	}
}

// Buffer collects what a program writes, while tests look at it.
type Buffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String returns what has been written so far.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
