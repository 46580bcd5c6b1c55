//go:build unix

package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRun_Shell(t *testing.T) {
	t.Parallel()
	root := tree{
		"sub/say.sh": "#!/bin/sh\necho made\n", "Makefile": "all:\n\t@echo made\n",
		"README.md": says("", "sh", "a=1; b() { echo \"b $a\"; }\necho one >&2\nbasename \"$PWD\" >\"$TMPDIR/root\"; cd sub") +
			says("", "sh", "b; ls; cat") + says("", "output", "b 1\nsay.sh") +
			says("terminal", "sh", "ls sub; b") + says("", "output", "say.sh\nb 1") +
			says("exit=3", "sh", "echo before; (exit 3); echo after") + says("", "output", "before") +
			says("", "sh", "a=2; make") + says("", "output", "made") +
			says("dry", "sh", "rm -r / && b\nmake all # does nothing\n make -s") +
			says(`cmd="grep -q a: {}"`, "yaml", "a: 1") + says(`cmd="cat"`, "toml", "a = 1") + says("", "output", "a = 1") +
			says(`cmd="exit 2;" exit=2`, "ini", "a") + says("file=sub/say.sh run", "sh", "echo made"),
		// What a document leaves behind is not there for the next one.
		"docs/next.md": says("exit=1", "sh", `test -e "$TMPDIR/root"`) + says("exit=1", "sh", `test "${a-}"`),
	}.write(t)
	docstest(t, root, nil).good(t, "17 blocks: 0 compiled, 11 run, 6 checked, 0 text")
}

func TestRun_BrokenShell(t *testing.T) {
	t.Parallel()
	root := tree{
		"Makefile":         "all:\n\t@echo made\n",
		"docs/fails.md":    says("", "sh", "echo said\necho told >&2\nfalse") + says("", "output", "x") + says("", "sh", "echo x") + says("", "output", "x"),
		"docs/unset.md":    says("", "sh", "true\necho $nothing"),
		"docs/syntax.md":   says("", "sh", "true\nif; fi"),
		"docs/ends.md":     says("", "sh", "exit 0"),
		"docs/status.md":   says("exit=2", "sh", "exit 1") + says("", "sh", "true"),
		"docs/no-error.md": says("exit=2", "sh", "true"),
		"docs/output.md":   says("", "sh", "echo a") + says("", "output", "b"),
		"docs/timeout.md":  says("timeout=50ms", "sh", "tail -f /dev/null"),
		"docs/dry.md":      says("dry", "sh", "true\nif; fi") + says("dry", "sh", "true\nmake nothing") + says("dry", "sh", "make $X"),
		"docs/command.md":  says(`cmd="echo no; false"`, "yaml", "a: 1") + says(`cmd="cat"`, "yaml", "a: 1") + says("", "output", "a: 2"),
	}.write(t)
	o := docstest(t, root, nil)
	o.failures(t,
		`docs/command.md:2: the command fails: echo no; false: exit status 1\n    no`,
		`docs/command.md:9: the block of line 6 prints something else\n`,
		`docs/dry.md:2: the shell cannot parse the block\n    (.*docs/dry.md:4)`,
		`docs/dry.md:9: make does not know what to do\n    make: .*nothing`,
		`docs/dry.md:13: the arguments of make in a dry block are plain words, without \$\n`,
		`docs/ends.md:1: the block fails: it ended the shell\n`,
		`docs/fails.md:1: the block fails: exit status 1\n    said\n    told\n`,
		`docs/no-error.md:2: the block fails: exit status 0, not 2\n`,
		`docs/output.md:4: the block of line 1 prints something else\n    the document says:\n      b\n    it printed:\n      a\n`,
		`docs/status.md:2: the block fails: exit status 1, not 2\n`,
		`docs/syntax.md:1: the block fails: exit status 2\n    docs/syntax.md:3: [Ss]yntax`,
		`docs/timeout.md:2: the block fails: it ran longer than 50ms\n`,
		`docs/unset.md:1: the block fails: exit status (1|2|127)\n    docs/unset.md:3: nothing`,
	)
	if want := "docs/fails.md:9 sh NOT RUN: the block of line 1 failed\n"; !strings.Contains(o.progress, want) {
		t.Errorf("progress = %s, want %s in it", o.progress, want)
	}
	if want := " 4 NOT RUN, 13 FAILED\n"; !strings.HasSuffix(o.stdout, want) {
		t.Errorf("docstest = %s, want at the end %s", o.stdout, want)
	}
}

// echo is a block that is ready at once and prints each line that comes by a pipe.
const echo = "exec 8<>\"$TMPDIR/in\"\necho starting >&2\necho ready\nwhile read -r line <&8; do echo \"heard $line\"; done"

func TestRun_Background(t *testing.T) {
	t.Parallel()
	root := tree{
		"README.md": says("", "sh", `mkfifo "$TMPDIR/in"`) +
			says("background until=ready name=ear", "sh", "true\n"+echo) +
			says("", "sh", `echo hello >"$TMPDIR/in"`) +
			says("of=ear", "output", "heard hello") +
			says("", "sh", `printf 'one\ntwo\n' >"$TMPDIR/in"`) +
			says("of=ear", "output", "heard one\nheard ...") +
			says("background until=done", "sh", "echo done"),
	}.write(t)
	docstest(t, root, nil).good(t, "7 blocks: 0 compiled, 5 run, 2 checked, 0 text")
	o := docstest(t, root, nil, "-run", "output")
	if want := "output NOT RUN: ear was not started"; !strings.Contains(o.progress, want) {
		t.Errorf("progress = %s, want %s in it", o.progress, want)
	}
}

func TestRun_BrokenBackground(t *testing.T) {
	t.Parallel()
	root := tree{
		"docs/ends.md":   says("background until=ready", "sh", "echo a\nfalse\necho ready") + says("", "sh", "true"),
		"docs/silent.md": says("background until=ready timeout=50ms", "sh", "echo a\ntail -f /dev/null"),
		"docs/died.md":   says("background until=ready", "sh", "echo ready\necho last words\nexit 3") + says("", "sh", "wait\nfalse"),
		"docs/deaf.md": says("background until=ready name=ear", "sh", "echo ready\ntail -f /dev/null") +
			says("of=ear timeout=50ms", "output", "heard") + says("", "sh", "true"),
		"docs/mute.md": says("background until=ready name=ear", "sh", "echo ready\ntail -f /dev/null") +
			says("", "sh", "false") + says("of=ear", "output", "heard"),
	}.write(t)
	o := docstest(t, root, nil)
	o.failures(t,
		`docs/deaf.md:7: ear did not print this in 50ms\n    the document says:\n      heard\n    it printed:\n      ready\n`,
		`docs/died.md:7: the block fails: exit status 1\n    \(the background block of line 2 had ended with status 3:\)\n    ready\n    last words\n`,
		`docs/ends.md:2: the background block is not ready: it ended with status 1 and had not printed "ready"\n    a\n`,
		`docs/mute.md:6: the block fails: exit status 1\n`,
		`docs/silent.md:2: the background block is not ready: "ready" was not printed in 50ms\n`,
	)
}

// TestRun_Interrupted ends the tool while a block runs.
func TestRun_Interrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "alive")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { // ends with the block
		f, err := os.Open(pipe)
		cancel()
		if err == nil {
			_, err = io.Copy(io.Discard, f)
			_ = f.Close()
		}
		ended <- err
	}()
	root := tree{"README.md": says("", "sh", "exec 9>'"+pipe+"'\ntail -f /dev/null") + says("", "sh", "true")}.write(t)
	var stdout, stderr strings.Builder
	if code := run(ctx, []string{"-root", root}, os.Getenv, &stdout, &stderr); code != 1 {
		t.Errorf("docstest = %d, want 1", code)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if want := "docstest: context canceled"; !strings.Contains(stderr.String(), want) {
		t.Errorf("stderr = %s, want %s in it", stderr.String(), want)
	}
}

// TestSession_Close is about everything that blocks start: it has ended when close returns, also
// what does not want to.
func TestSession_Close(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, before string }{{"gentle", ""}, {"stubborn", "trap '' TERM; "}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			pipe := filepath.Join(dir, "alive")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			gone := make(chan error, 1) // the pipe ends when the last process that has it open has ended
			opened := make(chan struct{})
			go func() { // ends with the processes
				f, err := os.Open(pipe)
				close(opened)
				if err == nil {
					_, err = io.Copy(io.Discard, f)
					_ = f.Close()
				}
				gone <- err
			}()
			file := filepath.Join(dir, "block")
			script := "exec 9>'" + pipe + "'\n" + tt.before + "sh -c 'tail -f /dev/null & tail -f /dev/null' &\ntail -f /dev/null\n"
			if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := newSession(dir, dir)
			if err != nil {
				t.Fatal(err)
			}
			if tt.before != "" {
				s.grace = 20 * time.Millisecond
			}
			if _, err := s.start(file); err != nil {
				t.Fatal(err)
			}
			<-opened
			if err := s.close(); err != nil {
				t.Errorf("close() = %v", err)
			}
			select {
			case err := <-gone:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(10 * time.Second):
				t.Error("a process is still running after close")
			}
		})
	}
}
