package core

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// Ref is a chain of operations on the client's object that has not run yet: reading members, indexes, and
// calling. Get, Index and Call return longer chains and leave the receiver as it
// is. All methods may be called from any goroutine.
//
// A Ref is sent at most once, by the first Await or [Client.Batch]; the same outcome is
// then there for every later Await, also when the message could not be sent: trying
// again takes a new Ref. Two Refs made alike are two calls.
//
// As an argument of another call, at any depth of arrays, maps and structs, a Ref stands for
// the result of its chain: the server runs it within the same message, once however often the
// Ref occurs in that message, in the order of its first occurrences, and passes on the live result. That neither
// settles the Ref nor reuses an outcome that it has.
type Ref struct {
	client *Client
	ops    []sentOp

	mu      sync.Mutex    // guards what follows
	settled chan struct{} // nil: not sent; closed when the outcome is there
	item    clone.Node    // of the answer
	err     error         // instead of an answer

	built    bool // the next two are there: the result in the value model
	value    any
	valueErr error
}

// Object is the client's object itself: the empty chain. Awaited, it yields the
// object's data with its methods as [*Callable] values.
func (c *Client) Object() *Ref { return &Ref{client: c, ops: []sentOp{}} }

// Get is the member of that name. Nothing is sent yet.
func (c *Client) Get(name string) *Ref { return c.Object().Get(name) }

// Call is the result of a method. Nothing is sent yet. The arguments must not be
// changed until it was.
func (c *Client) Call(method string, args ...any) *Ref { return c.Object().Call(method, args...) }

// Get is the member of that name of the chain's value.
func (r *Ref) Get(name string) *Ref { return r.then(sentOp{Type: opGet, Key: name}) }

// Index is the element at that position of the chain's value.
func (r *Ref) Index(i int) *Ref { return r.then(sentOp{Type: opGet, Key: i}) }

// Call is the result of a method of the chain's value.
func (r *Ref) Call(method string, args ...any) *Ref {
	return r.then(sentOp{Type: opGet, Key: method}, sentOp{Type: opApply, Args: ownArgs(args)})
}

func (r *Ref) then(ops ...sentOp) *Ref {
	return &Ref{client: r.client, ops: slices.Concat(r.ops, ops)}
}

// ownArgs copies the argument list: one that occurs in two calls would look like
// a shared array to the encoder.
func ownArgs(args []any) []any { return append(make([]any, 0, len(args)), args...) }

// CloneSpecial keeps codecs from writing a Ref as data.
func (r *Ref) CloneSpecial() {}

var _ clone.Special = (*Ref)(nil)

// Await sends the chain unless it was sent, and returns its result in the value
// model of package value. When ctx ends first, the call is cancelled, on the server too as
// far as it can be; a context that ends while another goroutine's Await does the sending ends
// this wait alone.
func (r *Ref) Await(ctx context.Context) (any, error) {
	if err := r.settle(ctx); err != nil {
		return nil, err
	}
	return r.result()
}

// Await is [Ref.Await] with the result built into T. Each Await builds anew, but
// what one answer shares stays shared for each type. With T = struct{} the result is not looked at.
func Await[T any](ctx context.Context, r *Ref) (T, error) {
	var out T
	if err := r.settle(ctx); err != nil {
		return out, err
	}
	if r.err != nil { // settle orders this after it was written
		return out, r.err
	}
	err := r.client.decode(r.item, destination(&out))
	return out, err
}

// settle returns when the Ref has its outcome; its error is that of the waiting alone.
func (r *Ref) settle(ctx context.Context) error {
	r.mu.Lock()
	settled := r.settled
	if settled == nil {
		r.settled = make(chan struct{})
		r.mu.Unlock()
		r.client.perform(ctx, []*Ref{r})
		return nil
	}
	r.mu.Unlock()
	select {
	case <-settled:
		return nil
	case <-ctx.Done():
		select {
		case <-settled:
			return nil
		default:
			return contextError(ctx)
		}
	}
}

// claim makes the caller the one who sends the Ref, unless somebody is already.
func (r *Ref) claim() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.settled != nil {
		return false
	}
	r.settled = make(chan struct{})
	return true
}

// set publishes the outcome.
func (r *Ref) set(item clone.Node, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.item, r.err = item, err
	close(r.settled)
}

// result builds the outcome into the value model, once.
func (r *Ref) result() (any, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return nil, r.err
	}
	if !r.built {
		r.valueErr = r.client.decode(r.item, &r.value)
		r.built = true
	}
	return r.value, r.valueErr
}

// String is the chain as one would write it, without arguments.
func (r *Ref) String() string {
	var s strings.Builder
	for _, op := range r.ops {
		if op.Type == opApply {
			s.WriteString("(...)")
			continue
		}
		switch key := op.Key.(type) {
		case string:
			if s.Len() > 0 {
				s.WriteByte('.')
			}
			s.WriteString(key)
		case int:
			s.WriteString("[" + strconv.Itoa(key) + "]")
		}
	}
	return s.String()
}

// perform sends the Refs, which the caller has claimed, in one message, and gives each its outcome.
func (c *Client) perform(ctx context.Context, refs []*Ref) {
	f := c.draft()
	f.nest.roots = refs
	for _, r := range refs {
		f.env.Batch = append(f.env.Batch, sentItem{Operations: r.ops})
	}
	p, err := c.roundTrip(ctx, f)
	c.dropDraft(f)
	for i, r := range refs {
		switch {
		case err != nil:
			r.set(clone.Node{}, err)
		case p.answers[i].IsZero():
			r.set(clone.Node{}, errMissing())
		default:
			r.set(p.answers[i], nil)
		}
	}
	if err == nil {
		c.recycle(p)
	}
}

func errMissing() *Error {
	return fault.New(CodeOutcomeUnknown, "core: the answer to the message has nothing for this call")
}
