package httptransport

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/transports/internal/route"
)

// Name is the transport's name in handshakes and errors.
const Name = "http"

// handler answers POST requests.
type handler struct {
	next   core.Handler
	prefix string
	route  func(*http.Request) (core.Target, bool)
	given  core.Limits
	cross  http.CrossOriginProtection
}

// NewHandler returns a handler that gives each request to h, which must not be
// nil: first its handshake to Accept, then its message to Exchange. It panics for an
// entry of [Origins] that is no origin.
func NewHandler(h core.Handler, opts ...Option) http.Handler {
	if h == nil {
		panic("httptransport: NewHandler: the core.Handler is nil") // as net/http does for a nil handler
	}
	var cfg config
	for _, o := range opts {
		o.apply(&cfg)
	}
	s := &handler{next: h, prefix: route.Clean(cfg.prefix), route: cfg.route, given: cfg.limits}
	for _, o := range cfg.origins {
		if err := s.cross.AddTrustedOrigin(o); err != nil {
			panic("httptransport: NewHandler: " + err.Error())
		}
	}
	return s
}

// ServeHTTP answers one request.
func (s *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// For what is refused before its body is read: the HTTP server reads what is left of it.
	bound(w, s.given.WithDefaults().AssemblyTime)
	target, ct, ok := s.check(w, r)
	if !ok {
		return
	}
	hs := core.Handshake{
		Transport: Name, Target: target, ClientID: r.Header.Get("X-Client-Id"), Codec: ct.codec,
		Header: r.Header, RemoteAddr: r.RemoteAddr, Path: r.URL.Path,
	}
	set, reject := s.next.Accept(r.Context(), hs)
	if reject != nil {
		for k, v := range reject.Header {
			w.Header()[k] = v
		}
		status := reject.Status
		if reject.Code == core.CloseUnsupportedData { // the codec, which is named by the content type here
			status = http.StatusUnsupportedMediaType
		}
		text(w, status, reject.Text)
		return
	}
	limits := set.Limits
	limits.MessageBytes = cmp.Or(s.given.MessageBytes, limits.MessageBytes)
	limits.AssemblyTime = cmp.Or(s.given.AssemblyTime, limits.AssemblyTime)
	limits = limits.WithDefaults()
	body, ok := read(w, r, &limits)
	if !ok {
		return
	}
	m, outcome := s.next.Exchange(r.Context(), hs, set, core.Message{Data: body, Binary: ct.binary})
	w.Header().Set("Content-Type", ct.media)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(m.Data)))
	w.WriteHeader(status(outcome))
	_, _ = w.Write(m.Data) // the client may be gone; there is nobody else to tell
}

// check refuses what is no call.
func (s *handler) check(w http.ResponseWriter, r *http.Request) (t core.Target, ct contentType, ok bool) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		text(w, http.StatusMethodNotAllowed, "Method not allowed")
		return t, ct, false
	}
	if t, ok = s.target(r); !ok {
		text(w, http.StatusNotFound, "Unknown RPC endpoint: "+r.URL.EscapedPath())
		return t, ct, false
	}
	if err := s.cross.Check(r); err != nil {
		text(w, http.StatusForbidden, "pages of this origin may not call; the server must list it (setting: Origins)")
		return t, ct, false
	}
	if ct, ok = parseContentType(r.Header.Values("Content-Type")); !ok {
		text(w, http.StatusUnsupportedMediaType, "Content-Type must be one of "+mediaTypes)
		return t, ct, false
	}
	for _, e := range r.Header.Values("Content-Encoding") {
		if e != "" && e != "identity" {
			text(w, http.StatusUnsupportedMediaType, fmt.Sprintf("Content-Encoding %.40q is not supported: send the body as it is", e))
			return t, ct, false
		}
	}
	return t, ct, true
}

func (s *handler) target(r *http.Request) (core.Target, bool) {
	if s.route != nil {
		return s.route(r)
	}
	t, last, ok := route.Parse(s.prefix, r.URL)
	return t, ok && last == "call"
}

// bound gives the body d from now to arrive.
func bound(w http.ResponseWriter, d time.Duration) {
	if d > 0 {
		// A writer without deadlines is a test's, or another server's with its own.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d))
	}
}

// read reads the body within the limits, or answers.
func read(w http.ResponseWriter, r *http.Request, l *core.Limits) ([]byte, bool) {
	bound(w, l.AssemblyTime)
	src := io.Reader(r.Body)
	if l.MessageBytes >= 0 {
		src = http.MaxBytesReader(w, r.Body, int64(l.MessageBytes))
		if r.ContentLength > int64(l.MessageBytes) {
			w.Header().Set("Connection", "close") // the body is not worth reading
			tooBig(w, r.ContentLength, l)
			return nil, false
		}
	}
	body, err := io.ReadAll(src)
	if err == nil {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		return body, true
	}
	// The deadline stays: the HTTP server goes on to read what is left of the body.
	w.Header().Set("Connection", "close")
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		tooBig(w, big.Limit+1, l)
		return nil, false
	}
	text(w, http.StatusBadRequest, "the request body did not arrive whole")
	return nil, false
}

func tooBig(w http.ResponseWriter, n int64, l *core.Limits) {
	text(w, http.StatusRequestEntityTooLarge, fault.Exceeded("bytes of a request body", n, int64(l.MessageBytes), "MessageBytes").Error())
}

func status(o core.Outcome) int {
	switch o {
	case core.Succeeded:
		return http.StatusOK
	case core.Unreadable:
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// text answers in plain text, byte for byte: clients compare some of these bodies.
func text(w http.ResponseWriter, status int, body string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain;charset=UTF-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // the client may be gone
}
