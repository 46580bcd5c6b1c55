package core

import (
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// maxPeerText bounds what an [Error] of the peer says, in bytes.
const maxPeerText = 4 << 10

// decode builds the result of an answer's item into what dst points to, nil for nowhere, or
// returns the error that it carries.
func (c *Client) decode(item clone.Node, dst any) error {
	success, ok := item.Key("success").Bool()
	if !ok {
		return fault.New(CodeMalformed, "core: the answer says neither success nor failure")
	}
	if !success {
		return c.failure(item)
	}
	if dst == nil {
		return nil
	}
	result := item.Key("result")
	if result.Kind() == clone.KindNone {
		// Peers send undefined explicitly; an absent result can mean nothing else.
		if v, ok := dst.(*any); ok {
			*v = value.Undefined{}
		}
		return nil
	}
	return item.Document().Build(result, dst, c.buildOptions)
}

// failure is the error that an answer carries: what the method threw, or what the peer's Millrace reports.
func (c *Client) failure(item clone.Node) error {
	thrown := item.Key("error")
	if thrown.Kind() == clone.KindNone {
		return fault.New(CodeMalformed, "core: the answer says failure without an error")
	}
	var v any
	if err := item.Document().Build(thrown, &v, c.buildOptions); err != nil {
		return err
	}
	e, ok := v.(*value.Error)
	if !ok {
		return &Thrown{Value: v}
	}
	if text, ok := thrown.Key(propCode).Text(); ok {
		code, _ := fault.ParseCode(text)
		return fault.FromPeer(code, cutText(e.Message, maxPeerText))
	}
	return e
}
