package core

import (
	"context"
	"log/slog"
)

// onCloseKey marks the context that an OnClose handler gets.
type onCloseKey struct{}

// opened is the transport's open handler.
func (c *Client) opened(reopened bool) {
	c.mu.Lock()
	c.open = true
	c.mu.Unlock()
	if reopened && c.cfg.onReconnect != nil {
		c.inbox.reconnected()
	}
}

// lost is the transport's close handler: it ends the calls of the connection, then asks the user whether to go on (C-9).
func (c *Client) lost(info CloseInfo) bool {
	l := loss{happened: true, written: info.Written, queued: max(info.Queued, info.Written), info: info}
	c.mu.Lock()
	c.open, c.loss = false, l
	for _, p := range c.calls {
		if p.placed {
			c.finish(p, l.errorFor(p.seq))
		}
	}
	c.mu.Unlock()
	c.cfg.logger.Info("core: connection lost", slog.Int("code", int(info.Code)),
		slog.String("reason", cutText(info.Reason, 128)), slog.Any("error", info.Err))
	return c.askOnClose(info)
}

// askOnClose runs the user's handler and waits for its word, or for Close. The handler has a goroutine of its own, which ends
// with it: it may call Close, and Close does not wait for handlers.
func (c *Client) askOnClose(info CloseInfo) bool {
	if c.cfg.onClose == nil {
		return true
	}
	verdict := make(chan bool, 1)
	go func() {
		ok := true
		defer func() { verdict <- ok }()
		defer c.recovered("OnClose")
		c.inOnClose.Add(1)
		defer c.inOnClose.Add(-1)
		ok = c.cfg.onClose(context.WithValue(c.life, onCloseKey{}, c), info)
	}()
	select {
	case ok := <-verdict:
		return ok
	case <-c.life.Done():
		return false
	}
}

// reconnect runs the user's OnReconnect.
func (c *Client) reconnect() {
	defer c.recovered("OnReconnect")
	if err := c.cfg.onReconnect(c.life); err != nil {
		c.cfg.logger.Error("core: OnReconnect failed", slog.Any("error", err))
	}
}
