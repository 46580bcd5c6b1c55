package core

import (
	"bytes"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// receive takes every incoming message, on the reader of the connection. Values
// are not built here: that is the work of those who wait for them.
func (c *Client) receive(m Message) bool {
	if c.cfg.onMessage != nil && c.intercept(m) {
		return true
	}
	if m.Binary != c.codec.Binary() {
		c.counts.ignored.Add(1)
		return false
	}
	doc, err := c.codec.Parse(m.Data, c.parseOptions)
	if err != nil {
		c.unreadable(m.Data, err)
		return false
	}
	root := doc.Root()
	kind := root.Key("type")
	switch {
	case kind.Is(typeRPC):
		c.answer(root.Key("batch"), nil)
		return true
	case kind.Is(typeDownstream):
		c.deliver(root.Key("payload"))
		return true
	default:
		c.counts.ignored.Add(1)
		c.cfg.logger.Debug("core: message of an unknown type ignored", slog.String("type", shown(kind)))
		return false
	}
}

// intercept asks the OnMessage hook.
func (c *Client) intercept(m Message) (handled bool) {
	defer c.recovered("OnMessage")
	return c.cfg.onMessage(m)
}

// recovered is deferred around user code: what it throws is logged.
func (c *Client) recovered(where string) {
	if r := recover(); r != nil {
		c.cfg.logger.Error("core: panic in a handler", slog.String("handler", where),
			slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
	}
}

// answer gives each call its part of an answering message. only, if not nil, is the message that this one answers for
// sure; otherwise the ids tell (C-6).
func (c *Client) answer(batch clone.Node, only *pending) {
	if batch.Kind() != clone.KindArray {
		c.counts.malformed.Add(1)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var first *pending
	var more []*pending // an answer to several messages is legal and rare
	for item := range batch.Elems() {
		id, ok := item.Key("id").TextBytes()
		if !ok {
			c.counts.malformed.Add(1)
			continue
		}
		if string(id) == idUnreadable {
			c.refused(item, only)
			continue
		}
		n, ok := c.number(id)
		p := c.calls[n]
		if !ok || p == nil || !p.answers[n-p.first].IsZero() {
			c.counts.late.Add(1)
			continue
		}
		p.answers[n-p.first], p.alone = item, batch.Len() == 1
		switch {
		case first == nil:
			first = p
		case first != p:
			more = append(more, p)
		}
	}
	if first != nil {
		c.finish(first, nil)
	}
	for _, p := range more {
		c.finish(p, nil)
	}
}

// number is the call that an id means.
func (c *Client) number(id []byte) (uint64, bool) {
	if len(id) <= len(c.idPrefix) || string(id[:len(c.idPrefix)]) != c.idPrefix {
		return 0, false
	}
	n, rest := leadingNumber(id[len(c.idPrefix):])
	return n, len(rest) == 0
}

// leadingNumber reads the digits that b begins with, as many as a call's number can have.
func leadingNumber(b []byte) (n uint64, rest []byte) {
	const mostDigits = 19
	i := 0
	for i < len(b) && i < mostDigits && '0' <= b[i] && b[i] <= '9' {
		n = n*10 + uint64(b[i]-'0')
		i++
	}
	return n, b[i:]
}

// refused handles the answer to a message in which the peer could read no id. It is one of those in flight: when there
// are several, none of them can be trusted to be answered. c.mu is held.
func (c *Client) refused(item clone.Node, only *pending) {
	if only == nil {
		for _, p := range c.calls {
			if only != nil && only != p {
				only = nil
				break
			}
			only = p
		}
	}
	err := c.failure(item)
	if only != nil {
		c.finish(only, err)
		return
	}
	if len(c.calls) == 0 {
		c.counts.late.Add(1)
	}
	for _, p := range c.calls {
		c.finish(p, fault.New(CodeOutcomeUnknown, "core: the peer could not read one of the messages in flight: %w", err))
	}
}

// unreadable handles a message that the codec refuses. The ids of our calls are unguessable, so
// one that occurs in the bytes tells whose answer it would have been; without one nobody is concerned.
func (c *Client) unreadable(data []byte, why error) {
	c.counts.malformed.Add(1)
	c.cfg.logger.Warn("core: unreadable message", slog.Any("error", why))
	prefix := []byte(c.idPrefix)
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		i := bytes.Index(data, prefix)
		if i < 0 {
			return
		}
		var n uint64
		if n, data = leadingNumber(data[i+len(prefix):]); c.calls[n] != nil {
			c.finish(c.calls[n], unreadableAnswer(why))
		}
	}
}

// shown is what logs say of a string from the peer.
func shown(n clone.Node) string {
	text, _ := n.TextBytes()
	return cutText(string(text), 64)
}

// cutText cuts text from the peer.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "..."
}
