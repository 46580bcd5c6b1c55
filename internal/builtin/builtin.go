// Package builtin is the one explicit list of the modules that come with
// Millrace. Nothing registers itself: what is not in the list is not there.
package builtin

import (
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/wstransport"
)

// Modules returns the built-in modules.
func Modules() []core.Module {
	return append(codecModules(), wstransport.Module(), memoryModule())
}

// Registry returns a new registry that holds the built-in modules.
func Registry() (*core.Registry, error) {
	r := &core.Registry{}
	for _, m := range Modules() {
		if err := r.Add(m); err != nil {
			return nil, err
		}
	}
	return r, nil
}
