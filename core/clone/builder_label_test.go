package clone_test

import (
	"runtime"
	"testing"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// TestBuilder_ScatteredLabels: the numbers of labels cost nothing by being far apart. It does
// not run beside others, because it counts what the program allocates.
func TestBuilder_ScatteredLabels(t *testing.T) {
	const labels = 10_000
	for _, stride := range []int{1, 2, 63, 1023, 1024, 90_000} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		b := clone.NewBuilder(fault.Limits{})
		b.Null()
		for i := range labels {
			b.Aside()
			b.Label(i * stride)
			b.Date(0)
		}
		if _, err := b.Finish(); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 400*labels {
			t.Errorf("%d labels, each %d after the last: %d bytes, want at most 400 each", labels, stride, got)
		}
	}
}

// TestBuilder_FindsScatteredLabels: a label is found, and found twice, wherever it was kept.
func TestBuilder_FindsScatteredLabels(t *testing.T) {
	t.Parallel()
	ids := []int{200, 0, 1, 2, 64, 65, 67, 300, 3, 999_999_999}
	for _, twice := range append([]int{-1}, ids...) {
		b := clone.NewBuilder(fault.Limits{})
		b.BeginArray(-1)
		for _, id := range ids {
			b.Ref(id)
		}
		b.End()
		for _, id := range ids {
			b.Aside()
			b.Label(id)
			b.Date(float64(id))
		}
		for id := 400; id < 1000; id++ { // the table grows beyond 200 and 300
			b.Aside()
			b.Label(id)
			b.Date(0)
		}
		if twice >= 0 {
			b.Aside()
			b.Label(twice)
			b.Date(0)
		}
		doc, err := b.Finish()
		if twice >= 0 {
			if fault.CodeOf(err) != fault.CodeMalformed {
				t.Errorf("label %d twice: %v, want code malformed", twice, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, id := range ids {
			var d value.Date
			if err := doc.Build(doc.Root().Index(i), &d, clone.BuildOptions{}); err != nil || d.Milliseconds != float64(id) {
				t.Errorf("label %d is %v, %v", id, d.Milliseconds, err)
			}
		}
	}
}
