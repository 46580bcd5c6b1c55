package main

import (
	"strings"
	"testing"
)

// TestRunInProcess runs the real thing for a moment: every row is there, with ratios.
func TestRunInProcess(t *testing.T) {
	var stdout, stderr strings.Builder
	args := []string{"-inproc", "-rounds", "1", "-seq", "5ms", "-conc", "5ms", "-callers", "4"}
	if code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); code != 0 {
		t.Fatalf("run = %d, stderr %q", code, stderr.String())
	}
	for _, c := range selected("") {
		if !strings.Contains(stdout.String(), c.Name) {
			t.Errorf("no row for %s in\n%s", c.Name, stdout.String())
		}
	}
	for _, want := range []string{"x raw echo", "baseline: raw echo is "} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("%q is missing in\n%s", want, stdout.String())
		}
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-rounds", "0"}, {"-only", "("}, {"-seq", "-1s"}, {"-nosuch"}} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); code != 2 || stderr.Len() == 0 {
			t.Errorf("run(%q) = %d, stderr %q, want 2 and a reason", args, code, stderr.String())
		}
	}
}
