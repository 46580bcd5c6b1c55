package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// command is a program to run to its end.
type command struct {
	dir     string
	env     []string // beside the environment
	timeout time.Duration
	args    []string
}

type result struct {
	stdout, stderr string
	err            error // nil when the status is 0
}

// all is what the program said, on both streams.
func (r result) all() string { return r.stdout + r.stderr }

// status is the exit status, and -1 if the program did not end by itself.
func (r result) status() int {
	var exit *exec.ExitError
	switch {
	case r.err == nil:
		return 0
	case errors.As(r.err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// expect is a result without error if the status is the one that was to be.
func (r result) expect(status int) result {
	if got := r.status(); status != 0 && got >= 0 {
		r.err = unexpected(got, status)
	}
	return r
}

// unexpected is nil if a status is the one that was to be.
func unexpected(status, want int) error {
	switch {
	case status == want:
		return nil
	case want == 0:
		return fmt.Errorf("exit status %d", status)
	}
	return fmt.Errorf("exit status %d, not %d", status, want)
}

// grace is how long processes have to end after they were told to.
const grace = 5 * time.Second

// do runs a command. When its time is over, it is killed; what it has started is killed in any case.
func (c command) do(ctx context.Context) result {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir, cmd.Env = c.dir, environment(c.dir, c.env)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	ownGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
	cmd.WaitDelay = grace
	err := cmd.Run()
	if cmd.Process != nil {
		_ = killGroup(cmd.Process.Pid) // fails when all have ended
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("it ran longer than %v", c.timeout)
	}
	return result{stdout.String(), stderr.String(), err}
}

// environment is that of this process, without what make tells the makes below it: a reader's make
// has none above it.
func environment(dir string, extra []string) []string {
	var env []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		switch name {
		case "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MAKE_TERMOUT", "MAKE_TERMERR", "PWD", "OLDPWD":
			continue
		}
		env = append(env, variable)
	}
	return append(append(env, "PWD="+dir), extra...)
}
