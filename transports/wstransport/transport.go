package wstransport

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/link"
	"github.com/millrace/millrace/transports/internal/route"
)

// Name is the transport's name in handshakes, errors, logs and registries.
const Name = "websocket"

// maxRefusal bounds how much of a refusal's body is read.
const maxRefusal = 1 << 10

// Transport is the client side. It implements [core.Transport]: see there.
type Transport struct{ *link.Client }

var _ core.Transport = (*Transport)(nil)

// New returns a transport to one object of the server at baseURL: ws, wss, http
// or https, with an optional path. It does not connect yet. The error has the code config.
func New(baseURL string, target core.Target, opts ...TransportOption) (*Transport, error) {
	var cfg transportConfig
	for _, o := range opts {
		if err := o.applyTransport(&cfg); err != nil {
			return nil, err
		}
	}
	d, err := newDialer(baseURL, target, cfg)
	if err != nil {
		return nil, err
	}
	c, err := link.NewClient(link.ClientConfig{
		Info:   core.TransportInfo{Name: Name, Target: target, ClientID: cfg.clientID, Push: true},
		Dialer: d,
		Limits: cfg.limits,
		Logger: cfg.logger,
		Jitter: cfg.jitter,
	})
	if err != nil {
		return nil, err
	}
	return &Transport{Client: c}, nil
}

// ownHeaders are written by the handshake itself, so a user's cannot be.
var ownHeaders = []string{"Host", "Connection", "Upgrade", "Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Protocol", "Sec-Websocket-Extensions"}

// dialer opens connections for a client.
type dialer struct {
	cfg    transportConfig
	limits core.Limits
	url    *url.URL
	addr   string
	header http.Header
	host   string // replaces that of the URL; empty: it does not
}

func newDialer(base string, target core.Target, cfg transportConfig) (*dialer, error) {
	u, err := baseURL(base)
	if err != nil {
		return nil, err
	}
	if target.Binding == "" || target.Instance == "" {
		return nil, fault.New(fault.CodeConfig, "websocket: the target needs a binding and an instance, got %q", target.String())
	}
	if _, err := writeOffer(cfg.clientID, "", nil); err != nil {
		return nil, err
	}
	path := route.Path(u.EscapedPath(), cfg.prefix, target)
	u.RawPath = path
	if u.Path, err = url.PathUnescape(path); err != nil {
		return nil, fault.Wrap(fault.CodeConfig, "websocket: path", err)
	}
	d := &dialer{cfg: cfg, limits: cfg.limits.WithDefaults(), url: u, header: cfg.header.Clone()}
	port := cmp.Or(u.Port(), map[string]string{"ws": "80", "wss": "443"}[u.Scheme])
	d.addr = net.JoinHostPort(u.Hostname(), port)
	if d.header == nil {
		d.header = make(http.Header)
	}
	d.host = d.header.Get("Host")
	for _, k := range ownHeaders {
		d.header.Del(k)
	}
	if isHeaderValue(cfg.clientID) {
		d.header.Set(headerClientID, cfg.clientID)
	}
	if d.cfg.dial == nil {
		d.cfg.dial = new(net.Dialer).DialContext
	}
	return d, nil
}

// Dial opens a connection and completes the handshake.
func (d *dialer) Dial(ctx context.Context, codec string) (link.Conn, string, error) {
	var others []string
	if d.cfg.protocols != nil {
		var err error
		if others, err = d.cfg.protocols(ctx); err != nil {
			return nil, "", fault.Wrap(cmp.Or(fault.CodeOf(err), fault.CodeUnreachable), "websocket: connect: protocols", err)
		}
	}
	offered, err := writeOffer(d.cfg.clientID, codec, slices.Clone(others))
	if err != nil {
		return nil, "", err
	}
	plain, err := d.cfg.dial(ctx, "tcp", d.addr)
	if err != nil {
		return nil, "", err
	}
	// The context ends every blocking step of the handshake by the deadline.
	stop := context.AfterFunc(ctx, func() { _ = plain.SetDeadline(time.Unix(1, 0)) })
	nc, early, answered, err := d.handshake(ctx, plain, offered)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = nc.Close()
		return nil, "", err
	}
	agreed, _ := strings.CutPrefix(answered, protoCodec)
	if agreed == answered {
		agreed = ""
	}
	return newConn(nc, early, true, &d.limits), agreed, nil
}

// handshake returns the connection, wrapped in TLS for wss, the bytes that came with the
// answer, and the subprotocol.
func (d *dialer) handshake(ctx context.Context, nc net.Conn, offered []string) (net.Conn, []byte, string, error) {
	if d.url.Scheme == "wss" {
		cfg := d.cfg.tls
		if cfg == nil {
			cfg = new(tls.Config)
		}
		cfg = cfg.Clone()
		cfg.ServerName = cmp.Or(cfg.ServerName, d.url.Hostname())
		cfg.NextProtos = []string{"http/1.1"}
		secure := tls.Client(nc, cfg)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nc, nil, "", err
		}
		nc = secure
	}
	var refused error
	up := ws.Dialer{
		Protocols: offered,
		Host:      d.host,
		Header:    ws.HandshakeHeaderHTTP(d.header),
		OnStatusError: func(status int, _ []byte, resp io.Reader) {
			refused = refusal(status, resp)
		},
	}
	limited := &limitedConn{Conn: nc, left: d.limits.HeaderBytes}
	br, hs, err := up.Upgrade(limited, d.url)
	var early []byte
	if br != nil {
		if b, perr := br.Peek(br.Buffered()); perr == nil {
			early = slices.Clone(b)
		}
		ws.PutReader(br)
	}
	switch {
	case refused != nil:
		return nc, nil, "", refused
	case errors.Is(err, io.EOF):
		return nc, nil, "", fault.New(fault.CodeUnreachable, "websocket: connect: the server ended the connection during the handshake")
	case err != nil:
		return nc, nil, "", fault.Wrap(fault.CodeUnreachable, "websocket: connect: handshake", err)
	}
	return nc, early, hs.Protocol, nil
}

// refusal reads an answer that is not 101.
func refusal(status int, resp io.Reader) error {
	var text string
	var header http.Header
	// ReadResponse needs all of it in one reader, and stops at its own limits.
	if r, err := http.ReadResponse(bufio.NewReader(resp), nil); err == nil {
		b, _ := io.ReadAll(io.LimitReader(r.Body, maxRefusal)) // what came is what is told
		_ = r.Body.Close()
		text, header = strings.TrimSpace(strings.ToValidUTF8(string(b), "\ufffd")), r.Header
	}
	return link.Refused(Name, status, text, link.RetryAfter(header))
}

// limitedConn bounds what a handshake reads: gobwas/ws reads lines without end.
type limitedConn struct {
	net.Conn
	left int // negative: no limit
}

func (c *limitedConn) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, fault.New(fault.CodeLimit, "the answer's header is over the limit (setting: HeaderBytes)")
	}
	if c.left > 0 && len(p) > c.left {
		p = p[:c.left]
	}
	n, err := c.Conn.Read(p)
	if c.left > 0 {
		c.left -= n
	}
	return n, err
}
