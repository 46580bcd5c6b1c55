package core

import (
	"context"

	"github.com/millrace/millrace/core/fault"
)

// Batch sends the Refs in one message. The server runs them in order, one after the other, and
// answers once. Afterwards each Ref has its outcome, which its Await returns at once.
//
// The error is nil when the message was answered for every Ref, whatever the answers say: what a
// method threw, or the server refused, is the error of that Ref's Await alone.
// Otherwise nothing or not everything was answered, and the error says why.
//
// Refs that were sent before are not sent again; Batch waits for their outcome. A Ref given twice counts once. Batch
// fails with [CodeConfig], and sends nothing, when a Ref is nil or of another client, or when one is an
// argument of another one of the batch: its chain would run twice.
func (c *Client) Batch(ctx context.Context, refs ...*Ref) error {
	for i, r := range refs {
		if r == nil || r.client != c {
			return fault.New(CodeConfig, "core: batch: ref %d is nil or of another client", i)
		}
	}
	if limit := c.cfg.limits.BatchItems; fault.Over(len(refs), limit) {
		return fault.Exceeded("core: batch items", int64(len(refs)), int64(limit), "BatchItems")
	}
	ours := make([]*Ref, 0, len(refs))
	for _, r := range refs {
		if r.claim() {
			ours = append(ours, r)
		}
	}
	if len(ours) > 0 {
		c.perform(ctx, ours)
	}
	for _, r := range refs {
		if err := r.settle(ctx); err != nil {
			return err
		}
		if r.err != nil {
			return r.err
		}
	}
	return nil
}
