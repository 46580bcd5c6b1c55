package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// directive is what a comment such as
//
//	<!-- docs-test: background until="listening on" -->
//
// on the line before a fence says of the block.
type directive struct {
	line  int
	fault string   // what is wrong with it
	words []string // the names that were given, in order

	file    string        // the block is a part of this file
	in      string        // the wrapper that the block is compiled in
	cmd     string        // the command that checks the block
	until   string        // what a background block prints when it is ready
	name    string        // of a background block
	of      string        // the background block that prints this output
	timeout time.Duration // how long a block may run
	exit    int           // the status that a block ends with
}

// has reports whether a word was given.
func (d directive) has(word string) bool { return slices.Contains(d.words, word) }

var (
	// directiveLike finds slips of the pen, too.
	directiveLike = regexp.MustCompile(`(?i)^<!--\s*docs?[-_ ]?tests?\b`)
	directiveForm = regexp.MustCompile(`^<!--\s*docs-test:\s+(.*?)\s*-->$`)
	wordForm      = regexp.MustCompile(`^[a-z]+`)
	nameForm      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)
)

// The words that stand alone, beside those with a value.
var flagWords = []string{"run", "background", "dry", "terminal", "output", "text", "continues"}

func parseDirective(comment string) (directive, error) {
	var d directive
	m := directiveForm.FindStringSubmatch(comment)
	if m == nil {
		return d, fmt.Errorf("not of the form <!-- docs-test: WORD NAME=VALUE -->: %s", comment)
	}
	for rest := m[1]; rest != ""; rest = strings.TrimLeft(rest, " \t") {
		word := wordForm.FindString(rest)
		rest = rest[len(word):]
		value, given := "", false
		if strings.HasPrefix(rest, "=") {
			given = true
			var err error
			if value, rest, err = cutValue(rest[1:]); err != nil {
				return d, fmt.Errorf("the value of %s: %w", word, err)
			}
		}
		if rest != "" && rest[0] != ' ' && rest[0] != '\t' || word == "" {
			return d, fmt.Errorf("what is %q in a docs-test comment?", rest)
		}
		if d.has(word) {
			return d, fmt.Errorf("%s is given twice", word)
		}
		d.words = append(d.words, word)
		if err := d.set(word, value, given); err != nil {
			return d, err
		}
	}
	return d, nil
}

// cutValue takes a bare or a quoted value off the text.
func cutValue(text string) (value, rest string, err error) {
	if strings.HasPrefix(text, `"`) {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return "", "", fmt.Errorf("no closing quote, or a wrong escape, in %s", text)
		}
		value, err := strconv.Unquote(quoted)
		return value, text[len(quoted):], err
	}
	end := strings.IndexAny(text, " \t")
	if end < 0 {
		end = len(text)
	}
	return text[:end], text[end:], nil
}

func (d *directive) set(word, value string, given bool) error {
	flag := slices.Contains(flagWords, word)
	if flag && given {
		return fmt.Errorf("%s takes no value", word)
	}
	if flag {
		return nil
	}
	var err error
	switch word {
	case "file":
		d.file = value
	case "in":
		d.in = value
	case "cmd":
		d.cmd = value
	case "until":
		d.until = value
	case "name":
		d.name = value
	case "of":
		d.of = value
	case "timeout":
		d.timeout, err = time.ParseDuration(value)
		if err == nil && d.timeout <= 0 {
			err = fmt.Errorf("%v is not positive", d.timeout)
		}
	case "exit":
		d.exit, err = strconv.Atoi(value)
		if err == nil && (d.exit < 1 || d.exit > 255) {
			err = fmt.Errorf("%d is not in 1..255", d.exit)
		}
	default:
		return fmt.Errorf("%s is no word of docs-test", word)
	}
	if value == "" {
		return fmt.Errorf("%s needs a value", word)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", word, err)
	}
	if named := slices.Contains([]string{"in", "name", "of"}, word); named && !nameForm.MatchString(value) {
		return fmt.Errorf("%s=%s: a name is made of letters, digits, - and _", word, value)
	}
	return nil
}
