package value_test

import (
	"slices"
	"testing"

	"github.com/millrace/millrace/core/value"
)

func TestHeaders_AreSortedAndJoined(t *testing.T) {
	t.Parallel()
	h, err := value.NewHeaders(
		value.HeaderEntry{Name: "X-B", Value: "2"}, value.HeaderEntry{Name: "a", Value: " 1\t"},
		value.HeaderEntry{Name: "Set-Cookie", Value: "x=1"}, value.HeaderEntry{Name: "A", Value: "2"},
		value.HeaderEntry{Name: "set-cookie", Value: "y=2"})
	if err != nil {
		t.Fatal(err)
	}
	want := []value.HeaderEntry{{Name: "a", Value: "1, 2"}, {Name: "set-cookie", Value: "x=1"}, {Name: "set-cookie", Value: "y=2"}, {Name: "x-b", Value: "2"}}
	if got := h.Entries(); !slices.Equal(got, want) {
		t.Errorf("Entries = %v, want %v", got, want)
	}
	if v, ok := h.Get("SET-COOKIE"); !ok || v != "x=1, y=2" {
		t.Errorf("Get = %q, %v", v, ok)
	}
	if got := h.Values("Set-Cookie"); !slices.Equal(got, []string{"x=1", "y=2"}) {
		t.Errorf("Values = %q", got)
	}
	if _, ok := h.Get("none"); ok || h.Has("none") || !h.Has("x-B") || h.Len() != 4 {
		t.Error("Get, Has or Len is wrong")
	}
}

func TestHeaders_Change(t *testing.T) {
	t.Parallel()
	h := &value.Headers{}
	for _, step := range []error{h.Append("B", "1"), h.Append("a", "1"), h.Append("b", "2"), h.Set("a", "3"), h.Append("set-cookie", "x"), h.Append("set-cookie", "y")} {
		if step != nil {
			t.Fatal(step)
		}
	}
	want := []value.HeaderEntry{{Name: "a", Value: "3"}, {Name: "b", Value: "1, 2"}, {Name: "set-cookie", Value: "x"}, {Name: "set-cookie", Value: "y"}}
	if got := h.Entries(); !slices.Equal(got, want) {
		t.Errorf("Entries = %v, want %v", got, want)
	}
	if !h.Delete("Set-Cookie") || h.Delete("set-cookie") || h.Len() != 2 {
		t.Error("Delete is wrong")
	}
	n := 0
	for range h.All() {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d steps after break", n)
	}
}

func TestHeaders_RefuseWhatCannotTravel(t *testing.T) {
	t.Parallel()
	for _, e := range []value.HeaderEntry{
		{Name: "", Value: "x"}, {Name: "a b", Value: "x"}, {Name: "é", Value: "x"}, {Name: "a:", Value: "x"},
		{Name: "a", Value: "x\r\ny"}, {Name: "a", Value: "x\ny"}, {Name: "a", Value: "\x00"}, {Name: "a", Value: "€"},
	} {
		if _, err := value.NewHeaders(e); err == nil {
			t.Errorf("NewHeaders(%q) has no error", e)
		}
		h, _ := value.NewHeaders(value.HeaderEntry{Name: "a", Value: "kept"})
		if h.Append(e.Name, e.Value) == nil || h.Set(e.Name, e.Value) == nil {
			t.Errorf("Append or Set of %q has no error", e)
		}
		if v, _ := h.Get("a"); v != "kept" {
			t.Errorf("a refused entry changed the list: %q", v)
		}
	}
	if _, err := value.NewHeaders(value.HeaderEntry{Name: "a", Value: "\u00e9\tx"}); err != nil {
		t.Errorf("Latin-1 and tabs are refused: %v", err)
	}
}

func TestHeaders_Nil(t *testing.T) {
	t.Parallel()
	var h *value.Headers
	if _, ok := h.Get("a"); ok || h.Has("a") || h.Len() != 0 || h.Entries() != nil {
		t.Error("a nil list holds something")
	}
	for range h.All() {
		t.Error("a nil list yields")
	}
}
