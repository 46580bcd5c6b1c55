package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const dryTimeout = time.Minute

// dry parses a block of shell without running it, and looks up what its lines make. It returns a
// sentence and the line of the document that it is about.
func (r *runner) dry(ctx context.Context, b *block, file string) (sentence, output string, line int) {
	if ran := r.tool(ctx, dryTimeout, "sh", "-n", file); ran.err != nil {
		return "the shell cannot parse the block", r.sources.remap(ran.all()), b.line
	}
	for i, text := range b.lines {
		args, err := makeArgs(text)
		if err != nil {
			return err.Error(), "", b.line + 1 + i
		}
		if args == nil {
			continue
		}
		if ran := r.tool(ctx, dryTimeout, append([]string{"make", "-n"}, args...)...); ran.err != nil {
			return "make does not know what to do", ran.all(), b.line + 1 + i
		}
	}
	return "", "", 0
}

// makeArgs returns the arguments of a line that begins with make, and nil for another line. What the shell
// would make of them is not known here, but for quotes.
func makeArgs(line string) ([]string, error) {
	line = strings.TrimSpace(line)
	rest, ok := strings.CutPrefix(line, "make")
	if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		return nil, nil
	}
	args := []string{}
	word, in := "", false
	var quoted rune
	for _, c := range rest {
		switch {
		case quoted != 0 && c == quoted:
			quoted = 0
		case c == '$' && quoted != '\'', c == '`' && quoted != '\'', c == '\\':
			return nil, fmt.Errorf("the arguments of make in a dry block are plain words, without %c", c)
		case quoted != 0:
			word += string(c)
		case c == '"', c == '\'':
			quoted, in = c, true
		case c == '#' && !in, strings.ContainsRune(";&|<>()", c):
			return flush(args, word, in), nil
		case c == ' ', c == '\t':
			args = flush(args, word, in)
			word, in = "", false
		default:
			word += string(c)
			in = true
		}
	}
	if quoted != 0 {
		return nil, errors.New("a quote in the arguments of make does not end on its line")
	}
	return flush(args, word, in), nil
}

func flush(args []string, word string, in bool) []string {
	if !in {
		return args
	}
	return append(args, word)
}
