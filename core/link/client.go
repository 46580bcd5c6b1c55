package link

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
)

// defaultDialTimeout bounds one attempt to connect.
const defaultDialTimeout = 15 * time.Second

// sendTries bounds how many connections one Send goes through, so that a peer that
// accepts and closes at once is not flooded with attempts.
const sendTries = 3

// Dialer opens connections: what a transport's client side implements.
type Dialer interface {
	// Dial connects and completes the handshake, offering codec unless it is empty;
	// it returns the codec that the peer agreed to, empty if that was not said. ctx bounds it. A
	// refusal is a [RefusedError]; an error without a code becomes unreachable.
	Dial(ctx context.Context, codec string) (Conn, string, error)
}

// ClientConfig is what a transport gives to [NewClient].
type ClientConfig struct {
	Info        core.TransportInfo // without Codec
	Dialer      Dialer
	Limits      core.Limits   // zero fields: the defaults
	Logger      *slog.Logger  // nil: discard
	Jitter      float64       // 0 to 1: the share by which a delay varies both ways; 0: none
	DialTimeout time.Duration // one attempt; zero: 15 s
}

// Client is the client side of a persistent transport. It implements
// [core.Transport]; a transport embeds it or hands it out.
type Client struct {
	info        core.TransportInfo
	dialer      Dialer
	limits      core.Limits
	log         *slog.Logger
	dialTimeout time.Duration
	crew        *crew
	live        atomic.Pointer[link] // nil while not connected

	onMessage func(core.Message) bool
	onOpen    func(reopened bool)
	onClose   func(core.CloseInfo) bool

	mu        sync.Mutex // guards what follows
	codec     string     // to offer
	agreed    string
	keepAlive bool
	closed    bool
	losing    bool // a loss is being reported
	opened    bool // there was a connection before
	attempt   *attempt
	backoff   backoff
	changed   chan struct{} // closed at every change of state that somebody may wait for
	base      uint64        // number of the last message queued on an earlier connection
	written   uint64        // number of the last message written
	done      chan struct{} // closed when Close has done its work
}

// link is a connection of a client.
type link struct {
	connection
	handling atomic.Bool // the reader is in a handler
}

var _ core.Transport = (*Client)(nil)

// NewClient returns a client that has not connected yet.
func NewClient(cfg ClientConfig) (*Client, error) {
	if cfg.Dialer == nil {
		return nil, fault.New(fault.CodeConfig, "link: ClientConfig.Dialer is nil")
	}
	if cfg.Jitter < 0 || cfg.Jitter > 1 {
		return nil, fault.New(fault.CodeConfig, "link: jitter %v is not within 0 to 1", cfg.Jitter)
	}
	if cfg.DialTimeout <= 0 {
		cfg.DialTimeout = defaultDialTimeout
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Client{
		info:        cfg.Info,
		dialer:      cfg.Dialer,
		limits:      cfg.Limits.WithDefaults(),
		log:         cfg.Logger,
		dialTimeout: cfg.DialTimeout,
		crew:        newCrew(),
		backoff:     backoff{jitter: cfg.Jitter},
		changed:     make(chan struct{}),
		done:        make(chan struct{}),
	}, nil
}

// Info describes the transport.
func (c *Client) Info() core.TransportInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	info := c.info
	info.Codec = c.agreed
	return info
}

// SetCodec says which codec to offer from the next connection on.
func (c *Client) SetCodec(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.codec = name
}

// SetMessageHandler takes the receiver of incoming messages. Without one, they are dropped.
func (c *Client) SetMessageHandler(h func(m core.Message) bool) { c.onMessage = h }

// SetOpenHandler takes a function called after each completed handshake.
func (c *Client) SetOpenHandler(h func(reopened bool)) { c.onOpen = h }

// SetCloseHandler takes a function called after each loss of a connection. Send
// and Connect wait while it runs, also those that it calls itself.
func (c *Client) SetCloseHandler(h func(core.CloseInfo) bool) { c.onClose = h }

// SetKeepAlive switches automatic reconnect and the client's heartbeat. Switching
// on connects in the background; a failed attempt is repeated like one after a loss.
func (c *Client) SetKeepAlive(enabled bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.keepAlive == enabled {
		return
	}
	c.keepAlive = enabled
	l := c.live.Load()
	switch {
	case l != nil && enabled:
		l.beat.start()
	case l != nil:
		l.beat.stop()
	case enabled && c.attempt == nil && !c.losing:
		c.startAttempt(newAttempt())
	case !enabled && c.attempt != nil:
		c.abandonAttempt()
	}
}

// Connect opens the connection unless it is open. During back-off it attempts at
// once.
func (c *Client) Connect(ctx context.Context) error {
	_, err := c.up(ctx, nil, true)
	return err
}

// Send queues a message, connecting first when needed. When the queue is full,
// it waits for room.
func (c *Client) Send(ctx context.Context, m core.Message) (uint64, error) {
	if fault.Over(len(m.Data), c.limits.MessageBytes) {
		return 0, tooBig(c.info.Name, len(m.Data), &c.limits)
	}
	if ctx.Err() != nil {
		return 0, ctxError(ctx, c.info.Name+": send")
	}
	var ended *link
	for range sendTries {
		l := c.live.Load()
		if l == nil || l == ended {
			var err error
			if l, err = c.up(ctx, ended, false); err != nil {
				return 0, err
			}
		}
		seq, err := l.out.pushWait(ctx, m)
		if err != errEnded {
			return seq, err
		}
		ended = l // its loss is about to be reported; then the next one takes the message
	}
	return 0, fault.New(fault.CodeUnreachable, "%s: send: %d connections in a row ended before they took the message", c.info.Name, sendTries)
}

// Close ends everything. What was queued is still sent, within CloseTimeout. A
// code that may not travel is sent as CloseNormal.
func (c *Client) Close(code core.CloseCode, reason string) error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		<-c.done
		return nil
	}
	c.closed = true
	c.crew.silence()
	if c.attempt != nil {
		c.abandonAttempt()
	}
	l := c.live.Load()
	c.change()
	c.mu.Unlock()
	if !code.Sendable() {
		code = fault.CloseNormal
	}
	if l != nil {
		l.beat.stop()
		l.shut(code, reason, false, nil)
	}
	c.finish()
	close(c.done)
	return nil
}

// finish waits until the connection is gone, unless its reader is inside a
// handler, and then for everything else, but not for ever for a dialer that does
// not come back.
func (c *Client) finish() {
	for {
		c.mu.Lock()
		l, changed := c.live.Load(), c.changed
		c.mu.Unlock()
		if l == nil {
			break
		}
		if inside := c.crew.counts.Load() & (oneRunning - 1); inside > 0 {
			// The reader is in a handler and cannot see the peer's close frame. The
			// rest of the closing handshake is the writer's and the deadline's.
			<-l.out.flushed
			_ = l.conn.Close()
			break
		}
		<-changed
	}
	if !c.crew.stop(c.limits.CloseTimeout) {
		// A function of the user's, asked in Dial, does not heed its context, or it is what called Close.
		c.log.Warn("link: closed while an attempt to connect does not end", "transport", c.info.Name)
	}
}

// change lets those who wait look again. c.mu is held.
func (c *Client) change() {
	close(c.changed)
	c.changed = make(chan struct{})
}
