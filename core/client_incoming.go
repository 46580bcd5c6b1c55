package core

import (
	"bytes"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

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
	switch kind, _ := root.Key("type").Text(); kind {
	case typeRPC:
		c.answer(doc, root.Key("batch"), nil)
		return true
	case typeDownstream:
		c.deliver(doc, root.Key("payload"))
		return true
	default:
		c.counts.ignored.Add(1)
		c.cfg.logger.Debug("core: message of an unknown type ignored", slog.String("type", bounded(kind, 64)))
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
func (c *Client) answer(doc *clone.Document, batch clone.Node, only *pending) {
	if batch.Kind() != clone.KindArray {
		c.counts.malformed.Add(1)
		return
	}
	var shared *sync.Mutex
	if batch.Len() > 1 {
		shared = new(sync.Mutex)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var first *pending
	var more []*pending // an answer to several messages is legal and rare
	for i := range batch.Len() {
		item := batch.Index(i)
		id, ok := item.Key("id").Text()
		if !ok {
			c.counts.malformed.Add(1)
			continue
		}
		if id == idUnreadable {
			c.refused(answer{doc: doc, item: item, shared: new(sync.Mutex)}, only)
			continue
		}
		n, ok := c.number(id)
		p := c.calls[n]
		if !ok || p == nil || !p.answers[n-p.first].missing() {
			c.counts.late.Add(1)
			continue
		}
		p.answers[n-p.first] = answer{doc: doc, item: item, shared: shared}
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
func (c *Client) number(id string) (uint64, bool) {
	digits, ok := strings.CutPrefix(id, c.idPrefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil
}

// refused handles the answer to a message in which the peer could read no id. It is one of those in flight: when there
// are several, none of them can be trusted to be answered. c.mu is held.
func (c *Client) refused(a answer, only *pending) {
	if only == nil {
		for _, p := range c.calls {
			if only != nil && only != p {
				only = nil
				break
			}
			only = p
		}
	}
	err := c.failure(&a)
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
		data = data[i+len(prefix):]
		end := 0
		for end < len(data) && end < 20 && '0' <= data[end] && data[end] <= '9' {
			end++
		}
		if n, err := strconv.ParseUint(string(data[:end]), 10, 64); err == nil {
			if p := c.calls[n]; p != nil {
				c.finish(p, unreadableAnswer(why))
			}
		}
	}
}

// bounded cuts text from the peer.
func bounded(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "..."
}
