package clone

import (
	"cmp"
	"math/big"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/core/value"
)

// field is one struct field as the wire sees it.
type field struct {
	name  string
	index []int // as for reflect.Value.FieldByIndex; more than one step goes through embedded structs
	typ   reflect.Type

	// offset is the field's distance from the struct's start; it holds only
	// when direct, that is when no embedded pointer lies on the way.
	offset uintptr
	direct bool

	omitEmpty bool // as encoding/json: false, 0, nil, and whatever has length 0
	omitZero  bool // as encoding/json: IsZero() when the type has it, else the zero value
	tagged    bool // the name comes from a tag
}

// structFields is what fieldsOf knows of one struct type.
type structFields struct {
	list   []field // in JavaScript own-key order: array indices ascending, then as declared
	byName map[string]*field
}

// fieldCache holds *structFields by reflect.Type: a pure function's memo.
var fieldCache sync.Map

// fieldsOf returns the fields of struct type t that are visible on the wire. A
// name comes from the tag millrace:"name", else from json:"name", else it is
// the Go name; "-" leaves the field out, "-," names it "-". Embedded structs
// are flattened, and of several fields with one name the dominant one stays,
// all by the rules of encoding/json.
func fieldsOf(t reflect.Type) *structFields {
	if f, ok := fieldCache.Load(t); ok {
		return f.(*structFields)
	}
	f, _ := fieldCache.LoadOrStore(t, buildFields(t))
	return f.(*structFields)
}

func buildFields(t reflect.Type) *structFields {
	all := visibleFields(t)
	// Within one name the dominant field comes first: least depth, then tagged.
	slices.SortStableFunc(all, func(a, b field) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		if c := cmp.Compare(len(a.index), len(b.index)); c != 0 {
			return c
		}
		if a.tagged != b.tagged {
			if a.tagged {
				return -1
			}
			return 1
		}
		return slices.Compare(a.index, b.index)
	})
	var list []field
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[j].name == all[i].name {
			j++
		}
		ambiguous := j > i+1 && len(all[i].index) == len(all[i+1].index) && all[i].tagged == all[i+1].tagged
		if !ambiguous {
			list = append(list, all[i])
		}
		i = j
	}
	slices.SortStableFunc(list, compareKeyOrder)
	s := &structFields{list: list, byName: make(map[string]*field, len(list))}
	for i := range list {
		s.byName[list[i].name] = &list[i]
	}
	return s
}

// compareKeyOrder orders fields as JavaScript orders own keys.
func compareKeyOrder(a, b field) int {
	ai, aIsIndex := value.IsIndex(a.name)
	bi, bIsIndex := value.IsIndex(b.name)
	switch {
	case aIsIndex && bIsIndex:
		return cmp.Compare(ai, bi)
	case aIsIndex:
		return -1
	case bIsIndex:
		return 1
	}
	return slices.Compare(a.index, b.index)
}

// embedded is a struct type on visibleFields' way down.
type embedded struct {
	typ    reflect.Type
	index  []int
	offset uintptr
	direct bool
}

// visibleFields lists every candidate, level by level; a type is entered at
// its least depth only, which also ends recursion.
func visibleFields(t reflect.Type) []field {
	var out []field
	next := []embedded{{typ: t, direct: true}}
	visited := map[reflect.Type]bool{}
	for len(next) > 0 {
		level := next
		next = nil
		entered := map[reflect.Type]bool{}
		for _, e := range level {
			if visited[e.typ] {
				continue
			}
			entered[e.typ] = true
			for i := range e.typ.NumField() {
				f, down, ok := oneField(e, e.typ.Field(i), i)
				switch {
				case !ok:
				case down != nil:
					next = append(next, *down)
				default:
					out = append(out, f)
				}
			}
		}
		for typ := range entered {
			visited[typ] = true
		}
	}
	return out
}

// oneField turns sf, field i of e, into a field or an embedded struct to enter.
func oneField(e embedded, sf reflect.StructField, i int) (field, *embedded, bool) {
	inner := sf.Type
	if sf.Anonymous && inner.Kind() == reflect.Pointer {
		inner = inner.Elem()
	}
	flattens := sf.Anonymous && inner.Kind() == reflect.Struct && !hasOwnForm(inner)
	if !sf.IsExported() && !flattens {
		return field{}, nil, false
	}
	tag, ok := sf.Tag.Lookup("millrace")
	if !ok {
		tag = sf.Tag.Get("json")
	}
	if tag == "-" {
		return field{}, nil, false
	}
	name, options, _ := strings.Cut(tag, ",")
	index := append(slices.Clip(e.index), i)
	if flattens && name == "" {
		return field{}, &embedded{
			typ: inner, index: index, offset: e.offset + sf.Offset,
			direct: e.direct && sf.Type.Kind() != reflect.Pointer,
		}, true
	}
	if !sf.IsExported() {
		return field{}, nil, false
	}
	f := field{
		name: cmp.Or(name, sf.Name), index: index, typ: sf.Type,
		offset: e.offset + sf.Offset, direct: e.direct, tagged: name != "",
	}
	for option := range strings.SplitSeq(options, ",") {
		f.omitEmpty = f.omitEmpty || option == "omitempty"
		f.omitZero = f.omitZero || option == "omitzero"
	}
	return f, nil, true
}

// hasOwnForm reports whether a struct type is written as something other than
// an object of its fields, so that embedding it does not flatten it.
func hasOwnForm(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[time.Time](), reflect.TypeFor[big.Int](), reflect.TypeFor[url.URL](), reflect.TypeFor[Node]():
		return true
	}
	return t.PkgPath() == reflect.TypeFor[value.Object]().PkgPath()
}
