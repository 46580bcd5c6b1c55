package core

import (
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// nested is the outcome of a chain in the place of an argument.
type nested struct {
	v   any
	err error
}

// replaceMarker is asked for each object that may be a nested operation, and takes those
// that were found and charged when the message was read: it runs the chain, or finds what it gave before in this batch. Failures are remembered too, so that
// an alias fails with the error of the marker it stands for.
func (x *exec) replaceMarker(n clone.Node) (any, bool, error) {
	if !x.nested[n] {
		return nil, false, nil
	}
	if done := x.markers[n]; done != nil {
		return x.outcome(done)
	}
	ref, _ := n.Key(keyRefID).Text()
	if done := x.aliases[ref]; done != nil && ref != "" {
		return x.outcome(done)
	}
	done := &nested{}
	if ops := n.Key(keyChain); !ops.IsZero() {
		done.v, done.err = x.nestedChain(ops)
	} else if ref != "" {
		done.err = fault.New(CodeMalformed, "Alias marker with refId %q has no operation chain and no cached result. This indicates the alias was encountered before the full marker.", bounded(ref))
	} else {
		done.err = fault.New(CodeMalformed, "Nested operation marker missing __operationChain")
	}
	if x.markers == nil {
		x.markers = map[clone.Node]*nested{}
	}
	x.markers[n] = done
	if ref != "" {
		if x.aliases == nil {
			x.aliases = map[string]*nested{}
		}
		x.aliases[ref] = done
	}
	return x.outcome(done)
}

func (x *exec) outcome(n *nested) (any, bool, error) {
	if n.err != nil {
		x.failed = n.err
		return nil, true, n.err
	}
	return n.v, true, nil
}

// nestedChain runs a chain from the batch's own object, whichever is in hand, and
// comes back with its live result; where a border lies between, with a copy.
func (x *exec) nestedChain(ops clone.Node) (v any, err error) {
	here := x.frame
	finished := false
	if here != x.root {
		here.leave()
		x.root.back()
		x.frame = x.root
	}
	defer func() { // also when user code ends the goroutine
		switch {
		case !finished || err != nil: // the chain that waits for the argument fails too, and needs no turn for it
			x.part()
			x.frame = here
		case here == x.root:
			x.unwind()
		default:
			x.part()
			x.root.leave()
			x.run.at(here.obj)
			here.back()
			x.frame = here
		}
	}()
	cur, err := x.chain(ops)
	if err == nil {
		v, err = x.argument(cur, x.frame != here)
	}
	finished = true
	return v, err
}

// argument is what a nested chain's cursor gives to a parameter.
func (x *exec) argument(cur cursor, border bool) (any, error) {
	if cur.method != nil {
		return cur.v.MethodByName(cur.method.goName).Interface(), nil
	}
	v, _ := unwrap(cur.v, false)
	if !v.IsValid() {
		return nil, nil
	}
	if border {
		return x.copied(v.Interface())
	}
	return v.Interface(), nil
}
