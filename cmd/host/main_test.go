package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// asProgram makes the test binary behave as the program itself, so that tests can
// start it as a process and send it signals.
const asProgram = "MILLRACE_HOST_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// patience bounds what a test waits for.
const patience = 30 * time.Second

// buffer collects what a command writes, while tests look at it.
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

// waitFor waits until b contains text.
func (b *buffer) waitFor(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(b.String(), text) {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%q did not come; there is %q", text, b.String())
		}
	}
}

// cli runs a command to its end.
func cli(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out, errs buffer
	code = run(ctx, args, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

// command is a command that runs in this process.
type command struct {
	t         *testing.T
	out, errs buffer
	interrupt context.CancelFunc // what SIGINT does
	done      chan struct{}
	code      int // once done
}

func start(t *testing.T, args ...string) *command {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := &command{t: t, interrupt: cancel, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.code = run(ctx, args, strings.NewReader(""), &c.out, &c.errs)
	}()
	t.Cleanup(func() { c.stop() })
	return c
}

// stop interrupts the command and returns its exit code.
func (c *command) stop() int {
	c.interrupt()
	return c.wait()
}

func (c *command) wait() int {
	c.t.Helper()
	select {
	case <-c.done:
	case <-time.After(patience):
		c.t.Errorf("the command does not end; it said %q", c.errs.String())
	}
	return c.code
}

const listening = "listening on http://"

// serving starts a host and returns it with its address.
func serving(t *testing.T, args ...string) (*command, string) {
	t.Helper()
	c := start(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	c.out.waitFor(t, "\n")
	return c, strings.TrimSpace(strings.TrimPrefix(c.out.String(), listening))
}

// process is the program as a process of its own.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string // of standard output
	errs  buffer
	once  sync.Once
	code  int
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0], args...), lines: make(chan string, 64)}
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = &p.errs
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read(out)
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		p.wait()
	})
	return p
}

func (p *process) read(out io.Reader) {
	defer close(p.lines)
	for s := bufio.NewScanner(out); s.Scan(); {
		p.lines <- s.Text()
	}
}

// line is the next line of standard output.
func (p *process) line() string {
	p.t.Helper()
	select {
	case l, ok := <-p.lines:
		if !ok {
			p.t.Fatalf("the process ended; it said %q", p.errs.String())
		}
		return l
	case <-time.After(patience):
		p.t.Fatalf("no line came; standard error has %q", p.errs.String())
		return ""
	}
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// wait returns the exit code, -1 for a process that a signal ended.
func (p *process) wait() int {
	p.once.Do(func() {
		for range p.lines { // to the end of standard output, which Wait would cut off
		}
		_ = p.cmd.Wait() // the exit code says it
		p.code = p.cmd.ProcessState.ExitCode()
	})
	return p.code
}

// servingProcess starts a host as a process and returns it with its address.
func servingProcess(t *testing.T, addr string) (*process, string) {
	t.Helper()
	p := startProcess(t, "serve", "--fixture", "--addr", addr)
	return p, strings.TrimPrefix(p.line(), listening)
}

// reset forgets what was written.
func (b *buffer) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.b.Reset()
}
