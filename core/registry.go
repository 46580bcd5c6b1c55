package core

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/millrace/millrace/core/fault"
)

// Registry holds modules by kind and name. The zero value is empty and ready for
// use. All methods may be called from any goroutine.
type Registry struct {
	mu      sync.RWMutex // guards modules
	modules map[moduleKey]Module
}

type moduleKey struct {
	kind ModuleKind
	name string
}

// Add registers a module. It fails with [CodeConfig] when the module does not fit
// its kind, when its name is not allowed, and when its kind has that name already.
func (r *Registry) Add(m Module) error { return r.put(m, false) }

// Replace registers a module in the place of the one with its kind and name, if
// there is one. It fails with [CodeConfig] when the module itself is not valid.
func (r *Registry) Replace(m Module) error { return r.put(m, true) }

func (r *Registry) put(m Module, replace bool) error {
	if err := m.validate(); err != nil {
		return err
	}
	key := moduleKey{m.Info.Kind, m.Info.Name}
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, ok := r.modules[key]; ok && !replace {
		return fault.New(CodeConfig, "core: %s %q is registered twice: by %q and by %q (Replace overrides)",
			key.kind, key.name, old.Info.Origin, m.Info.Origin)
	}
	if r.modules == nil {
		r.modules = make(map[moduleKey]Module)
	}
	r.modules[key] = m
	return nil
}

// Lookup returns the module of that kind and name. When there is none it fails
// with [CodeUnsupported], and the message lists the names that exist.
func (r *Registry) Lookup(kind ModuleKind, name string) (Module, error) {
	r.mu.RLock()
	m, ok := r.modules[moduleKey{kind, name}]
	r.mu.RUnlock()
	if ok {
		return m, nil
	}
	var names []string
	for _, info := range r.List(kind) {
		names = append(names, info.Name)
	}
	known := strings.Join(names, ", ")
	return Module{}, fault.New(CodeUnsupported, "core: no %s named %.80q is registered; there are: %s",
		kind, name, cmp.Or(known, "none"))
}

// List describes the modules of a kind, sorted by name.
func (r *Registry) List(kind ModuleKind) []ModuleInfo {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var infos []ModuleInfo
	for key, m := range r.modules {
		if key.kind == kind {
			infos = append(infos, m.Info)
		}
	}
	slices.SortFunc(infos, func(a, b ModuleInfo) int { return cmp.Compare(a.Name, b.Name) })
	return infos
}
