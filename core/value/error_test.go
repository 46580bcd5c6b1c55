package value_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/millrace/millrace/core/value"
)

func TestError_Text(t *testing.T) {
	t.Parallel()
	var none *value.Error
	for _, tt := range []struct {
		err  *value.Error
		want string
	}{
		{value.NewError("TypeError", "bad"), "TypeError: bad"},
		{value.NewError("TypeError", ""), "TypeError"},
		{value.NewError("", "bad"), "bad"},
		{none, "<nil>"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("Error = %q, want %q", got, tt.want)
		}
	}
}

func TestError_Unwrap(t *testing.T) {
	t.Parallel()
	cause := value.NewError("RangeError", "inner").WithCause(io.EOF)
	err := value.NewAggregateError("all", value.NewError("Error", "first"), value.Hole{}, "text").WithCause(cause)
	wrapped := fmt.Errorf("call: %w", err)
	if !errors.Is(wrapped, io.EOF) || !errors.Is(wrapped, error(cause)) {
		t.Error("errors.Is does not see the causes")
	}
	if x, ok := errors.AsType[*value.Error](wrapped); !ok || x.Name != "AggregateError" {
		t.Errorf("AsType = %v, %v", x, ok)
	}
	if got := err.Errors(); len(got) != 2 || got[1] != "text" {
		t.Errorf("Errors = %v", got)
	}
	if got := err.Unwrap(); len(got) != 2 {
		t.Errorf("Unwrap = %v", got)
	}
	if c, ok := cause.Cause(); !ok || c != any(io.EOF) {
		t.Errorf("Cause = %v, %v", c, ok)
	}
	if _, ok := value.NewError("Error", "").Cause(); ok {
		t.Error("there is a cause that was never set")
	}
	var none *value.Error
	if _, ok := none.Cause(); ok || none.Unwrap() != nil || none.Errors() != nil {
		t.Error("a nil error holds something")
	}
	if got := value.NewError("Error", "").WithCause("text").Unwrap(); got != nil {
		t.Errorf("Unwrap = %v", got)
	}
}

func TestError_UnwrapEndsOnHostileGraphs(t *testing.T) {
	t.Parallel()
	a, b := value.NewError("A", ""), value.NewError("B", "")
	a.WithCause(b)
	b.WithCause(a)
	if errors.Is(a, io.EOF) {
		t.Error("a cycle is EOF")
	}
	// 2^64 paths through 64 errors.
	top := value.NewError("Error", "leaf")
	for range 64 {
		top = value.NewAggregateError("pair", top, top)
	}
	if errors.Is(top, io.EOF) {
		t.Error("a graph of errors is EOF")
	}
}

// TestError_UnwrapCopiesNothing: errors within errors that all hold one long list are looked
// through without a copy of the list for each.
func TestError_UnwrapCopiesNothing(t *testing.T) {
	list := &value.Array{Elems: make([]any, 50_000)}
	top := value.NewError("Error", "leaf")
	for range 200 {
		next := value.NewError("AggregateError", "")
		next.WithCause(top)
		next.Props.Set("errors", list)
		top = next
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if errors.Is(top, io.EOF) {
		t.Error("a list of nulls is EOF")
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("errors.Is allocates %d bytes, want at most 1 MiB", got)
	}
}

// TestFormat_LongErrors: of a long message only what is shown is looked at.
func TestFormat_LongErrors(t *testing.T) {
	long := value.NewError("Error", strings.Repeat("m", 1<<20))
	list := &value.Array{}
	for range 500 {
		list.Elems = append(list.Elems, long)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := value.Format(list)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
		t.Errorf("Format allocates %d bytes, want at most 4 MiB", used)
	}
	if want := "[[Error: mmm"; !strings.HasPrefix(got, want) || !strings.Contains(got, "mmm...], [Error: ") {
		t.Errorf("Format = %.300s, want %s...", got, want)
	}
}
