package memtransport

import (
	"context"
	"slices"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/link"
)

// Transport is the client side of an in-memory connection.
type Transport struct {
	*link.Client
	listener *Listener
	owned    bool // the listener ends with the transport
}

var _ core.Transport = (*Transport)(nil)

// New returns a transport to one object of h, through a [Listener] of its own that
// is closed together with the transport. It does not connect yet.
func New(h core.Handler, target core.Target, opts ...Option) (*Transport, error) {
	l, err := NewListener(h, opts...)
	if err != nil {
		return nil, err
	}
	t, err := newTransport(l, target, makeConfig(opts))
	if err != nil {
		return nil, err
	}
	t.owned = true
	return t, nil
}

func newTransport(l *Listener, target core.Target, cfg config) (*Transport, error) {
	if target.Binding == "" || target.Instance == "" {
		return nil, fault.New(fault.CodeConfig, "memory: the target needs a binding and an instance, got %q", target.String())
	}
	c, err := link.NewClient(link.ClientConfig{
		Info:   core.TransportInfo{Name: Name, Target: target, ClientID: cfg.clientID, Push: true},
		Dialer: &dialer{listener: l, target: target, cfg: cfg, limit: cfg.limits.WithDefaults().MessageBytes},
		Limits: cfg.limits,
		Logger: cfg.logger,
		Jitter: cfg.jitter,
	})
	if err != nil {
		return nil, err
	}
	return &Transport{Client: c, listener: l}, nil
}

// Listener is the server side: of [New], the transport's own.
func (t *Transport) Listener() *Listener { return t.listener }

// Close ends the transport and, when it was made by [New], its listener. The
// listener cuts off handler calls that are still running.
func (t *Transport) Close(code core.CloseCode, reason string) error {
	err := t.Client.Close(code, reason)
	if t.owned {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = t.listener.Close(ctx) // that something was still running is no failure of the client
	}
	return err
}

type dialer struct {
	listener *Listener
	target   core.Target
	cfg      config
	limit    int
}

func (d *dialer) Dial(ctx context.Context, codec string) (link.Conn, string, error) {
	hs := core.Handshake{
		Transport: Name, Target: d.target, ClientID: d.cfg.clientID, Codec: codec, RemoteAddr: Name,
		Path: "/__rpc/" + d.target.String(),
	}
	if d.cfg.protocols != nil {
		tokens, err := d.cfg.protocols(ctx)
		if err != nil {
			return nil, "", err
		}
		hs.Protocols = slices.Clone(tokens)
	}
	conn, err := d.listener.accept(ctx, hs, d.limit)
	if err != nil {
		return nil, "", err
	}
	return conn, codec, nil
}
