package wstransport

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
)

// version is that of the module.
const version = "1"

// idleTimeout ends connections whose request was refused and that send no other.
const idleTimeout = 2 * time.Minute

// Module is this transport as a registry holds it.
func Module() core.Module {
	return core.Module{
		Info:   core.ModuleInfo{Kind: core.KindTransport, Name: Name, Version: version, Origin: "builtin"},
		Dial:   dialModule,
		Listen: listenModule,
	}
}

func dialModule(cfg core.DialConfig) (core.Transport, error) {
	t, err := New(cfg.URL, cfg.Target, Prefix(cfg.Prefix), ClientID(cfg.ClientID), Protocols(cfg.Protocols),
		Header(cfg.Header), Limits(cfg.Limits), Logger(cfg.Logger))
	if err != nil {
		return nil, err // not a nil *Transport in an interface
	}
	return t, nil
}

func listenModule(cfg core.ListenConfig) (core.Listener, error) {
	return NewListener(cfg.Addr, Prefix(cfg.Prefix), Origins(cfg.Origins...), Limits(cfg.Limits), Logger(cfg.Logger))
}

// Listener is a [Handler] with an HTTP server of its own.
type Listener struct {
	addr string
	opts []HandlerOption

	mu      sync.Mutex // guards what follows
	bound   string
	handler *Handler
	server  *http.Server
	closed  bool
}

var _ core.Listener = (*Listener)(nil)

// NewListener returns a listener for host:port. Serve binds the address.
func NewListener(addr string, opts ...HandlerOption) (*Listener, error) {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return nil, fault.Wrap(fault.CodeConfig, "websocket: listen", err)
	}
	return &Listener{addr: addr, opts: opts}, nil
}

// Addr is the http URL below which clients reach it, empty before Serve.
func (l *Listener) Addr() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bound
}

// Serve accepts until ctx is done or Close is called. It can be called once.
func (l *Listener) Serve(ctx context.Context, h core.Handler) error {
	if h == nil {
		return fault.New(fault.CodeConfig, "websocket: serve: the handler is nil")
	}
	server, nl, err := l.start(ctx, h)
	if err != nil || server == nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // Serve returns at once; sessions live on until Close
	defer stop()
	if err := server.Serve(nl); !errors.Is(err, http.ErrServerClosed) {
		return fault.Wrap(fault.CodeUnreachable, "websocket: serve", err)
	}
	return nil
}

// start binds the address; without a server it was closed before.
func (l *Listener) start(ctx context.Context, h core.Handler) (*http.Server, net.Listener, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, nil, nil
	}
	if l.server != nil {
		return nil, nil, fault.New(fault.CodeConfig, "websocket: serve: called before")
	}
	nl, err := new(net.ListenConfig).Listen(ctx, "tcp", l.addr)
	if err != nil {
		return nil, nil, fault.Wrap(fault.CodeConfig, "websocket: listen", err)
	}
	l.handler = NewHandler(h, l.opts...)
	limits := l.handler.limits
	l.server = &http.Server{
		Handler:           l.handler,
		ReadHeaderTimeout: max(limits.HeaderTime, 0),
		MaxHeaderBytes:    max(limits.HeaderBytes, 0),
		IdleTimeout:       idleTimeout,
		TLSNextProto:      map[string]func(*http.Server, *tls.Conn, http.Handler){}, // HTTP/2 cannot be upgraded
		ErrorLog:          slog.NewLogLogger(discardUnless(l.handler.cfg.logger), slog.LevelDebug),
	}
	l.bound = "http://" + nl.Addr().String()
	return l.server, nl, nil
}

func discardUnless(l *slog.Logger) slog.Handler {
	if l == nil {
		return slog.DiscardHandler
	}
	return l.Handler()
}

// Close stops accepting and drains the sessions: see [Handler.Shutdown].
func (l *Listener) Close(ctx context.Context) error {
	l.mu.Lock()
	l.closed = true
	server, handler := l.server, l.handler
	l.mu.Unlock()
	if server == nil {
		return nil
	}
	_ = server.Close() // hijacked connections are the handler's; its error is that of closing the listener twice
	return handler.Shutdown(ctx)
}
