package clone

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

type deepest struct{ Deep, Both int }

type inner struct {
	deepest
	Inner int `json:"inner"`
	Both  int
	Clash int
}

type other struct{ Clash int }

type outer struct {
	Z     int
	Ten   int `json:"10"`
	Two   int `millrace:"2"`
	Over  int `json:"4294967295"`
	Zero0 int `json:"01"`
	inner
	*other
	Gone    int    `json:"-"`
	Dash    int    `json:"-,"`
	Wins    int    `millrace:"m" json:"j"`
	Empty   string `json:",omitempty"`
	ZeroOff int    `millrace:"off,omitzero,omitempty"`
	hidden  int
	time.Time
	Named other `json:"named"`
}

type loop struct {
	A int
	*loop
}

func names(s *structFields) []string {
	var out []string
	for _, f := range s.list {
		out = append(out, f.name)
	}
	return out
}

func TestFieldsOf(t *testing.T) {
	t.Parallel()
	_ = outer{}.hidden
	s := fieldsOf(reflect.TypeFor[outer]())
	want := []string{"2", "10", "Z", "4294967295", "01", "Deep", "inner", "Both", "-", "m", "Empty", "off", "Time", "named"}
	if got := names(s); !slices.Equal(got, want) {
		t.Errorf("names = %q, want %q", got, want)
	}
	if s != fieldsOf(reflect.TypeFor[outer]()) {
		t.Error("fieldsOf is not cached")
	}
	if f := s.byName["off"]; !f.omitZero || !f.omitEmpty || !f.tagged {
		t.Errorf("off = %+v, want both omit options and tagged", f)
	}
	if f := s.byName["Empty"]; !f.omitEmpty || f.omitZero || f.tagged {
		t.Errorf("Empty = %+v, want omitempty alone, untagged", f)
	}
	if f := s.byName["Both"]; len(f.index) != 2 || !f.direct {
		t.Errorf("Both = %+v, want the shallower of two", f)
	}
	v := reflect.ValueOf(outer{inner: inner{deepest: deepest{Deep: 7}}})
	if f := s.byName["Deep"]; v.FieldByIndex(f.index).Int() != 7 {
		t.Errorf("Deep by index = %v, want 7", v.FieldByIndex(f.index))
	}
}

func TestFieldsOf_Offsets(t *testing.T) {
	t.Parallel()
	type viaPointer struct {
		Before int
		*other
	}
	s := fieldsOf(reflect.TypeFor[viaPointer]())
	if f := s.byName["Clash"]; f == nil || f.direct {
		t.Errorf("Clash = %+v, want a field that is not direct", f)
	}
	for _, f := range fieldsOf(reflect.TypeFor[outer]()).list {
		sf := reflect.TypeFor[outer]().FieldByIndex(f.index)
		if f.direct && len(f.index) == 1 && f.offset != sf.Offset {
			t.Errorf("%s: offset = %d, want %d", f.name, f.offset, sf.Offset)
		}
	}
}

func TestFieldsOf_Recursive(t *testing.T) {
	t.Parallel()
	if got := names(fieldsOf(reflect.TypeFor[loop]())); !slices.Equal(got, []string{"A"}) {
		t.Errorf("names = %q, want A alone", got)
	}
}
