package wstransport

import (
	"bufio"
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/link"
	"github.com/millrace/millrace/transports/internal/route"
)

// Handler upgrades requests to WebSocket sessions. It is an [http.Handler] for a
// server that speaks HTTP/1.1 and has ReadHeaderTimeout, MaxHeaderBytes and IdleTimeout set.
type Handler struct {
	hub    *link.Hub
	cfg    handlerConfig
	limits core.Limits
}

var _ http.Handler = (*Handler)(nil)

// NewHandler returns a handler that gives its sessions to h, which must not be nil.
// [Handler.Shutdown] ends it.
func NewHandler(h core.Handler, opts ...HandlerOption) *Handler {
	if h == nil {
		panic("wstransport: NewHandler: the core.Handler is nil") // as net/http does for a nil handler
	}
	var cfg handlerConfig
	for _, o := range opts {
		o.applyHandler(&cfg)
	}
	cfg.prefix = route.Clean(cfg.prefix)
	hub, _ := link.NewHub(h, link.HubConfig{Limits: cfg.limits, Logger: cfg.logger}) // fails for nil only
	return &Handler{hub: hub, cfg: cfg, limits: hub.Limits()}
}

// IsUpgrade reports whether r asks for a WebSocket: it decides between a [Handler] and
// other handlers on the same path.
func IsUpgrade(r *http.Request) bool {
	return hasToken(r.Header["Connection"], "upgrade") && hasToken(r.Header["Upgrade"], "websocket")
}

// Sessions counts the open sessions.
func (h *Handler) Sessions() int { return h.hub.Sessions() }

// Shutdown drains: new requests are refused with 503, each session is closed with
// 1001 as soon as none of its calls runs, and what is left when ctx ends, or after DrainGrace if
// ctx has no deadline, is cut off. The error has the code timeout when that happened.
func (h *Handler) Shutdown(ctx context.Context) error { return h.hub.Shutdown(ctx) }

// ServeHTTP refuses with a status and a sentence in plain text, or upgrades.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if d := h.limits.AssemblyTime; r.ContentLength != 0 && d > 0 {
		// It is going to be refused, and then the HTTP server reads what is left of the
		// body. A writer without deadlines is another server's with its own.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d))
	}
	target, ok := h.target(r)
	if !ok {
		refuse(w, http.StatusNotFound, "no object at this path: want "+h.cfg.prefix+"/<binding>/<instance>")
		return
	}
	if !checkUpgrade(w, r) {
		return
	}
	if !h.cfg.origins.allow(r) {
		refuse(w, http.StatusForbidden, "pages of this origin may not connect; the server must list it (setting: Origins)")
		return
	}
	o, err := readOffer(r.Header)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	ticket, reject := h.hub.Accept(r.Context(), core.Handshake{
		Transport: Name, Target: target, ClientID: o.clientID, Codec: o.codec, Protocols: o.others,
		Header: r.Header, RemoteAddr: r.RemoteAddr, Path: r.URL.Path,
	})
	if reject != nil {
		for k, v := range reject.Header {
			w.Header()[k] = v
		}
		refuse(w, reject.Status, reject.Text)
		return
	}
	defer ticket.Cancel()
	h.upgrade(w, r, ticket, o.answer(ticket.Settings()))
}

// upgrade takes the connection from the HTTP server, opens the session and answers 101.
func (h *Handler) upgrade(w http.ResponseWriter, r *http.Request, ticket *link.Ticket, proto string) {
	up := ws.HTTPUpgrader{Timeout: max(h.limits.WriteTimeout, 0)}
	if proto != "" {
		up.Header = http.Header{headerProtocol: {proto}}
	}
	d := &deferred{ResponseWriter: w}
	_, rw, _, err := up.Upgrade(r, d)
	if err != nil {
		if d.Conn != nil {
			_ = d.Close() // the handshake failed half way
		}
		return // without a connection, Upgrade has answered
	}
	nc := d.Conn
	_ = nc.SetDeadline(time.Time{}) // those of the HTTP server; an error shows in the first read
	var early []byte
	if n := rw.Reader.Buffered(); n > 0 {
		b, _ := rw.Reader.Peek(n) // all of it is there
		early = slices.Clone(b)
	}
	limits := ticket.Limits()
	ticket.Open(newConn(nc, early, false, &limits), func() error {
		if up.Timeout > 0 {
			_ = nc.SetWriteDeadline(time.Now().Add(up.Timeout)) // an error shows in Write
			defer func() { _ = nc.SetWriteDeadline(time.Time{}) }()
		}
		_, err := nc.Write(d.answer)
		return err
	})
}

// deferred is a [http.ResponseWriter] whose hijacked connection keeps what an upgrader
// answers: the answer has to wait until the session is open.
type deferred struct {
	http.ResponseWriter
	net.Conn // nil until hijacked
	answer   []byte
}

func (d *deferred) Write(p []byte) (int, error) {
	if d.Conn == nil {
		return d.ResponseWriter.Write(p)
	}
	d.answer = append(d.answer, p...)
	return len(p), nil
}

// Hijack takes the connection over.
func (d *deferred) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, rw, err := http.NewResponseController(d.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	d.Conn = nc
	return d, bufio.NewReadWriter(rw.Reader, bufio.NewWriter(d)), nil
}

func (h *Handler) target(r *http.Request) (core.Target, bool) {
	if h.cfg.route != nil {
		return h.cfg.route(r)
	}
	t, _, ok := route.Parse(h.cfg.prefix, r.URL)
	return t, ok
}

// checkUpgrade checks the request as RFC 6455 section 4.2.1 wants it, before the
// connection is taken from the HTTP server; it answers when something is wrong.
func checkUpgrade(w http.ResponseWriter, r *http.Request) bool {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	switch {
	case r.ProtoMajor != 1 || r.ProtoMinor < 1:
		refuse(w, http.StatusHTTPVersionNotSupported, "WebSocket needs HTTP/1.1 here, and the request came by "+r.Proto)
	case !IsUpgrade(r):
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		refuse(w, http.StatusUpgradeRequired, "this path speaks WebSocket: the request must ask for an upgrade")
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		refuse(w, http.StatusMethodNotAllowed, "a WebSocket upgrade is a GET request")
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		w.Header().Set("Sec-WebSocket-Version", "13")
		refuse(w, http.StatusUpgradeRequired, "the WebSocket version must be 13")
	case err != nil || len(key) != 16 || len(r.Header["Sec-Websocket-Key"]) != 1:
		refuse(w, http.StatusBadRequest, "Sec-WebSocket-Key must be 16 bytes in base64")
	case r.ContentLength != 0 || len(r.TransferEncoding) > 0:
		refuse(w, http.StatusBadRequest, "a WebSocket upgrade has no body")
	default:
		return true
	}
	return false
}

func refuse(w http.ResponseWriter, status int, text string) {
	http.Error(w, text, status)
}

// hasToken reports whether a comma-separated header has token, in any case.
func hasToken(lines []string, token string) bool {
	for _, l := range lines {
		for p := range strings.SplitSeq(l, ",") {
			if strings.EqualFold(strings.Trim(p, " \t"), token) {
				return true
			}
		}
	}
	return false
}
