package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// profile maps file, then block position, to what the test binaries said of it.
type profile map[string]map[string]block

type block struct {
	statements int
	covered    bool
}

// count sums blocks.
type count struct{ statements, covered int }

func (c *count) add(o count) {
	c.statements += o.statements
	c.covered += o.covered
}

// percent of the statements, 0 when there are none.
func (c count) percent() float64 {
	if c.statements == 0 {
		return 0
	}
	return 100 * float64(c.covered) / float64(c.statements)
}

// readProfile reads the text form of go test -coverprofile: a mode line, then
// "file:start,end statements hits". A block is covered when any line says so.
func readProfile(r io.Reader) (profile, error) {
	p := profile{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "mode: ") {
			continue
		}
		if err := p.addLine(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return p, lines.Err()
}

func (p profile) addLine(line string) error {
	fields := strings.Fields(line)
	if len(fields) != 3 {
		return fmt.Errorf("%d fields instead of 3", len(fields))
	}
	// The file name may hold colons; the position never does.
	colon := strings.LastIndexByte(fields[0], ':')
	if colon < 0 {
		return fmt.Errorf("no position in %q", fields[0])
	}
	statements, err := strconv.Atoi(fields[1])
	if err != nil {
		return fmt.Errorf("statements: %w", err)
	}
	hits, err := strconv.ParseUint(fields[2], 10, 64)
	if err != nil {
		return fmt.Errorf("hits: %w", err)
	}
	name, position := fields[0][:colon], fields[0][colon+1:]
	if p[name] == nil {
		p[name] = map[string]block{}
	}
	p[name][position] = block{statements, hits > 0 || p[name][position].covered}
	return nil
}

// files returns the names in order.
func (p profile) files() []string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (p profile) file(name string) count {
	var c count
	for _, b := range p[name] {
		c.statements += b.statements
		if b.covered {
			c.covered += b.statements
		}
	}
	return c
}

// inTree reports whether a file, named by import path, lies in the module's
// directory tree. A module path has three elements here (host, owner, name).
func inTree(name, tree string) bool {
	elements := strings.SplitN(name, "/", 4)
	return len(elements) == 4 && strings.HasPrefix(elements[3], tree+"/")
}
