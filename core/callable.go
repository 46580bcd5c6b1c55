package core

import (
	"context"
	"reflect"
	"slices"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// Callable is a function of the peer that came with a result. It has no state
// over there: each call runs the whole chain that led to it again. As an argument it stands for the
// function itself, as a [Ref] does for its result. Its methods may be called from any goroutine.
//
// Where a result is built into a Go function type
// func(ctx context.Context, args...) (R, error), a function takes the Callable's place.
type Callable struct {
	client *Client
	name   string
	chain  []sentOp
}

// Name is the function's name over there, "anonymous" if it has none.
func (f *Callable) Name() string { return f.name }

// Call calls the function and returns its result in the value model of package value.
func (f *Callable) Call(ctx context.Context, args ...any) (any, error) {
	var v any
	err := f.invoke(ctx, args, &v)
	return v, err
}

func (f *Callable) invoke(ctx context.Context, args []any, dst any) error {
	ops := append(slices.Clip(f.chain), sentOp{Type: opApply, Args: ownArgs(args)})
	return f.client.invokeChain(ctx, ops, dst)
}

// CloneSpecial keeps codecs from writing a Callable as data.
func (f *Callable) CloneSpecial() {}

var _ clone.Special = (*Callable)(nil)

// revive makes a Callable of a remote function marker, and leaves everything else as data: a payload may look like one.
func (c *Client) revive(n clone.Node) (any, bool, error) {
	if is, _ := n.Key(markFunction).Bool(); !is {
		return nil, false, nil
	}
	chain, ok := readChain(n.Key(keyChain), c.cfg.limits.ChainLength)
	if !ok {
		return nil, false, nil
	}
	name, ok := n.Key(keyFuncName).Text()
	if !ok {
		name = "anonymous"
	}
	return &Callable{client: c, name: cutText(name, maxFuncName), chain: chain}, true, nil
}

// maxFuncName bounds the name that a Callable shows, in bytes.
const maxFuncName = 128

// readChain reads a marker's operations. Arguments stay nodes, which are sent back as they came.
func readChain(n clone.Node, limit int) ([]sentOp, bool) {
	if n.Kind() != clone.KindArray || fault.Over(n.Len(), limit) {
		return nil, false
	}
	chain := make([]sentOp, 0, n.Len())
	for node := range n.Elems() {
		op, ok := readOp(node)
		if !ok {
			return nil, false
		}
		chain = append(chain, op)
	}
	return chain, true
}

func readOp(n clone.Node) (op sentOp, ok bool) {
	switch op.Type, _ = n.Key("type").Text(); op.Type {
	case opGet:
		key := n.Key("key")
		if s, ok := key.Text(); ok {
			op.Key = s
		} else if f, ok := key.Number(); ok {
			op.Key = f
		}
		return op, op.Key != nil
	case opApply:
		args := n.Key("args")
		op.Args = make([]any, 0, args.Len())
		for arg := range args.Elems() {
			op.Args = append(op.Args, arg)
		}
		return op, args.Kind() == clone.KindArray
	}
	return op, false
}

// reviveFunc makes a Go function of a Callable where a result is built into a function type.
func (c *Client) reviveFunc(v any, t reflect.Type) (reflect.Value, error) {
	f, ok := v.(*Callable)
	if !ok {
		return reflect.Value{}, fault.New(CodeMismatch, "core: a %T does not become a %v", v, t)
	}
	shape, err := shapeOf(t)
	if err != nil {
		return reflect.Value{}, fault.Wrap(CodeMismatch, "core: remote function "+f.name, err)
	}
	return shape.make(f.invoke), nil
}
