package clone

import (
	"encoding"
	"reflect"
	"strconv"
	"unsafe"
)

func (c targetCompiler) compileMap(x *target) {
	x.shares = true
	t := x.typ
	key, elem := c.target(t.Key()), c.target(t.Elem())
	name := keyReader(t.Key())
	dict := t.ConvertibleTo(dictType) && t.Key() == dictType.Key()
	x.build = func(b *build, at uint32, e *entry, p unsafe.Pointer) error {
		switch {
		case absent(e):
			return nil
		case e.kind == KindObject && name != nil:
		case e.kind == KindMap:
		case e.kind == KindSet && t.Elem() == emptyType:
		default:
			return doesNotFit(e, t)
		}
		m := reflect.MakeMapWithSize(t, e.size())
		if e.flags&flagShared != 0 {
			b.learn(at, t, m) // before it is filled: a cycle ends here
		}
		if err := b.enter(); err != nil {
			return err
		}
		var err error
		switch {
		case e.kind == KindSet:
			err = b.keysOf(m, key, at, e)
		case e.kind == KindMap:
			err = b.entriesOf(m, key, elem, at, e)
		case dict:
			err = b.dict(m.Convert(dictType).Interface().(map[string]any), at, e)
		default:
			err = b.membersOf(m, name, elem, at, e)
		}
		if err != nil {
			return err
		}
		b.depth--
		reflect.NewAt(t, p).Elem().Set(m)
		return nil
	}
}

var dictType = reflect.TypeFor[map[string]any]()

// dict fills a map from strings to anything.
func (b *build) dict(m map[string]any, at uint32, e *entry) error {
	tape := b.doc.tape
	for i := at + 1; i < e.end; i = tape[i+1].end {
		key := b.key(&tape[i])
		v, err := b.any(i + 1)
		if err != nil {
			return under(err, func() string { return member(key) })
		}
		m[key] = v
	}
	return nil
}

// membersOf fills a map from the members of an object.
func (b *build) membersOf(m reflect.Value, name keyFunc, elem *target, at uint32, e *entry) error {
	t := m.Type()
	tape := b.doc.tape
	key := reflect.New(t.Key()).Elem()
	for i := at + 1; i < e.end; i = tape[i+1].end {
		text := b.key(&tape[i])
		key.SetZero()
		if err := name(text, key); err != nil {
			return under(err, func() string { return member(text) })
		}
		v := reflect.New(t.Elem())
		if err := b.into(elem, i+1, v.UnsafePointer()); err != nil {
			return under(err, func() string { return member(text) })
		}
		if m.MapIndex(key).IsValid() {
			return under(misfit("two keys are one %s", t.Key()), func() string { return member(text) })
		}
		m.SetMapIndex(key, v.Elem())
	}
	return nil
}

// entriesOf fills a map from the entries of a map.
func (b *build) entriesOf(m reflect.Value, key, elem *target, at uint32, e *entry) error {
	t := m.Type()
	tape := b.doc.tape
	nan := false
	for i := at + 1; i < e.end; {
		k, v := reflect.New(t.Key()), reflect.New(t.Elem())
		if err := b.hashable(key, i, k); err != nil {
			return err
		}
		i = tape[i].end
		if err := b.into(elem, i, v.UnsafePointer()); err != nil {
			return under(err, func() string { return entryOf(plainKey(k.Elem())) })
		}
		i = tape[i].end
		unequal := !k.Elem().Equal(k.Elem()) // NaN, which is one key in a Map and never found in a Go map
		if m.MapIndex(k.Elem()).IsValid() || unequal && nan {
			return under(misfit("two keys are one %s", t.Key()), func() string { return entryOf(plainKey(k.Elem())) })
		}
		nan = nan || unequal
		m.SetMapIndex(k.Elem(), v.Elem())
	}
	return nil
}

// keysOf fills a map that stands for a set.
func (b *build) keysOf(m reflect.Value, key *target, at uint32, e *entry) error {
	tape, n, nan := b.doc.tape, 0, false
	present := reflect.Zero(m.Type().Elem())
	for i := at + 1; i < e.end; i = tape[i].end {
		k := reflect.New(m.Type().Key())
		if err := b.hashable(key, i, k); err != nil {
			return under(err, func() string { return index(n) })
		}
		unequal := !k.Elem().Equal(k.Elem())
		if !unequal || !nan { // NaN is one member
			m.SetMapIndex(k.Elem(), present)
		}
		nan = nan || unequal
		n++
	}
	return nil
}

// hashable builds a key into what k points to, and refuses what a Go map cannot have as key.
func (b *build) hashable(key *target, at uint32, k reflect.Value) error {
	if err := b.into(key, at, k.UnsafePointer()); err != nil {
		return under(err, func() string { return "[a key]" })
	}
	if !k.Elem().Comparable() {
		return under(misfit("%s cannot be a key", k.Elem().Type()), func() string { return "[a key]" })
	}
	return nil
}

// plainKey is a key as a path shows it.
func plainKey(k reflect.Value) any {
	switch {
	case k.Kind() == reflect.String:
		return k.String()
	case k.CanInt():
		return float64(k.Int())
	case k.CanUint():
		return float64(k.Uint())
	}
	return k.Interface()
}

// keyFunc reads a map's key from the key of a member.
type keyFunc func(text string, into reflect.Value) error

// keyReader returns how keys of type t are read, nil when they cannot be.
func keyReader(t reflect.Type) keyFunc {
	if t.Kind() != reflect.String && reflect.PointerTo(t).Implements(textUnmarshalerType) {
		return func(text string, into reflect.Value) error {
			u := into.Addr().Interface().(encoding.TextUnmarshaler)
			return guard(t, "UnmarshalText", func() error {
				if err := u.UnmarshalText([]byte(text)); err != nil {
					return misfit("the key does not fit %s: %v", t, err)
				}
				return nil
			})
		}
	}
	bad := func() error { return misfit("the key does not fit %s", t) }
	switch t.Kind() {
	case reflect.String:
		return func(text string, into reflect.Value) error { into.SetString(text); return nil }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(text string, into reflect.Value) error {
			n, err := strconv.ParseInt(text, 10, t.Bits())
			if err != nil || strconv.FormatInt(n, 10) != text {
				return bad()
			}
			into.SetInt(n)
			return nil
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return func(text string, into reflect.Value) error {
			n, err := strconv.ParseUint(text, 10, t.Bits())
			if err != nil || strconv.FormatUint(n, 10) != text {
				return bad()
			}
			into.SetUint(n)
			return nil
		}
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return func(text string, into reflect.Value) error { into.Set(reflect.ValueOf(text)); return nil }
		}
	}
	return nil
}
