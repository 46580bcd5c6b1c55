package link

import (
	"sync"
	"time"

	"github.com/millrace/millrace/core/fault"
)

// heartbeat sends a ping every PingInterval and gives the connection up when
// nothing at all arrived within PongWait after one. While the reader is held up in a
// handler, which is back-pressure, it does not judge.
type heartbeat struct {
	c    *connection
	crew *crew
	busy func() bool // the reader is in a handler; nil: never

	mu    sync.Mutex // guards what follows
	timer *time.Timer
	on    bool
	sent  bool   // a ping is out
	seen  uint64 // the signs of life when it was sent
}

func (h *heartbeat) init(c *connection, cr *crew) { h.c, h.crew = c, cr }

// start begins with the first ping after PingInterval.
func (h *heartbeat) start() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.on || h.c.limits.PingInterval <= 0 {
		return
	}
	h.on, h.sent = true, false
	if h.timer == nil {
		h.timer = time.AfterFunc(h.c.limits.PingInterval, h.fire)
		return
	}
	h.timer.Reset(h.c.limits.PingInterval)
}

func (h *heartbeat) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.on = false
	if h.timer != nil {
		h.timer.Stop()
	}
}

func (h *heartbeat) fire() {
	if !h.crew.begin() {
		return
	}
	defer h.crew.end()
	switch h.step() {
	case beatPing:
		h.c.out.sendPing()
	case beatDead:
		h.c.cut(fault.New(fault.CodeTimeout, "nothing arrived for %v after a ping (setting: PongWait)", h.c.limits.PongWait))
	}
}

type beatAction uint8

const (
	beatNothing beatAction = iota
	beatPing
	beatDead
)

// step decides what to do now and sets the timer for the next time.
func (h *heartbeat) step() beatAction {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.c.limits
	switch {
	case !h.on:
		return beatNothing
	case !h.sent:
		h.seen = h.c.signs()
		if l.PongWait > 0 {
			h.sent = true
			h.timer.Reset(l.PongWait)
		} else {
			h.timer.Reset(l.PingInterval)
		}
		return beatPing
	case h.c.signs() == h.seen && (h.busy == nil || !h.busy()):
		h.on = false
		return beatDead
	}
	h.sent = false
	h.timer.Reset(max(l.PingInterval-l.PongWait, time.Millisecond))
	return beatNothing
}
