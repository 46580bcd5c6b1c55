package clone_test

import (
	"math"
	"testing"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// TestBuild_NaNKeys: NaN is one key of a Map and one member of a Set; a Go map would take it
// any number of times.
func TestBuild_NaNKeys(t *testing.T) {
	t.Parallel()
	of := func(begin func(b *clone.Builder), parts ...float64) *clone.Document {
		b := clone.NewBuilder(fault.Limits{})
		begin(b)
		for _, p := range parts {
			b.Number(p)
		}
		b.End()
		doc, err := b.Finish()
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	aMap := func(b *clone.Builder) { b.BeginMap(-1) }
	aSet := func(b *clone.Builder) { b.BeginSet(-1) }
	nan := math.NaN()

	var m map[float64]int
	doc := of(aMap, nan, 1, 2, 2)
	if err := doc.Build(doc.Root(), &m, clone.BuildOptions{}); err != nil || len(m) != 2 {
		t.Errorf("Build of one NaN = %v, %v, want 2 entries", m, err)
	}
	doc = of(aMap, nan, 1, 2, 2, nan, 3)
	if err := doc.Build(doc.Root(), &m, clone.BuildOptions{}); fault.CodeOf(err) != fault.CodeMismatch || len(m) != 2 {
		t.Errorf("Build of two NaNs = %v, %v, want code mismatch", m, err)
	}
	var anys map[any]int
	if err := doc.Build(doc.Root(), &anys, clone.BuildOptions{}); fault.CodeOf(err) != fault.CodeMismatch {
		t.Errorf("Build of two NaNs = %v, %v, want code mismatch", anys, err)
	}
	var s map[float64]struct{}
	doc = of(aSet, nan, nan, 1, 1)
	if err := doc.Build(doc.Root(), &s, clone.BuildOptions{}); err != nil || len(s) != 2 {
		t.Errorf("Build of a set = %v, %v, want NaN and 1", s, err)
	}
}
