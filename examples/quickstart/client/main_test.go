package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// asProgram makes the test binary behave as the program itself.
const asProgram = "QUICKSTART_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

const patience = 30 * time.Second

// process is a program that a test talks with.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string // of standard output
	errs  strings.Builder
}

func start(t *testing.T, program string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(program, args...), lines: make(chan string, 64)}
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = &p.errs
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		p.end()
	})
	return p
}

// prints takes the next line of standard output, which begins with want, and returns its rest.
func (p *process) prints(want string) string {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		rest, begins := strings.CutPrefix(line, want)
		if !ok || !begins {
			p.t.Fatalf("printed %q, want %q", line, want)
		}
		return rest
	case <-time.After(patience):
		p.t.Fatalf("printed nothing, want %q", want)
		return ""
	}
}

func (p *process) types(line string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// end waits for the end and returns the exit code, -1 after a signal, and what is left of standard output.
func (p *process) end() (code int, rest []string) {
	for line := range p.lines {
		rest = append(rest, line)
	}
	_ = p.cmd.Wait() // the exit code says it, also the second time
	return p.cmd.ProcessState.ExitCode(), rest
}

// build makes the server, which has its main in another package.
func build(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	program := filepath.Join(t.TempDir(), "server")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "../server").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// Two clients hear each other, outlive a server that is killed and one that ends gently, and miss nothing.
func TestQuickstart(t *testing.T) {
	t.Parallel()
	const listening = "listening on http://"
	program := build(t)
	server := start(t, program, "--addr", "127.0.0.1:0")
	addr := server.prints(listening)

	client := func(name string) *process {
		c := start(t, os.Args[0], "--server", "ws://"+addr, name)
		c.prints("(connected)")
		return c
	}
	ann, bob := client("ann"), client("bob")
	bothHear := func(line string) {
		t.Helper()
		ann.prints(line)
		bob.prints(line)
	}
	ann.types("hello")
	bothHear(`ann: "hello"`)
	bob.types("") // the room refuses it
	bob.prints("(not posted: Error: the text is empty)")

	server.signal(os.Kill)
	bothHear("(connection lost: 1006")
	server.end()
	server = start(t, program, "--addr", addr)
	server.prints(listening + addr)
	// Whoever comes back later than this asks for it, the other one hears it; nobody gets it twice.
	eve := client("eve")
	eve.types("while you were away")
	eve.prints(`eve: "while you were away"`)
	bothHear("(connected again)")
	bothHear(`eve: "while you were away"`)
	bob.types("back")
	bothHear(`bob: "back"`)

	// Who has nothing more to say ends, after hearing what he said last.
	eve.prints(`bob: "back"`)
	eve.types("good")
	eve.types("bye")
	if err := eve.in.Close(); err != nil {
		t.Fatal(err)
	}
	if code, rest := eve.end(); code != 0 || !slices.Equal(rest, []string{`eve: "good"`, `eve: "bye"`}) {
		t.Errorf("the client ended with %d and printed %q: %s", code, rest, &eve.errs)
	}
	bothHear(`eve: "good"`)
	bothHear(`eve: "bye"`)

	server.signal(syscall.SIGTERM)
	bothHear("(connection lost: 1001")
	if code, _ := server.end(); code != 0 {
		t.Errorf("the server ended with %d: %s", code, &server.errs)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"help", []string{"--help"}, 0, "usage: client [flags] NAME"},
		{"no-name", nil, 2, "usage: client [flags] NAME"},
		{"bad-url", []string{"--server", "127.0.0.1:8787", "ann"}, 1, "base URL"},
		{"no-server", []string{"--server", "ws://127.0.0.1:1", "ann"}, 1, "connection refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, os.Args[0], tt.args...)
			if code, _ := p.end(); code != tt.code || !strings.Contains(p.errs.String(), tt.want) {
				t.Errorf("ended with %d and said %q, want %d and %q", code, p.errs.String(), tt.code, tt.want)
			}
		})
	}
}
