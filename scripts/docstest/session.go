package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// session is the shell that runs the blocks of one document, one after the other, so that
// variables and the working directory last. It and all that it starts are one process group.
//
// The shell gets commands on its standard input, and says on descriptor 3 how a block ended. Every process that
// it starts inherits that descriptor: when its other end is closed, all have ended.
type session struct {
	cmd      *exec.Cmd
	input    io.WriteCloser
	root     string
	grace    time.Duration // how long processes have to end after they were asked to
	statuses chan int      // of blocks
	exited   chan struct{} // closed when the shell has ended
	gone     chan struct{} // closed when all processes have ended
	readers  sync.WaitGroup
	streams  []*stream
}

// newSession starts a shell in the root, for blocks whose files of passage belong in scratch.
func newSession(root, scratch string) (*session, error) {
	s := &session{
		root:     root,
		grace:    grace,
		statuses: make(chan int, 1),
		exited:   make(chan struct{}),
		gone:     make(chan struct{}),
	}
	ours, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.cmd = exec.Command("sh", "-eu")
	s.cmd.Dir, s.cmd.Env = root, environment(root, []string{"TMPDIR=" + scratch})
	s.cmd.ExtraFiles = []*os.File{theirs}
	ownGroup(s.cmd)
	if s.input, err = s.cmd.StdinPipe(); err == nil {
		err = s.cmd.Start()
	}
	_ = theirs.Close() // the shell has its own
	if err != nil {
		_ = ours.Close()
		return nil, err
	}
	s.readers.Go(func() {
		defer close(s.gone)
		defer func() { _ = ours.Close() }() // only read
		for lines := bufio.NewScanner(ours); lines.Scan(); {
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				s.statuses <- n // one for each run
			}
		}
	})
	s.readers.Go(func() {
		defer close(s.exited)
		_ = s.cmd.Wait() // the status is in the ProcessState
	})
	return s, nil
}

// terminal takes the shell back to the root, as a new terminal of a reader would be there.
func (s *session) terminal() error {
	_, err := fmt.Fprintf(s.input, "cd %s\n", quoteShell(s.root))
	return err
}

// run runs a block to its end. A block that is to end with another status than 0 runs in a
// shell below this one, since it ends the one that it runs in.
func (s *session) run(ctx context.Context, file string, timeout time.Duration, exit int) result {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, errs := file+".out", file+".err"
	form := ". %s </dev/null >%s 2>%s; echo 0 >&3\n"
	if exit != 0 {
		form = "set +e; ( set -e; . %s ) </dev/null >%s 2>%s; echo $? >&3; set -e\n"
	}
	_, err := fmt.Fprintf(s.input, form, quoteShell(file), quoteShell(out), quoteShell(errs))
	if err == nil {
		err = s.ended(ctx, exit)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("it ran longer than %v", timeout)
	}
	stdout, _ := os.ReadFile(out) // what is missing was not printed
	stderr, _ := os.ReadFile(errs)
	return result{string(stdout), string(stderr), err}
}

// ended waits for the end of a block, and returns an error if its status is another one.
func (s *session) ended(ctx context.Context, exit int) error {
	status := 0
	select {
	case status = <-s.statuses:
	case <-s.exited:
		if status = s.cmd.ProcessState.ExitCode(); status == 0 {
			return errors.New("it ended the shell")
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	return unexpected(status, exit)
}

// start runs a block in the background, and returns what it prints.
func (s *session) start(file string) (*stream, error) {
	pipe := file + ".pipe"
	if err := makePipe(pipe); err != nil {
		return nil, err
	}
	// Open for both, so that it opens at once and can be told the end.
	f, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	st := newStream(f)
	s.streams = append(s.streams, st)
	s.readers.Go(st.read)
	_, err = fmt.Fprintf(s.input, "( set +e; ( set -e; . %s ) 2>&1; printf '\\%03o%%s\\n' $? ) </dev/null >%s &\n",
		quoteShell(file), endMark, quoteShell(pipe))
	return st, err
}

// close ends the shell and all that it has started, and returns when they have ended.
func (s *session) close() error {
	_ = s.input.Close() // the shell may have ended
	err := s.end()
	for _, st := range s.streams {
		st.stop()
	}
	if err == nil {
		s.readers.Wait()
	}
	return err
}

func (s *session) end() error {
	for _, signal := range []func(int) error{endGroup, killGroup} {
		_ = signal(s.cmd.Process.Pid) // fails when all have ended
		select {
		case <-s.gone:
			return nil
		case <-time.After(s.grace):
		}
	}
	return fmt.Errorf("processes that the document started are still running")
}

func quoteShell(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
