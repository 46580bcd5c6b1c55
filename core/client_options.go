package core

import (
	"context"
	"time"

	"github.com/millrace/millrace/core/fault"
)

// clientConfig is what the options of [NewClient] say.
type clientConfig struct {
	common
	onDownstream downstreamHandler // nil: none
	onClose      func(context.Context, CloseInfo) bool
	onReconnect  func(context.Context) error
	onMessage    func(Message) bool
	callTimeout  time.Duration // zero: Limits.CallTimeout; negative: none
}

// clientOption is a [ClientOption] made of one function.
type clientOption func(*clientConfig) error

func (f clientOption) applyClient(c *clientConfig) error { return f(c) }

// OnDownstream takes the handler of messages that the server sends unasked, and
// switches the transport's keep-alive on. The transport needs a client id, and must be able to
// receive: [NewClient] fails otherwise.
//
// Payloads are built into T; with T = any they come in the value model of package
// value. One that does not fit T is logged and skipped. The handler is called
// serially, in order of arrival, never on the reader of the connection, with a context
// that [Client.Close] cancels. A panic is logged, and the next message is handled. When
// Limits.InboxMessages messages wait for it, the client closes itself with [ClosePolicy].
func OnDownstream[T any](h func(ctx context.Context, payload T)) ClientOption {
	return clientOption(func(c *clientConfig) error {
		if h == nil {
			return fault.New(CodeConfig, "core: OnDownstream needs a handler")
		}
		if c.onDownstream != nil {
			return fault.New(CodeConfig, "core: OnDownstream is given twice")
		}
		c.onDownstream = typedDownstream[T](h)
		return nil
	})
}

// OnClose takes a function that is told of every loss of the connection, after the calls that it
// ended and before the next attempt to connect. False cancels that attempt: the transport stays down
// until it is used again. It may block, and so delays the attempt; it is called serially,
// never on the reader. A panic is logged and counts as true. Calls made with its context fail
// at once, since there is no connection until it returns: [OnReconnect] is the place for them.
// It is not told of [Client.Close].
func OnClose(h func(ctx context.Context, c CloseInfo) bool) ClientOption {
	return clientOption(func(c *clientConfig) error { c.onClose = h; return nil })
}

// OnReconnect takes a function that runs after each connection but the first, when the connection stands:
// the place to catch up. Downstream messages of the new connection wait until it returns; calls
// do not. It runs serially with the downstream handler. Its error, or a panic, is logged.
func OnReconnect(h func(ctx context.Context) error) ClientOption {
	return clientOption(func(c *clientConfig) error { c.onReconnect = h; return nil })
}

// OnMessage takes a hook that sees every incoming message before the client does. It returns true when it
// handled the message, and then owns its data. It runs on the reader of the connection and must
// not block. A panic is logged and counts as false.
func OnMessage(h func(m Message) bool) ClientOption {
	return clientOption(func(c *clientConfig) error { c.onMessage = h; return nil })
}

// WithCallTimeout bounds every call whose context has no deadline, from its start
// to its answer. Zero means Limits.CallTimeout (30 s); [NoLimit] switches it off.
func WithCallTimeout(d time.Duration) ClientOption {
	return clientOption(func(c *clientConfig) error { c.callTimeout = d; return nil })
}
