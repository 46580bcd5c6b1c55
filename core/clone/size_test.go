package clone_test

import (
	"testing"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

func TestDocument_Size(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		v             any
		values, bytes int
	}{
		{"number", 1, 1, 0},
		{"text", "four", 1, 4},
		{"array", []int{1, 2, 3}, 4, 0},
		{"object", map[string]int{"ab": 1}, 2, 2},
		{"buffer", []byte{1, 2, 3}, 2, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := clone.NewBuilder(fault.Limits{})
			if err := clone.Walk(tt.v, b, clone.EncodeOptions{}); err != nil {
				t.Fatal(err)
			}
			doc, err := b.Finish()
			if err != nil {
				t.Fatal(err)
			}
			if values, bytes := doc.Size(); values != tt.values || bytes != tt.bytes {
				t.Errorf("Size() = %d, %d, want %d, %d", values, bytes, tt.values, tt.bytes)
			}
		})
	}
}
