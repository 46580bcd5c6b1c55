package core

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// conn is the server's side of one accepted handshake: of a connection, or of an
// exchange.
type conn struct {
	origin
	srv   *Server
	bind  *binding
	codec Codec // negotiated; nil: the first byte of each message tells

	// Of a connection, from Opened on:
	session Session
	obj     *object
	latest  atomic.Pointer[Codec] // of the last message, where none was negotiated
	expiry  *time.Timer
	excess  bool // one too many: its object does not know of it

	mu     sync.Mutex // guards what follows
	free   sync.Cond  // on mu: calls fell below the limit
	calls  int        // in flight
	first  *run       // those that wait or run
	closed bool
	timer  *time.Timer // for the earliest deadline of the runs, or for none of them any more
	armed  time.Time   // when it fires; zero: it does not
}

// Opened takes a new connection in.
func (s *Server) Opened(sess Session) {
	c, ok := sess.Value().(*conn)
	if !ok {
		_ = sess.Close(CloseInternal, "no handshake") // a listener that did not ask Accept
		return
	}
	c.session = sess
	c.obj = c.bind.object(c.hs.Target.Instance)
	c.socket = &Socket{conn: c}
	s.track(c, true)
	if !c.obj.sockets.add(c.socket, s.limits.ConnectionsPerID) {
		// Accept let more come at the same time than there may be.
		c.excess = true
		_ = sess.Close(CloseRateLimited, "too many connections of one client id") // it may be closed already
		return
	}
	if at := c.identity.Expires; !at.IsZero() {
		c.expiry = time.AfterFunc(time.Until(at), func() {
			_ = sess.Close(CloseAuthExpired, "authentication expired") // it may be closed already
		})
	}
	if c.bind.might(doesOpened) {
		s.event(c, "SocketOpened", func(ctx context.Context, v any) {
			if o, ok := v.(SocketOpener); ok {
				o.SocketOpened(ctx, c.socket)
			}
		})
	}
}

// Closed forgets a connection and cancels its calls.
func (s *Server) Closed(sess Session, info CloseInfo) {
	c, ok := sess.Value().(*conn)
	if !ok || c.obj == nil {
		return
	}
	c.obj.sockets.remove(c.socket)
	s.track(c, false)
	if c.expiry != nil {
		c.expiry.Stop()
	}
	c.cancelRuns(nil)
	if does := c.bind.does.Load(); does&doesClosed != 0 && !c.excess {
		s.event(c, "SocketClosed", func(ctx context.Context, v any) {
			if o, ok := v.(SocketCloser); ok {
				o.SocketClosed(ctx, c.socket, info)
			}
		})
	}
	c.obj.unref()
}

// codecInUse is the codec that the client understands, as far as it is known.
func (c *conn) codecInUse() Codec {
	if c.codec != nil {
		return c.codec
	}
	if latest := c.latest.Load(); latest != nil {
		return *latest
	}
	return c.srv.textCodec("lmz")
}

// codecFor is the codec of an incoming message, nil when it cannot be any.
func (c *conn) codecFor(m Message) Codec {
	codec := c.codec
	if codec == nil {
		switch firstByte(m.Data) {
		case '{':
			codec = c.srv.textCodec("lmz")
		case '[':
			codec = c.srv.codecNamed("ungap")
		}
	}
	if codec == nil || codec.Binary() != m.Binary {
		return nil
	}
	return codec
}

// textCodec is the named codec, or the server's first one where that is not served.
func (s *Server) textCodec(name string) Codec {
	if c := s.codecNamed(name); c != nil {
		return c
	}
	return s.codecs[0]
}

// firstByte is the first that is no white space.
func firstByte(b []byte) byte {
	for _, c := range b {
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
	}
	return 0
}

// enter puts a run among those in flight. It waits while there are too many: on the
// connection's reader, which is how a client that sends more is held back.
func (c *conn) enter(r *run) {
	limit := c.srv.limits.CallsPerConnection
	c.mu.Lock()
	defer c.mu.Unlock()
	for limit >= 0 && c.calls >= max(limit, 1) && !c.closed {
		if c.free.L == nil {
			c.free.L = &c.mu
		}
		c.free.Wait()
	}
	c.calls++
	r.next = c.first
	if c.first != nil {
		c.first.prev = r
	}
	c.first = r
	if len(r.items) > 0 {
		c.arm(r.earliest(time.Time{}))
	}
	if c.closed {
		r.cancel(nil)
	}
}

// arm sees to it that the timer fires by then. One timer serves all calls of a connection, and
// mostly is left to run from call to call: making one for each would cost more than
// a small call does. The caller has c.mu.
func (c *conn) arm(at time.Time) {
	if at.IsZero() || !c.armed.IsZero() && !at.Before(c.armed) {
		return
	}
	c.armed = at
	if wait := time.Until(at); c.timer == nil {
		c.timer = time.AfterFunc(wait, c.sweep)
	} else {
		c.timer.Reset(wait)
	}
}

// sweep ends the calls whose deadline has come.
func (c *conn) sweep() {
	runs := c.runs()
	now := time.Now()
	var next time.Time
	for _, r := range runs {
		if at := r.expire(now); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.arm(next)
}

// runs lists those in flight. It is called when the timer has fired.
func (c *conn) runs() (runs []*run) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = time.Time{}
	for r := c.first; r != nil; r = r.next {
		runs = append(runs, r)
	}
	return runs
}

func (c *conn) leave(r *run) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls--
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		c.first = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	}
	r.prev, r.next = nil, nil
	if c.first == nil && c.timer != nil && (c.closed || c.session == nil) {
		c.timer.Stop()
		c.armed = time.Time{}
	}
	if c.free.L != nil {
		c.free.Signal()
	}
}

// cancelRuns cancels the items with the given ids; nil stands for all, for good.
func (c *conn) cancelRuns(ids map[string]bool) {
	c.mu.Lock()
	var runs []*run
	for r := c.first; r != nil; r = r.next {
		runs = append(runs, r)
	}
	if ids == nil {
		c.closed = true
		if c.free.L != nil {
			c.free.Broadcast()
		}
	}
	c.mu.Unlock()
	for _, r := range runs {
		r.cancel(ids)
	}
}

// event is a use of the object that answers nobody. It takes its place in the
// object's queue at once, and runs on a goroutine of its own, which Shutdown waits for.
func (s *Server) event(c *conn, name string, use func(ctx context.Context, v any)) {
	s.running.Add(1)
	f := s.useFrame(c)
	f.line()
	go func() {
		defer s.finish()
		_ = s.use(f, name, use) // it is in the log
	}()
}

// useFrame is the frame of a use that is no RPC.
func (s *Server) useFrame(c *conn) *frame {
	f := &frame{obj: c.obj, from: &c.origin}
	f.ctx = &call{frame: f, deadline: until(time.Now(), s.limits.CallTimeout, 0)}
	return f
}

// use runs a use of the object that is in the queue already. A deadline ends its
// context; the turn is its own until it returns.
func (s *Server) use(f *frame, name string, use func(ctx context.Context, v any)) error {
	ctx := f.ctx.(*call)
	if !ctx.deadline.IsZero() {
		timer := time.AfterFunc(time.Until(ctx.deadline), func() { ctx.cancel(context.DeadlineExceeded) })
		defer timer.Stop()
	}
	defer ctx.cancel(context.Canceled)
	defer f.end()
	if err := f.enter(); err != nil {
		f.obj.state.Logger().Warn("object was not reached", "for", name, "error", err)
		return err
	}
	f.obj.turn.by.Store(&name)
	defer func() {
		if p := recover(); p != nil {
			_ = s.panicError(p, f.obj.target(), name) // nobody waits for an answer; it is in the log
		}
	}()
	use(ctx, f.live.value)
	return nil
}
