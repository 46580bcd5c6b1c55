package core

import (
	"context"

	"github.com/millrace/millrace/core/value"
)

// Caller is what calls start from: a [*Client], which is its object, or a [*Ref], which is a chain's value.
type Caller interface {
	// Get is the member of that name.
	Get(name string) *Ref
	// Call is the result of a method.
	Call(method string, args ...any) *Ref

	// invoke calls a method and builds its result into what dst points to; nil: nowhere.
	invoke(ctx context.Context, method string, args []any, dst any) error
}

var (
	_ Caller = (*Client)(nil)
	_ Caller = (*Ref)(nil)
)

// Call calls a method and returns its result as a T: any for the value model of package value, a
// struct, or whatever the result fits into. With T = struct{} the result is not looked at.
// A result that does not fit is an error with [CodeMismatch]; the method did run.
//
// Independent calls are independent messages: a slow one delays no other.
func Call[T any](ctx context.Context, on Caller, method string, args ...any) (T, error) {
	var out T
	err := on.invoke(ctx, method, args, destination(&out))
	return out, err
}

// destination is where a result is built: nowhere for an empty struct.
func destination[T any](out *T) any {
	if _, ok := any(out).(*struct{}); ok {
		return nil
	}
	return out
}

// plain reports whether what was built into dst holds nothing of the document that it was built from.
func plain(dst any) bool {
	switch v := dst.(type) {
	case nil, *bool, *int, *int64, *float64, *string:
		return true
	case *any:
		switch (*v).(type) {
		case nil, bool, float64, string, value.Undefined:
			return true
		}
	}
	return false
}

func (c *Client) invoke(ctx context.Context, method string, args []any, dst any) error {
	f := c.draft()
	f.method = method
	f.ops = [2]sentOp{{Type: opGet, Key: &f.method}, {Type: opApply, Args: args}}
	if args == nil {
		f.ops[1].Args = noArgs
	}
	return c.invokeDraft(ctx, f, f.ops[:], dst)
}

func (r *Ref) invoke(ctx context.Context, method string, args []any, dst any) error {
	return r.client.invokeChain(ctx, r.Call(method, args...).ops, dst)
}

// invokeChain runs a chain once and builds its result.
func (c *Client) invokeChain(ctx context.Context, ops []sentOp, dst any) error {
	return c.invokeDraft(ctx, c.draft(), ops, dst)
}

func (c *Client) invokeDraft(ctx context.Context, f *draft, ops []sentOp, dst any) error {
	f.env.Batch = append(f.env.Batch, sentItem{Operations: ops})
	p, err := c.roundTrip(ctx, f)
	c.dropDraft(f)
	if err != nil {
		return err
	}
	if item := p.answers[0]; item.IsZero() {
		err = errMissing()
	} else if err = c.decode(item, dst); err == nil && p.alone && plain(dst) {
		item.Document().Release()
	}
	c.recycle(p)
	return err
}
