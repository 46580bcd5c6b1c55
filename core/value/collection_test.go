package value_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/core/value"
)

func TestMap_KeysAreSameValueZero(t *testing.T) {
	t.Parallel()
	p, q := &value.Object{}, &value.Object{}
	slice := []int{1}
	tests := []struct {
		name string
		a, b any
		same bool
	}{
		{"nan", math.NaN(), math.Float64frombits(0x7ff8000000000002), true},
		{"zeros", 0.0, math.Copysign(0, -1), true},
		{"bigints by value", big.NewInt(5), big.NewInt(5), true},
		{"bigint and number", big.NewInt(5), 5.0, false},
		{"huge bigints", new(big.Int).Lsh(big.NewInt(1), 99), new(big.Int).Lsh(big.NewInt(1), 99), true},
		{"bigint and its negative", big.NewInt(5), big.NewInt(-5), false},
		{"nil bigints", (*big.Int)(nil), (*big.Int)(nil), true},
		{"same pointer", p, p, true},
		{"pointers", p, q, false},
		{"strings", "a", "a", true},
		{"string and number", "1", 1.0, false},
		{"null", nil, nil, true},
		{"null and undefined", nil, value.Undefined{}, false},
		{"undefined", value.Undefined{}, value.Undefined{}, true},
		{"bools", true, true, true},
		{"int and float", 1, 1.0, true},
		{"uint8 and int64", uint8(7), int64(7), true},
		{"float32 and float64", float32(0.5), 0.5, true},
		{"large ints", int64(1)<<60 + 1, int64(1) << 60, false},
		{"large uint", uint64(1) << 60, uint64(1) << 60, true},
		{"same slice", slice, slice, true},
		{"slices", []int{1}, []int{1}, false},
		{"structs that cannot be compared", struct{ f []int }{}, struct{ f []int }{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, filler := range []int{0, 100} { // searched linearly, and by index
				m := value.NewMap()
				for i := range filler {
					m.Set("filler", i)
					m.Set(&value.Object{}, i)
				}
				n := m.Len()
				m.Set(tt.a, "a")
				m.Set(tt.b, "b")
				if got := m.Len() == n+1; got != tt.same {
					t.Errorf("with %d others: one entry: %v, want %v", filler, got, tt.same)
				}
				if v, ok := m.Get(tt.a); tt.same && (!ok || v != "b") {
					t.Errorf("with %d others: Get = %v, %v", filler, v, ok)
				}
			}
		})
	}
}

func TestMap_StoresPositiveZero(t *testing.T) {
	t.Parallel()
	m := value.NewMap(value.Entry{Key: math.Copysign(0, -1), Value: 1})
	s := value.NewSet(math.Copysign(0, -1), float32(math.Copysign(0, -1)))
	for k := range m.All() {
		if math.Signbit(k.(float64)) {
			t.Error("the key is -0")
		}
	}
	for v := range s.All() {
		if f, ok := v.(float64); ok && math.Signbit(f) {
			t.Error("the member is -0")
		}
	}
	if s.Len() != 1 {
		t.Errorf("Len = %d", s.Len())
	}
}

func TestMap_ManyNaNs(t *testing.T) {
	t.Parallel()
	m, s := value.NewMap(), value.NewSet()
	for i := range 10_000 {
		m.Set(math.NaN(), i)
		s.Add(math.NaN())
	}
	if m.Len() != 1 || s.Len() != 1 {
		t.Errorf("%d entries, %d members", m.Len(), s.Len())
	}
}

func TestCollections_NilAndBreak(t *testing.T) {
	t.Parallel()
	var m *value.Map
	var s *value.Set
	if _, ok := m.Get(1); ok || m.Has(1) || m.Len() != 0 || s.Has(1) || s.Len() != 0 {
		t.Error("nil collections hold something")
	}
	for range m.All() {
		t.Error("a nil map yields")
	}
	for range s.All() {
		t.Error("a nil set yields")
	}
	m, s = value.NewMap(value.Entry{Key: 1.0}, value.Entry{Key: 2.0}), value.NewSet(1.0, 2.0)
	n := 0
	for range m.All() {
		n++
		break
	}
	for range s.All() {
		n++
		break
	}
	if n != 2 {
		t.Errorf("%d steps after break", n)
	}
	if _, ok := m.Get(3.0); ok {
		t.Error("there is an entry that was never set")
	}
}

// TestMap_BehavesAsModel compares a map and a set with a list of entries.
func TestMap_BehavesAsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m, s := value.NewMap(), value.NewSet()
		var keys, values []any
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			k := any(float64(rapid.IntRange(0, 80).Draw(t, "key")))
			i := slices.Index(keys, k)
			if rapid.IntRange(0, 2).Draw(t, "what") == 0 {
				if m.Delete(k) != (i >= 0) || s.Delete(k) != (i >= 0) {
					t.Fatalf("Delete(%v) is wrong", k)
				}
				if i >= 0 {
					keys, values = slices.Delete(keys, i, i+1), slices.Delete(values, i, i+1)
				}
				continue
			}
			v := any(rapid.Int().Draw(t, "value"))
			m.Set(k, v)
			s.Add(k)
			if i >= 0 {
				values[i] = v
			} else {
				keys, values = append(keys, k), append(values, v)
			}
		}
		var gotKeys, gotValues, gotMembers []any
		for k, v := range m.All() {
			gotKeys, gotValues = append(gotKeys, k), append(gotValues, v)
		}
		for v := range s.All() {
			gotMembers = append(gotMembers, v)
		}
		if !slices.Equal(gotKeys, keys) || !slices.Equal(gotValues, values) || !slices.Equal(gotMembers, keys) {
			t.Fatalf("entries %v %v, members %v; want %v %v", gotKeys, gotValues, gotMembers, keys, values)
		}
		for i, k := range keys {
			if v, ok := m.Get(k); !ok || v != values[i] || !m.Has(k) || !s.Has(k) {
				t.Fatalf("Get(%v) = %v, %v; want %v", k, v, ok, values[i])
			}
		}
		if m.Len() != len(keys) || s.Len() != len(keys) {
			t.Fatalf("Len = %d, %d; want %d", m.Len(), s.Len(), len(keys))
		}
	})
}

// TestMap_LongBigIntKeys: keys are compared without their digits, which would cost the square of their
// length for each comparison.
func TestMap_LongBigIntKeys(t *testing.T) {
	t.Parallel()
	m := value.NewMap()
	long := new(big.Int).Lsh(big.NewInt(1), 1<<20)
	for i := range 30 {
		m.Set(new(big.Int).Add(long, big.NewInt(int64(i))), i)
	}
	if v, ok := m.Get(new(big.Int).Add(long, big.NewInt(29))); m.Len() != 30 || !ok || v != 29 {
		t.Errorf("Get = %v, %v of %d, want 29 of 30", v, ok, m.Len())
	}
	if m.Has(new(big.Int).Neg(long)) {
		t.Error("the negative of a key is a key")
	}
}
