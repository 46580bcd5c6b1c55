package ungapcodec_test

import (
	"runtime"
	"testing"

	jsoniter "github.com/json-iterator/go"
)

// TestEncode_ForeignConfig: json-iterator's ConfigDefault is a variable that any package of a program may set.
// It says nothing about what is written here.
func TestEncode_ForeignConfig(t *testing.T) { // not parallel: nothing else may see the variable meanwhile
	before := jsoniter.ConfigDefault
	defer func() { jsoniter.ConfigDefault = before }()
	jsoniter.ConfigDefault = jsoniter.Config{IndentionStep: 2}.Froze()
	runtime.GC() // a writer that was pooled before would have the old one
	runtime.GC()
	if got, want := encode(t, []any{1, map[string]any{"a": true}}), `[[1,[1,2]],[0,1],[2,[[3,4]]],[0,"a"],[0,true]]`; got != want {
		t.Errorf("Encode = %q, want %q", got, want)
	}
}
