package core

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// Client calls one object and hears from it. All methods may be called from any
// goroutine. It connects when it is first used, and at once when it has a
// downstream handler.
//
// Every call ends: with its result, with what the method threw (a *value.Error or
// a [*Thrown]), with an [*Error] that the peer reported (Origin [fault.Remote]), or
// with one of this side. [CodeUnreachable] says that the call was not sent and may be
// repeated; [CodeOutcomeUnknown] that it was sent, or may have been, and that no answer came.
type Client struct {
	transport Transport
	exchanger Exchanger // nil: answers arrive as messages
	codec     Codec
	cfg       clientConfig
	idPrefix  string // of the ids of its calls; unguessable, so that no other peer's answer fits

	parseOptions clone.ParseOptions
	buildOptions clone.BuildOptions

	// life is the context of handlers; Close ends it. It is kept here since
	// handlers belong to the client and to no call.
	life context.Context
	end  context.CancelFunc
	// ended is closed when Close has done its work.
	ended chan struct{}

	mu       sync.Mutex // guards what follows
	calls    map[uint64]*pending
	lastID   uint64
	loss     loss
	open     bool
	closed   bool
	closeErr error

	inbox     inbox
	cancels   cancels
	drafts    sync.Pool // of *draft; per client: what it holds belongs to one synctest bubble
	pendings  sync.Pool // of *pending
	counts    clientCounts
	inOnClose atomic.Int32
}

// ClientStats counts what a client has nobody to tell about.
type ClientStats struct {
	Pending   int    // calls in flight
	Ignored   uint64 // messages of an unknown type, or of the other kind (text, binary)
	Malformed uint64 // messages that could not be read
	Late      uint64 // answers that no call waits for
	Skipped   uint64 // downstream messages without a handler, or not fitting its type
}

type clientCounts struct{ ignored, malformed, late, skipped atomic.Uint64 }

// NewClient returns a client that calls t's target in codec c. It does not wait
// for a connection. It fails with [CodeConfig] when something is missing or an
// option does not fit, and with an error matching errors.ErrUnsupported when
// [OnDownstream] is used on a transport that cannot receive.
func NewClient(t Transport, c Codec, opts ...ClientOption) (*Client, error) {
	if t == nil || c == nil {
		return nil, fault.New(CodeConfig, "core: NewClient needs a transport and a codec")
	}
	cl := &Client{transport: t, codec: c, idPrefix: rand.Text()[:13] + "-", ended: make(chan struct{})}
	for _, o := range opts {
		if o == nil {
			return nil, fault.New(CodeConfig, "core: NewClient was given a nil option")
		}
		if err := o.applyClient(&cl.cfg); err != nil {
			return nil, err
		}
	}
	cl.cfg.complete()
	if cl.cfg.callTimeout == 0 {
		cl.cfg.callTimeout = cl.cfg.limits.CallTimeout
	}
	if cl.cfg.onDownstream != nil {
		info := t.Info()
		if info.ClientID == "" {
			// The sentence is that of the JavaScript client.
			return nil, fault.New(CodeConfig, "clientId required in transport config when using onDownstream")
		}
		if !info.Push {
			return nil, fault.New(CodeUnsupported, "core: transport %q cannot receive downstream messages", info.Name)
		}
	}
	cl.exchanger, _ = t.(Exchanger)
	cl.calls = make(map[uint64]*pending)
	cl.life, cl.end = context.WithCancel(context.Background())
	cl.parseOptions = clone.ParseOptions{Limits: cl.cfg.limits}
	cl.buildOptions = clone.BuildOptions{Replace: cl.revive, Func: cl.reviveFunc}
	cl.inbox.init(cl)
	cl.cancels.init(cl)

	t.SetCodec(c.Name())
	t.SetMessageHandler(cl.receive)
	t.SetOpenHandler(cl.opened)
	t.SetCloseHandler(cl.lost)
	if cl.cfg.onDownstream != nil {
		t.SetKeepAlive(true)
	}
	return cl, nil
}

// Connect opens the connection unless it is open. Calls connect by themselves;
// this is for finding out early.
func (c *Client) Connect(ctx context.Context) error {
	if c.isClosed() {
		return errClientClosed()
	}
	ctx, done := c.bound(ctx)
	defer done()
	if err := c.transport.Connect(ctx); err != nil {
		return c.sendError(ctx, err)
	}
	return nil
}

// Close ends the client for good: it switches keep-alive off, fails what is in
// flight with [CodeClosed], closes the transport, and returns when the client's
// goroutines ended, except those inside a handler. It is idempotent and may be called
// from a handler.
func (c *Client) Close() error { return c.shut(CloseNormal, "Normal closure", errClientClosed()) }

// shut is Close with a code, a reason for the peer, and what calls are told.
func (c *Client) shut(code CloseCode, reason string, why *Error) error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		<-c.ended
		return c.closeErr
	}
	c.closed = true
	for _, p := range c.calls {
		c.finish(p, why)
	}
	c.mu.Unlock()

	c.end()
	c.transport.SetKeepAlive(false)
	err := c.transport.Close(code, reason)
	c.inbox.close()
	c.cancels.close()
	c.closeErr = err // published by closing ended
	close(c.ended)
	return err
}

func (c *Client) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

func errClientClosed() *Error {
	// "WebSocket disconnected" is what the JavaScript client says.
	return fault.New(CodeClosed, "core: WebSocket disconnected: the client was closed")
}

// Stats returns the client's counters.
func (c *Client) Stats() ClientStats {
	c.mu.Lock()
	pending := len(c.calls)
	c.mu.Unlock()
	return ClientStats{
		Pending:   pending,
		Ignored:   c.counts.ignored.Load(),
		Malformed: c.counts.malformed.Load(),
		Late:      c.counts.late.Load(),
		Skipped:   c.counts.skipped.Load(),
	}
}

// bound gives ctx the client's call timeout if it has no deadline.
func (c *Client) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok || c.cfg.callTimeout < 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, c.cfg.callTimeout)
}

// deadline is when a call that starts now must have ended; zero: never.
func (c *Client) deadline(ctx context.Context) (at time.Time, own bool) {
	if d, ok := ctx.Deadline(); ok {
		return d, false
	}
	if c.cfg.callTimeout < 0 {
		return time.Time{}, false
	}
	return time.Now().Add(c.cfg.callTimeout), true
}
