package core

import (
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// maxPeerText bounds what an [Error] of the peer says, in bytes.
const maxPeerText = 4 << 10

// decode builds an answer's result into what dst points to, nil for nowhere, or
// returns the error that it carries.
func (c *Client) decode(a *answer, dst any) error {
	success, ok := a.item.Key("success").Bool()
	if !ok {
		return fault.New(CodeMalformed, "core: the answer says neither success nor failure")
	}
	if a.shared != nil {
		a.shared.Lock()
		defer a.shared.Unlock()
	}
	if !success {
		return c.failure(a)
	}
	if dst == nil {
		return nil
	}
	result := a.item.Key("result")
	if result.Kind() == clone.KindNone {
		// Peers send undefined explicitly; an absent result can mean nothing else.
		if v, ok := dst.(*any); ok {
			*v = value.Undefined{}
		}
		return nil
	}
	return a.doc.Build(result, dst, c.buildOptions)
}

// failure is the error that an answer carries: what the method threw, or what the peer's Millrace reports.
func (c *Client) failure(a *answer) error {
	thrown := a.item.Key("error")
	if thrown.Kind() == clone.KindNone {
		return fault.New(CodeMalformed, "core: the answer says failure without an error")
	}
	var v any
	if err := a.doc.Build(thrown, &v, c.buildOptions); err != nil {
		return err
	}
	e, ok := v.(*value.Error)
	if !ok {
		return &Thrown{Value: v}
	}
	if text, ok := thrown.Key(propCode).Text(); ok {
		code, _ := fault.ParseCode(text)
		return fault.FromPeer(code, bounded(e.Message, maxPeerText))
	}
	return v.(error)
}
