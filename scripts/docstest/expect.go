package main

import "strings"

// toLines splits output into lines, without trailing space and without empty lines at the end.
func toLines(output string) []string {
	lines := strings.Split(output, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\r")
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// gap stands for any lines where it is a line, and for any text within one.
const gap = "..."

// matches reports whether output is what a document prints of it.
func matches(want, got []string) bool {
	// reach[j]: the lines of want so far match the first j of got.
	reach := make([]bool, len(got)+1)
	reach[0] = true
	for _, pattern := range want {
		next := make([]bool, len(got)+1)
		for j := range next {
			if pattern == gap {
				next[j] = reach[j] || j > 0 && next[j-1]
			} else {
				next[j] = j > 0 && reach[j-1] && matchLine(pattern, got[j-1])
			}
		}
		reach = next
	}
	return reach[len(got)]
}

// within reports whether lines are somewhere in output.
func within(want, got []string) bool {
	around := append([]string{gap}, want...)
	return matches(append(around, gap), got)
}

func matchLine(pattern, line string) bool {
	parts := strings.Split(pattern, gap)
	rest, ok := strings.CutPrefix(line, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, last)
}

// difference describes what was printed instead of what should have been.
func difference(want, got []string) string {
	var b strings.Builder
	section := func(title string, lines []string) {
		b.WriteString(title + "\n")
		for _, line := range lines {
			b.WriteString("  " + line + "\n")
		}
		if len(lines) == 0 {
			b.WriteString("  (nothing)\n")
		}
	}
	section("the document says:", want)
	section("it printed:", got)
	return b.String()
}
