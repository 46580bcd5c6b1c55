// Command coverfloor merges a coverage profile that -coverpkg made, in which
// every test binary reports every block, and fails when the statement coverage
// of a tree of packages is below a floor.
//
//	coverfloor [-floor 90] [-files] PROFILE TREE...
//
// A tree is a directory of the module, such as core, and means all packages
// below it. A tree without a statement in the profile fails too: nothing covered is no
// reason to be green.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("coverfloor", flag.ContinueOnError)
	flags.SetOutput(stderr)
	floor := flags.Float64("floor", 90, "lowest statement coverage of a tree, in percent")
	files := flags.Bool("files", false, "list the files below the floor, too")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() < 2 {
		fmt.Fprintln(stderr, "usage: coverfloor [-floor 90] [-files] PROFILE TREE...")
		return 2
	}
	f, err := os.Open(flags.Arg(0))
	if err != nil {
		fmt.Fprintln(stderr, "coverfloor:", err)
		return 2
	}
	defer func() { _ = f.Close() }() // only read
	p, err := readProfile(f)
	if err != nil {
		fmt.Fprintf(stderr, "coverfloor: %s: %v\n", flags.Arg(0), err)
		return 2
	}

	failed := false
	for _, tree := range flags.Args()[1:] {
		total := count{}
		for _, name := range p.files() {
			if !inTree(name, tree) {
				continue
			}
			c := p.file(name)
			total.add(c)
			if *files && c.percent() < *floor {
				fmt.Fprintf(stdout, "  %6.1f%%  %s (%d of %d statements)\n", c.percent(), name, c.covered, c.statements)
			}
		}
		verdict := "ok  "
		if total.statements == 0 || total.percent() < *floor {
			verdict, failed = "FAIL", true
		}
		fmt.Fprintf(stdout, "%s coverage of %-11s %5.1f%% of %d statements (floor %.0f%%)\n",
			verdict, tree+":", total.percent(), total.statements, *floor)
	}
	if failed {
		return 1
	}
	return 0
}
