package core

import (
	"context"
	"slices"
)

// Env leads from one object to the others of its server: from Go by [Env.Binding],
// and from afar, when an object has it in a tagged field named env, as
// env.BINDING.getByName(name).method(...). A step to another object lets go of the caller's
// turn until it is back, is authorised like a first call, and copies arguments and
// results as a connection would.
type Env struct{ srv *Server }

// CloneSpecial makes an Env travel as an object of its bindings.
func (*Env) CloneSpecial() {}

// Binding returns the objects of a binding, by its name or its kebab-case form. Its
// error is [CodeUnknownBinding].
func (e *Env) Binding(name string) (*Namespace, error) {
	b, err := e.srv.lookup(name)
	if err != nil {
		return nil, err
	}
	return &Namespace{bind: b}, nil
}

func (e *Env) names() []string {
	all := *e.srv.bindings.Load()
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Namespace is the objects of one binding.
type Namespace struct{ bind *binding }

// CloneSpecial makes a Namespace travel as an object with the function getByName.
func (*Namespace) CloneSpecial() {}

// GetByName returns a handle on the named object, which need not exist yet.
func (n *Namespace) GetByName(name string) *Handle { return &Handle{bind: n.bind, name: name} }

// Handle stands for an object of the same server. It holds no resources.
type Handle struct {
	bind *binding
	name string
}

// CloneSpecial makes a Handle travel as the object it stands for.
func (*Handle) CloneSpecial() {}

// Target names the object.
func (h *Handle) Target() Target { return Target{Binding: h.bind.name, Instance: h.name} }

// Call calls a method of the object, waiting for the object's turn. ctx is that of the
// calling method, so that the call is on behalf of the same client, ends by the same
// deadline, and can come back to an object that takes part already; the caller's own
// turn is let go of meanwhile. A method may have several calls under way at a time: it has its turn again when
// the last of them returned. With a context of no call it is the server's own
// call, which no authorizer is asked about.
//
// Arguments and result are copies; the result is in the value model. What the
// method threw is returned as it would be to a client.
func (h *Handle) Call(ctx context.Context, method string, args ...any) (any, error) {
	return h.call(ctx, method, args)
}
