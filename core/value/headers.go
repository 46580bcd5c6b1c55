package value

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// HeaderEntry is one line of [Headers]: the name in lower case.
type HeaderEntry struct{ Name, Value string }

// Headers is an ordered header list as the Fetch standard iterates it: names in
// lower case and sorted, values of one name joined by ", " except set-cookie.
type Headers struct{ entries []HeaderEntry }

const setCookie = "set-cookie"

// NewHeaders returns a list of the entries, appended one by one (see [Headers.Append]).
func NewHeaders(entries ...HeaderEntry) (*Headers, error) {
	h := &Headers{entries: make([]HeaderEntry, 0, len(entries))}
	for _, e := range entries {
		if err := check(e.Name, e.Value); err != nil {
			return nil, err
		}
		h.entries = append(h.entries, HeaderEntry{strings.ToLower(e.Name), trim(e.Value)})
	}
	slices.SortStableFunc(h.entries, func(a, b HeaderEntry) int { return strings.Compare(a.Name, b.Name) })
	h.join()
	return h, nil
}

// join merges the neighbours of one name in the sorted list.
func (h *Headers) join() {
	kept := h.entries[:0]
	for i := 0; i < len(h.entries); {
		e, j := h.entries[i], i+1
		if e.Name != setCookie {
			for j < len(h.entries) && h.entries[j].Name == e.Name {
				j++
			}
			if j > i+1 {
				values := make([]string, 0, j-i)
				for _, f := range h.entries[i:j] {
					values = append(values, f.Value)
				}
				e.Value = strings.Join(values, ", ")
			}
		}
		kept = append(kept, e)
		i = j
	}
	clear(h.entries[len(kept):])
	h.entries = kept
}

// Len is the number of entries.
func (h *Headers) Len() int {
	if h == nil {
		return 0
	}
	return len(h.entries)
}

// Entries returns the entries in order. The slice is a copy.
func (h *Headers) Entries() []HeaderEntry {
	if h == nil {
		return nil
	}
	return slices.Clone(h.entries)
}

// All yields names and values in order.
func (h *Headers) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		if h == nil {
			return
		}
		for _, e := range h.entries {
			if !yield(e.Name, e.Value) {
				return
			}
		}
	}
}

// Get returns the value of a name in any case, false when there is none. Several
// set-cookie values are joined by ", ".
func (h *Headers) Get(name string) (string, bool) {
	values := h.Values(name)
	if len(values) == 0 {
		return "", false
	}
	return strings.Join(values, ", "), true
}

// Values returns the values of a name in any case: at most one except for set-cookie.
func (h *Headers) Values(name string) []string {
	if h == nil {
		return nil
	}
	i, j := h.span(strings.ToLower(name))
	var values []string
	for _, e := range h.entries[i:j] {
		values = append(values, e.Value)
	}
	return values
}

// Has reports whether there is an entry of that name in any case.
func (h *Headers) Has(name string) bool {
	if h == nil {
		return false
	}
	i, j := h.span(strings.ToLower(name))
	return j > i
}

// Append adds a value. It fails, and changes nothing, when the name is not an HTTP
// token or the value holds a CR, LF, NUL or anything beyond U+00FF. White space
// around the value is dropped.
func (h *Headers) Append(name, value string) error {
	if err := check(name, value); err != nil {
		return err
	}
	name, value = strings.ToLower(name), trim(value)
	i, j := h.span(name)
	if j > i && name != setCookie {
		h.entries[i].Value += ", " + value
		return nil
	}
	h.entries = slices.Insert(h.entries, j, HeaderEntry{name, value})
	return nil
}

// Set replaces all values of a name. It fails as [Headers.Append] does.
func (h *Headers) Set(name, value string) error {
	if err := check(name, value); err != nil {
		return err
	}
	h.Delete(name)
	return h.Append(name, value)
}

// Delete removes all values of a name and reports whether there were any.
func (h *Headers) Delete(name string) bool {
	i, j := h.span(strings.ToLower(name))
	h.entries = slices.Delete(h.entries, i, j)
	return j > i
}

func (h *Headers) span(name string) (int, int) {
	i, _ := slices.BinarySearchFunc(h.entries, name, func(e HeaderEntry, name string) int { return strings.Compare(e.Name, name) })
	j := i
	for j < len(h.entries) && h.entries[j].Name == name {
		j++
	}
	return i, j
}

func check(name, value string) error {
	if name == "" {
		return fmt.Errorf("header name is empty")
	}
	for i := range len(name) {
		if !isToken(name[i]) {
			return fmt.Errorf("header name %.40q: not an HTTP token", name)
		}
	}
	for _, r := range value {
		if r == 0 || r == '\r' || r == '\n' || r > 0xff {
			return fmt.Errorf("header %.40q: the value holds %q", name, r)
		}
	}
	return nil
}

func isToken(c byte) bool {
	switch {
	case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// trim drops HTTP white space. The inner line breaks are refused by check; outer ones too,
// which is stricter than Fetch.
func trim(v string) string { return strings.Trim(v, " \t") }
