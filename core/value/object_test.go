package value_test

import (
	"slices"
	"strconv"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/core/value"
)

func TestObject_KeepsOwnKeyOrder(t *testing.T) {
	t.Parallel()
	o := value.NewObject()
	for _, k := range []string{"b", "10", "a", "2", "01", "-1", "4294967294", "4294967295", "0", "1.5", ""} {
		o.Set(k, k)
	}
	o.Set("b", "again")
	want := []string{"0", "2", "10", "4294967294", "b", "a", "01", "-1", "4294967295", "1.5", ""}
	if got := o.Keys(); !slices.Equal(got, want) {
		t.Errorf("Keys = %q, want %q", got, want)
	}
	if v, ok := o.Get("b"); !ok || v != "again" {
		t.Errorf("Get(b) = %v, %v", v, ok)
	}
	if m := o.At(1); m.Key != "2" || m.Value != "2" {
		t.Errorf("At(1) = %v", m)
	}
}

func TestObject_NilAndZero(t *testing.T) {
	t.Parallel()
	var none *value.Object
	if none.Len() != 0 || none.Has("x") || len(none.Keys()) != 0 {
		t.Error("a nil object has members")
	}
	for range none.All() {
		t.Error("a nil object yields members")
	}
	var o value.Object
	o.Set("x", 1.0)
	if !o.Has("x") || o.Delete("y") || !o.Delete("x") || o.Len() != 0 {
		t.Error("the zero object does not work")
	}
}

func TestObject_AllStops(t *testing.T) {
	t.Parallel()
	n := 0
	for range value.NewObject(value.Member{Key: "a"}, value.Member{Key: "b"}).All() {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d members after break", n)
	}
}

func TestObjectOf_FindsInLargeObjects(t *testing.T) {
	t.Parallel()
	members := make([]value.Member, 1000)
	for i := range members {
		members[i] = value.Member{Key: "k" + strconv.Itoa(i), Value: float64(i)}
	}
	o := value.ObjectOf(members)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range members {
				if v, ok := o.Get("k" + strconv.Itoa(i)); !ok || v != float64(i) {
					t.Errorf("Get(k%d) = %v, %v", i, v, ok)
				}
			}
		})
	}
	wg.Wait()
	if o.Has("k1000") {
		t.Error("there is a key that was never set")
	}
}

// TestObject_BehavesAsModel compares an object with a plain list of members.
func TestObject_BehavesAsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := value.NewObject()
		var keys []string
		values := map[string]any{}
		key := rapid.Custom(func(t *rapid.T) string {
			n := strconv.Itoa(rapid.IntRange(0, 60).Draw(t, "n"))
			if rapid.Bool().Draw(t, "name") {
				return "k" + n
			}
			return n
		})
		for range rapid.IntRange(0, 200).Draw(t, "steps") {
			k := key.Draw(t, "key")
			_, had := values[k]
			if rapid.IntRange(0, 3).Draw(t, "what") == 0 {
				if o.Delete(k) != had {
					t.Fatalf("Delete(%q) is not %v", k, had)
				}
				delete(values, k)
				keys = slices.DeleteFunc(keys, func(s string) bool { return s == k })
				continue
			}
			v := rapid.Float64().Draw(t, "value")
			o.Set(k, v)
			values[k] = v
			if !had {
				keys = append(keys, k)
			}
		}
		want := slices.Clone(keys)
		slices.SortStableFunc(want, func(a, b string) int {
			m, isM := value.IsIndex(a)
			n, isN := value.IsIndex(b)
			switch {
			case isM && isN:
				return int(m) - int(n)
			case isM:
				return -1
			case isN:
				return 1
			}
			return 0
		})
		if got := o.Keys(); !slices.Equal(got, want) {
			t.Fatalf("Keys = %q, want %q", got, want)
		}
		for k, v := range o.All() {
			if got, ok := o.Get(k); !ok || got != v && v == v || values[k] != v && v == v {
				t.Fatalf("%q: Get = %v, All = %v, want %v", k, got, v, values[k])
			}
		}
	})
}
