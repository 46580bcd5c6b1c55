package core

import (
	"time"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// Keys of the envelope and of operations.
const (
	keyType       = "type"
	keyBatch      = "batch"
	keyID         = "id"
	keyIDs        = "ids"
	keyOperations = "operations"
	keyTimeout    = "timeoutMs"
	keyKey        = "key"
	keyArgs       = "args"

	maxItemID = 64 // bytes
)

// item is one call of a batch.
type item struct {
	id    string
	ops   clone.Node
	wait  time.Duration // the caller's own deadline; 0: none said
	bad   error         // why it cannot run
	call  call
	gone  bool // cancelled
	done  bool
	value any // of a success: a scalar or a node; of what was thrown: a node or nothing
	err   error
}

// readBatch reads and checks all items of a run before any is run. The error is about the
// message as a whole; the run's items then are those whose ids could be read.
func (s *Server) readBatch(r *run, batch clone.Node) (err error) {
	n := batch.Len()
	if limit := s.limits.BatchItems; fault.Over(n, limit) {
		r.items, _ = readItems(batch, make([]item, 0, limit))
		return fault.Exceeded("core: too many items in a batch", int64(n), int64(limit), "BatchItems")
	}
	r.items = r.one[:0]
	if n > 1 {
		r.items = make([]item, 0, n)
	}
	if r.items, err = readItems(batch, r.items); err != nil {
		return err
	}
	c := charge{limits: &s.limits}
	for i := range r.items {
		r.items[i].bad = c.item(r.items[i].ops)
	}
	r.x.nested = c.marked
	return c.over
}

// readItems fills items as far as their capacity goes. Of several items with one id the
// first is kept.
func readItems(batch clone.Node, items []item) ([]item, error) {
	var failed error
	var seen map[string]bool
	if batch.Len() > 1 {
		seen = make(map[string]bool, min(batch.Len(), cap(items)))
	}
	unreadable := false
	for node := range batch.Elems() {
		if len(items) == cap(items) {
			break
		}
		id, ok := node.Key(keyID).Text()
		switch {
		case !ok || id == "" || len(id) > maxItemID:
			failed = fault.New(CodeMalformed, "core: each item of a batch needs an id: a text of 1 to %d bytes", maxItemID)
			if unreadable {
				continue
			}
			unreadable = true
			id = idUnreadable
		case seen[id]:
			failed = fault.New(CodeMalformed, "core: two items of a batch have the id %q", id)
			continue
		}
		if seen != nil {
			seen[id] = true
		}
		items = append(items, item{id: id, ops: node.Key(keyOperations), wait: timeoutOf(node.Key(keyTimeout))})
	}
	return items, failed
}

// timeoutOf reads a caller's remaining time; what is no positive number says nothing.
func timeoutOf(n clone.Node) time.Duration {
	ms, ok := n.Number()
	const most = float64(1 << 62)
	if !ok || !(ms > 0) || ms*float64(time.Millisecond) > most {
		return 0
	}
	return max(1, time.Duration(ms*float64(time.Millisecond)))
}

// charge counts what a message asks for against the limits, before anything is run.
type charge struct {
	limits     *Limits
	operations int
	nested     int
	marked     map[clone.Node]bool // the nested chains, and aliases of such
	open       map[clone.Node]bool // those that are being looked into
	over       error               // a limit of the whole message is exceeded

	nodes int
	seen  map[clone.Node]int // depth at which a container was looked at; nil while few were
}

// unmapped is how many values are looked at before those seen are remembered: shared
// and cyclic values cost no more than that.
const unmapped = 512

// item returns what is wrong with one item alone.
func (c *charge) item(ops clone.Node) error { return c.chain(ops, 0) }

// chain checks one chain at a depth of nesting.
func (c *charge) chain(ops clone.Node, depth int) error {
	if ops.Kind() != clone.KindArray {
		return fault.New(CodeMalformed, "Invalid operation chain: operations must be an array")
	}
	n := ops.Len()
	if c.operations += n; c.over == nil && fault.Over(c.operations, c.limits.Operations) {
		c.over = fault.Exceeded("Too many operations in one message", int64(c.operations), int64(c.limits.Operations), "Operations")
	}
	if fault.Over(n, c.limits.ChainLength) {
		return fault.Exceeded("Operation chain too deep", int64(n), int64(c.limits.ChainLength), "ChainLength")
	}
	var bad error
	for op := range ops.Elems() {
		// All of the chain is charged, also behind what is wrong with it.
		if err := c.operation(op, depth); bad == nil {
			bad = err
		}
	}
	return bad
}

func (c *charge) operation(op clone.Node, depth int) error {
	switch kind := op.Key(keyType); {
	case kind.Is(opGet):
		switch op.Key(keyKey).Kind() {
		case clone.KindString, clone.KindNumber:
			return nil
		}
		return fault.New(CodeMalformed, "Invalid operation chain: the key of a get must be a string or a number")
	case kind.Is(opApply):
		args := op.Key(keyArgs)
		if args.Kind() != clone.KindArray {
			return fault.New(CodeMalformed, "Invalid operation chain: the args of an apply must be an array")
		}
		bad := c.arguments(args, depth)
		if n := args.Len(); fault.Over(n, c.limits.CallArguments) {
			return fault.Exceeded("Too many arguments", int64(n), int64(c.limits.CallArguments), "CallArguments")
		}
		return bad
	}
	name, _ := op.Key(keyType).Text()
	return fault.New(CodeMalformed, "Invalid operation chain: there is no operation of type %q", bounded(name))
}

// arguments looks for nested chains wherever a build would find them.
func (c *charge) arguments(n clone.Node, depth int) error {
	switch n.Kind() {
	case clone.KindArray, clone.KindSet, clone.KindObject, clone.KindError, clone.KindMap, clone.KindRequest, clone.KindResponse:
	default:
		return nil
	}
	if c.over != nil {
		return nil
	}
	if c.nodes++; c.nodes > unmapped {
		if c.seen == nil {
			c.seen = map[clone.Node]int{}
		}
		if d, ok := c.seen[n]; ok && d >= depth {
			return nil
		}
		c.seen[n] = depth
	}
	if n.Marked() {
		if is, _ := n.Key(markNested).Bool(); is {
			return c.marker(n, depth+1)
		}
	}
	var bad error
	look := func(n clone.Node) {
		if err := c.arguments(n, depth); bad == nil {
			bad = err
		}
	}
	for e := range n.Elems() {
		look(e)
	}
	for _, m := range n.Members() {
		look(m)
	}
	for k, v := range n.Entries() {
		look(k)
		look(v)
	}
	return bad
}

func (c *charge) marker(n clone.Node, depth int) error {
	if c.marked == nil {
		c.marked, c.open = map[clone.Node]bool{}, map[clone.Node]bool{}
	}
	if c.open[n] {
		// No limit may be set that would end it.
		return fault.New(CodeMalformed, "Invalid operation chain: a nested operation contains itself")
	}
	c.marked[n], c.open[n] = true, true
	defer delete(c.open, n)
	ops := n.Key(keyChain)
	if ops.IsZero() {
		return nil // an alias; whether it stands for something shows when it is reached
	}
	if c.nested++; c.over == nil && fault.Over(c.nested, c.limits.NestedChains) {
		c.over = fault.Exceeded("Too many nested operations in one message", int64(c.nested), int64(c.limits.NestedChains), "NestedChains")
	}
	if c.over == nil && fault.Over(depth, c.limits.NestingDepth) {
		c.over = fault.Exceeded("Nested operations too deep", int64(depth), int64(c.limits.NestingDepth), "NestingDepth")
	}
	if c.over != nil {
		return nil
	}
	return c.chain(ops, depth)
}

// success and failure are the items of an answer; sessionReply and exchangeReply are the
// answers. An answer to one item is written in one pass, without boxing.
type (
	success struct {
		ID      string `millrace:"id"`
		Success bool   `millrace:"success"`
		Result  any    `millrace:"result"`
	}
	failure struct {
		ID      string `millrace:"id"`
		Success bool   `millrace:"success"`
		Error   any    `millrace:"error"`
	}
	sessionReply[T any] struct {
		Type  string `millrace:"type"`
		Batch []T    `millrace:"batch"`
	}
	exchangeReply[T any] struct {
		Batch []T `millrace:"batch"`
	}
)

// pathToResult is how many steps lead from an answer to its result.
const pathToResult = 3

func envelopeOf[T any](session bool, items []T) any {
	if session {
		return sessionReply[T]{typeRPC, items}
	}
	return exchangeReply[T]{items}
}
