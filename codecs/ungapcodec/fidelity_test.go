package ungapcodec_test

import (
	"os"
	"strings"
	"testing"
)

// TestFidelityTable: the spec's table names exactly the vectors that are not kept whole.
func TestFidelityTable(t *testing.T) {
	t.Parallel()
	spec, err := os.ReadFile("../../docs/spec/values.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(spec), "## Fidelity of ungap")
	if !ok {
		t.Fatal("docs/spec/values.md has no fidelity table")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	for name, r := range rows() {
		if named, want := strings.Contains(table, "`"+name+"`"), r.fate != kept; named != want {
			t.Errorf("vector %s: named in the table is %v, want %v", name, named, want)
		}
	}
}
