// Command docstest compiles or runs every code block of the documents, and fails when one is
// broken.
//
//	docstest [-root DIR] [-run REGEXP] [-list] [DOCUMENT...]
//
// What is done with a block is decided by its language and, where that is not enough, by an HTML
// comment on the line before its fence, which readers do not see:
//
//	<!-- docs-test: run timeout=1m -->
//
// These are the rules:
//
//   - go: a block that begins with a package clause is compiled and vetted in a module outside of
//     the tree, which has the requirements of examples/go.mod and can import what a reader's own
//     can. With run it is also run. A part of a program is compiled with in=NAME in the wrapper
//     docs/testdata/docstest/NAME.go, instead of its line //BLOCK. With continues a block belongs to
//     the program of the block before it: in the wrapper's next //BLOCK, or behind that block, or as
//     another file of the package if it begins with a package clause.
//   - ts, js: the types are checked by the tsc of web/node_modules, where /__rpc/client.js is
//     web/dist/client.d.ts; in=NAME and continues as for Go. JavaScript, which cannot write
//     types, may have implicit any and null.
//   - html: the tags must match; scripts are checked as js.
//   - json: one value.
//   - sh: run by sh -eu, the blocks of a document in one shell, which begins in the root and has a
//     scratch directory as $TMPDIR. With terminal a block begins in the root again, as in a new
//     terminal. With background until="TEXT" a block runs until the document ends, and the next one
//     begins when it has printed TEXT. With dry a block is only parsed, and the targets of its lines
//     "make TARGET" are looked up.
//   - output, or another language with output: what the block before, which is run, prints on its
//     standard output. With of=NAME: something that the background block with name=NAME has printed
//     or will soon, on either stream. ... stands for any lines, and within a line for any text.
//   - text, mermaid: nothing is done; neither with code that is said to be text.
//   - yaml, and any other language: cmd="COMMAND {}" must succeed, where {} is a file with the block.
//
// With file=PATH alone, a block of any language must be a part of that file, which is tested where it
// lives; lines that are only ..., or a comment of it, stand for some of its lines. Together
// with run, in=NAME and the like the rest is done, too. exit=N is the status that a block ends with,
// if it is not 0; timeout=D is the time that it has, to end or to get ready.
//
// Everything else is an error, such as code by indentation: nothing is left out in silence. Where
// node or web/node_modules are missing, the tool says so, and fails if CI=true.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("docstest", flag.ContinueOnError)
	flags.SetOutput(stderr)
	root := flags.String("root", ".", "the root of the repository")
	pattern := flags.String("run", "", "only blocks whose FILE:LINE LANGUAGE matches this regular `expression`")
	list := flags.Bool("list", false, "list the blocks and what would be done with them, and do nothing")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: docstest [-root DIR] [-run REGEXP] [-list] [DOCUMENT...]")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return 2
	}
	only, err := regexp.Compile(*pattern)
	if err != nil {
		fmt.Fprintln(stderr, "docstest: -run:", err)
		return 2
	}
	abs, err := filepath.Abs(*root)
	if err != nil {
		fmt.Fprintln(stderr, "docstest:", err)
		return 2
	}
	documents, err := read(abs, flags.Args())
	if err == nil && len(documents) == 0 {
		err = fmt.Errorf("%s has no documents", abs)
	}
	if err != nil {
		fmt.Fprintln(stderr, "docstest:", err)
		return 2
	}

	r := &report{progress: stderr}
	tasks := make([][]*task, 0, len(documents))
	for _, blocks := range documents {
		planned := plan(blocks)
		selected := choose(planned, only)
		if *list {
			show(stdout, blocks, selected, only)
			continue
		}
		for _, b := range blocks {
			if b.fault != "" && b.matches(only) {
				r.fail(b, b.line, b.fault, "")
			}
		}
		tasks = append(tasks, selected)
	}
	if *list {
		return 0
	}
	err = work(ctx, abs, tasks, r)
	r.write(stdout)
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "docstest:", err)
		return 1
	case len(r.failures) > 0:
		return 1
	case len(r.skips) > 0 && getenv("CI") == "true":
		return 1
	}
	return 0
}

// work does the tasks, and leaves no files behind.
func work(ctx context.Context, root string, tasks [][]*task, r *report) (err error) {
	scratch, err := os.MkdirTemp("", "docstest-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	module := filepath.Join(root, "examples")
	if _, err := os.Stat(filepath.Join(module, "go.mod")); err != nil {
		module = root
	}
	runner := &runner{root: root, goModule: module, scratch: scratch, report: r}
	return runner.do(ctx, tasks)
}
