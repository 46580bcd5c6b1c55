package core

import (
	"strconv"
	"time"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// What a client sends, in the order of keys on the wire (C-2).
type (
	sentEnvelope struct {
		Type  string     `millrace:"type,omitempty"` // empty where the transport tells answers from other messages
		Batch []sentItem `millrace:"batch"`
	}
	sentItem struct {
		ID         string   `millrace:"id"`
		Operations []sentOp `millrace:"operations"`
		TimeoutMs  int64    `millrace:"timeoutMs,omitempty"`
	}
	sentOp struct {
		Type string `millrace:"type"`
		Key  any    `millrace:"key,omitzero"`
		Args []any  `millrace:"args,omitzero"`
	}
	sentNested struct {
		Nested bool     `millrace:"__isNestedOperation"`
		RefID  string   `millrace:"__refId"`
		Chain  []sentOp `millrace:"__operationChain,omitzero"`
	}
	sentCancel struct {
		Type string   `millrace:"type"`
		IDs  []string `millrace:"ids"`
	}
)

var noArgs = []any{}

// maxPooledBuffer is the capacity of an encoding buffer beyond which it is not kept.
const maxPooledBuffer = 64 << 10

// draft is what making one message needs; it is pooled by its client.
type draft struct {
	env     sentEnvelope
	item    [1]sentItem
	ops     [2]sentOp
	method  string // that ops calls
	buf     []byte
	nest    nesting
	options clone.EncodeOptions
}

func (c *Client) draft() *draft {
	if f, ok := c.drafts.Get().(*draft); ok {
		return f
	}
	f := new(draft)
	f.nest.client = c
	f.env.Batch = f.item[:0]
	f.options = clone.EncodeOptions{Limits: c.cfg.limits, Replace: f.nest.replace}
	return f
}

// dropDraft takes a draft back once its message was sent.
func (c *Client) dropDraft(f *draft) {
	if cap(f.buf) > maxPooledBuffer {
		f.buf = nil
	}
	f.item, f.ops, f.method = [1]sentItem{}, [2]sentOp{}, ""
	f.env = sentEnvelope{Batch: f.item[:0]}
	f.nest.reset()
	c.drafts.Put(f)
}

// encode writes the draft's message into its buffer.
func (c *Client) encode(f *draft, deadline time.Time) error {
	if c.exchanger == nil {
		f.env.Type = typeRPC
	}
	var timeout int64
	if !deadline.IsZero() {
		// Rounded up, so that a server never gives up before its client.
		timeout = max(1, int64((time.Until(deadline)+time.Millisecond-1)/time.Millisecond))
	}
	f.nest.operations = 0
	for i := range f.env.Batch {
		item := &f.env.Batch[i]
		item.TimeoutMs = timeout
		if err := f.nest.charge(item.Operations); err != nil {
			return err
		}
	}
	buf, err := c.codec.Encode(f.buf[:0], &f.env, f.options)
	f.buf = buf[:0]
	if err != nil {
		if CodeOf(err) == "" {
			return fault.Wrap(CodeUnencodable, "core: encode", err)
		}
		return err
	}
	f.buf = buf
	if limit := c.cfg.limits.MessageBytes; fault.Over(len(buf), limit) {
		return fault.Exceeded("core: message bytes", int64(len(buf)), int64(limit), "MessageBytes")
	}
	return nil
}

// nesting turns the Refs and functions among a message's arguments into what stands for them (C-5).
type nesting struct {
	client     *Client
	roots      []*Ref // of the message itself
	seen       []any  // *Ref and *Callable in the order of first occurrence
	operations int    // of the message so far
}

func (n *nesting) reset() {
	clear(n.seen)
	n.seen, n.roots = n.seen[:0], nil
}

// charge counts the operations of one chain against the limits.
func (n *nesting) charge(ops []sentOp) error {
	l := &n.client.cfg.limits
	if fault.Over(len(ops), l.ChainLength) {
		return fault.Exceeded("Operation chain too deep", int64(len(ops)), int64(l.ChainLength), "ChainLength")
	}
	for i := range ops {
		if n := len(ops[i].Args); fault.Over(n, l.CallArguments) {
			return fault.Exceeded("Too many arguments", int64(n), int64(l.CallArguments), "CallArguments")
		}
	}
	n.operations += len(ops)
	if fault.Over(n.operations, l.Operations) {
		return fault.Exceeded("core: operations of one message", int64(n.operations), int64(l.Operations), "Operations")
	}
	return nil
}

// replace is the [clone.EncodeOptions] hook.
func (n *nesting) replace(v any, at clone.Path) (any, error) {
	switch v := v.(type) {
	case *Ref:
		for _, root := range n.roots {
			if v == root {
				return nil, fault.New(CodeConfig, "core: %s is an argument in the message that calls it: it would run twice", v)
			}
		}
		return n.mark(v, v.client, v.ops, at)
	case *Callable:
		return n.mark(v, v.client, v.chain, at)
	case clone.Special:
		return nil, fault.New(CodeUnencodable, "core: a %T cannot be an argument", v)
	default:
		// A Go function cannot be called from the other side: its name is all that travels.
		return &value.Function{Name: "anonymous"}, nil
	}
}

// mark is the nested operation for v: with its chain the first time, without it later.
func (n *nesting) mark(v any, owner *Client, chain []sentOp, at clone.Path) (any, error) {
	if owner != n.client {
		return nil, fault.New(CodeConfig, "core: a %T of another client cannot be an argument", v)
	}
	for i, old := range n.seen {
		if old == v {
			return sentNested{Nested: true, RefID: refID(i)}, nil
		}
	}
	l := &n.client.cfg.limits
	if got := len(n.seen) + 1; fault.Over(got, l.NestedChains) {
		return nil, fault.Exceeded("core: nested chains of one message", int64(got), int64(l.NestedChains), "NestedChains")
	}
	depth := 1
	for _, step := range at {
		if step.Key == keyChain {
			depth++
		}
	}
	if fault.Over(depth, l.NestingDepth) {
		return nil, fault.Exceeded("core: chains within chains", int64(depth), int64(l.NestingDepth), "NestingDepth")
	}
	if err := n.charge(chain); err != nil {
		return nil, err
	}
	n.seen = append(n.seen, v)
	return sentNested{Nested: true, RefID: refID(len(n.seen) - 1), Chain: chain}, nil
}

func refID(n int) string { return "proxy-" + strconv.Itoa(n) }
