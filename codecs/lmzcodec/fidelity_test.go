package lmzcodec_test

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
	_, table, ok := strings.Cut(string(spec), "## Fidelity of lmz")
	if !ok {
		t.Fatal("docs/spec/values.md has no fidelity table")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	// Kept by this codec, and named because the npm package does not keep them or
	// because JavaScript itself changes what was meant.
	also := map[string]bool{"aggregate-error": true, "map-nan-key": true}
	for name, r := range rows() {
		named := strings.Contains(table, "`"+name+"`")
		if want := r.fate != kept || also[name]; named != want {
			t.Errorf("vector %s: named in the table is %v, want %v", name, named, want)
		}
	}
}
