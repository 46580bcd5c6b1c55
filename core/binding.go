package core

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"github.com/millrace/millrace/core/fault"
)

// binding is a registered kind of object.
type binding struct {
	objectConfig
	srv     *Server
	name    string
	factory func(*State) (any, error)

	lives atomic.Int64 // objects with a value
	does  atomic.Uint32

	tables sync.Map // of reflect.Type to *typeTable: of registered values, where names may be allowed

	mu      sync.Mutex // guards objects
	objects map[string]*object
}

// What the values of a binding can do, as far as any were seen.
const (
	doesSeen = 1 << iota
	doesMessages
	doesOpened
	doesClosed
)

// saw notes which optional interfaces the binding's values have.
func (b *binding) saw(v any) {
	does := uint32(doesSeen)
	if _, ok := v.(MessageObject); ok {
		does |= doesMessages
	}
	if _, ok := v.(SocketOpener); ok {
		does |= doesOpened
	}
	if _, ok := v.(SocketCloser); ok {
		does |= doesClosed
	}
	b.does.Or(does)
}

// might reports whether waking an object for an event may be of use: always, as
// long as no value of the binding was seen.
func (b *binding) might(event uint32) bool {
	does := b.does.Load()
	return does&doesSeen == 0 || does&event != 0
}

// table returns the reachable names of a registered value's type.
func (b *binding) table(t reflect.Type) *typeTable {
	if len(b.allowed) == 0 {
		return b.srv.reach.table(t)
	}
	if made, ok := b.tables.Load(t); ok {
		return made.(*typeTable)
	}
	made, _ := b.tables.LoadOrStore(t, buildTable(t, b.allowed))
	return made.(*typeTable)
}

// object returns the named object with a reference for the caller, who gives it up by unref.
func (b *binding) object(name string) *object {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.objects[name]
	if o == nil {
		o = &object{bind: b, name: name}
		o.state = &State{obj: o}
		b.objects[name] = o
	}
	o.refs.Add(1)
	return o
}

// peek returns the named object if there is one, without a reference.
func (b *binding) peek(name string) *object {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.objects[name]
}

func validBinding(name string) bool {
	for _, r := range name {
		if r != '_' && r != '-' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)) {
			return false
		}
	}
	return name != "" && len(name) <= 128
}

// lookup finds a binding by its name, or by the kebab-case form of its name.
func (s *Server) lookup(asked string) (*binding, error) {
	all := *s.bindings.Load()
	if b := all[asked]; b != nil {
		return b, nil
	}
	var found *binding
	if isKebab(asked) {
		for _, b := range all {
			if !spells(asked, b.name) {
				continue
			}
			if found != nil {
				names := []string{found.name, b.name}
				slices.Sort(names)
				return nil, fault.New(CodeUnknownBinding, "core: %q could be any of %s: say which", asked, strings.Join(names, ", "))
			}
			found = b
		}
	}
	if found == nil {
		return nil, s.unknownBinding(asked, all)
	}
	return found, nil
}

func (s *Server) unknownBinding(asked string, all map[string]*binding) error {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) == 0 {
		return fault.New(CodeUnknownBinding, "core: no binding is named %q: none is registered", bounded(asked))
	}
	near := ""
	if name := suggest(asked, names); name != "" {
		near = ": did you mean " + name + "?"
	}
	const shown = 20
	list := strings.Join(names[:min(shown, len(names))], ", ")
	if len(names) > shown {
		list += ", ..."
	}
	return fault.New(CodeUnknownBinding, "core: no binding is named %q%s (there are: %s)", bounded(asked), near, list)
}

// bounded cuts what came from outside to a length that suits a message.
func bounded(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

func isKebab(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// spells reports whether kebab-case asked is the binding name in other clothes: my-do is
// MY_DO, my_do, MyDO, MyDo, myDo and MYDO. Each word after the first begins behind
// an underscore, or with what is no lower-case letter.
func spells(asked, name string) bool {
	rest := name
	for i, word := range strings.Split(asked, "-") {
		if i > 0 {
			var under bool
			rest, under = strings.CutPrefix(rest, "_")
			if !under && (rest == "" || rest[0] >= 'a' && rest[0] <= 'z') {
				return false
			}
		}
		if len(rest) < len(word) || !strings.EqualFold(rest[:len(word)], word) {
			return false
		}
		rest = rest[len(word):]
	}
	return rest == ""
}
