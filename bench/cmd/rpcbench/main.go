// Command rpcbench prints how long a small RPC over WebSocket takes beside the
// same bytes by hand, measured in one run.
//
// Client and server are two processes pinned to one core, because waking another
// core costs more than the call and varies from run to run; -inproc puts both
// into one process instead. Contestants take turns in every round, so that what the machine does
// besides hits all of them. Read the ratios: absolute times belong to the machine.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"github.com/millrace/millrace/bench/contest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// config is what the switches say; the client process gets it as JSON.
type config struct {
	Rounds     int
	Sequential time.Duration
	Concurrent time.Duration
	Callers    int
	Only       string
	Core       int
	InProcess  bool
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := config{}
	flags := flag.NewFlagSet("rpcbench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&c.Rounds, "rounds", 7, "rounds in which every contestant takes its turn")
	flags.DurationVar(&c.Sequential, "seq", 400*time.Millisecond, "time of one caller, per round and contestant")
	flags.DurationVar(&c.Concurrent, "conc", 400*time.Millisecond, "time of many callers, per round and contestant")
	flags.IntVar(&c.Callers, "callers", 64, "callers at once on one connection")
	flags.StringVar(&c.Only, "only", "", "regular expression: contestants to run (ratios need the raw ones)")
	flags.IntVar(&c.Core, "core", -1, "core for both processes; -1 is the last one")
	flags.BoolVar(&c.InProcess, "inproc", false, "client and server in one process, unpinned")
	role := flags.String("role", "", "internal: what a child process is")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if _, err := regexp.Compile(c.Only); err != nil || c.Rounds < 1 || c.Callers < 1 || c.Sequential <= 0 || c.Concurrent <= 0 {
		fmt.Fprintln(stderr, "rpcbench: rounds, callers and times must be positive, -only a regular expression")
		return 2
	}

	var err error
	switch *role {
	case "server":
		err = serve(stdin, stdout)
	case "client":
		err = clientRole(ctx, stdin, stdout)
	default:
		err = conduct(ctx, c, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "rpcbench:", err)
		return 1
	}
	return 0
}

// selected returns the contestants that -only leaves.
func selected(only string) []contest.Contestant {
	match := regexp.MustCompile(only)
	var found []contest.Contestant
	for _, c := range contest.All() {
		if match.MatchString(c.Name) {
			found = append(found, c)
		}
	}
	return found
}

// task is what the client process reads from its standard input.
type task struct {
	Config config
	Server addresses
}

func clientRole(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	var t task
	if err := json.NewDecoder(stdin).Decode(&t); err != nil {
		return err
	}
	results, err := measureAll(ctx, t.Config, t.Server)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(results)
}
