package core

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/millrace/millrace/core/fault"
)

const (
	maxClientID = 128 // bytes
	maxInstance = 512 // bytes

	protocolRPC   = "lumenize.rpc"
	protocolCodec = "millrace.codec." // then the codec's name
)

// Accept decides about a handshake: the binding must exist, the codec be served, the
// authorizer agree, and the client id be one that the identity may claim.
func (s *Server) Accept(ctx context.Context, hs Handshake) (Settings, *Reject) {
	c, reject := s.accept(ctx, hs)
	if reject != nil {
		s.stats.refused.Add(1)
		s.logger.Info("handshake refused", slog.String("target", bounded(hs.Target.String())), slog.Int("status", reject.Status), slog.String("reason", reject.Text))
		return Settings{}, reject
	}
	return Settings{
		Subprotocol:  c.subprotocol(),
		AutoResponse: c.bind.autoResponse,
		Limits:       s.limits,
		Value:        c,
	}, nil
}

func (s *Server) accept(ctx context.Context, hs Handshake) (*conn, *Reject) {
	if s.draining.Load() {
		return nil, &Reject{Status: http.StatusServiceUnavailable, Text: "the server is shutting down", Header: http.Header{"Retry-After": {"1"}}, Code: CloseGoingAway}
	}
	b, err := s.lookup(hs.Target.Binding)
	if err != nil {
		return nil, &Reject{Status: http.StatusNotFound, Text: err.Error(), Code: ClosePolicy}
	}
	if err := checkInstance(hs.Target.Instance); err != nil {
		return nil, &Reject{Status: http.StatusBadRequest, Text: err.Error(), Code: ClosePolicy}
	}
	var codec Codec
	if hs.Codec != "" {
		if codec = s.codecNamed(hs.Codec); codec == nil {
			return nil, &Reject{Status: http.StatusBadRequest, Text: fmt.Sprintf("no codec is named %q (there are: %s)", bounded(hs.Codec), s.codecNames()), Code: CloseUnsupportedData}
		}
	}
	if hs.ClientID != "" && !validClientID(hs.ClientID) {
		return nil, &Reject{Status: http.StatusBadRequest, Text: "a client id is 1 to 128 bytes of printable text", Code: ClosePolicy}
	}
	hs.Target.Binding = b.name
	identity, err := s.identify(ctx, hs)
	if err != nil {
		return nil, rejectOf(err)
	}
	if limit := s.limits.ConnectionsPerID; hs.ClientID != "" {
		if o := b.peek(hs.Target.Instance); o != nil && fault.Over(o.sockets.count(hs.ClientID)+1, limit) {
			return nil, rejectOf(fault.Wrap(CodeRateLimited, "core", fault.Exceeded("too many connections of one client id", int64(limit)+1, int64(limit), "ConnectionsPerID")))
		}
	}
	return &conn{origin: origin{hs: hs, identity: identity}, srv: s, bind: b, codec: codec}, nil
}

// identify asks the authorizer, and checks the client id against what it says.
func (s *Server) identify(ctx context.Context, hs Handshake) (id Identity, err error) {
	if s.authorize == nil {
		if hs.ClientID != "" && !s.anonymousIDs {
			return Identity{}, fault.New(CodeForbidden, "core: this server has no authorizer and accepts no client ids")
		}
		return Identity{}, nil
	}
	defer func() {
		if p := recover(); p != nil {
			s.panicked(p, hs.Target, "the authorizer", debug.Stack())
			id, err = Identity{}, fault.New(CodeInternal, "core: the authorizer failed")
		}
	}()
	if limit := s.limits.CallTimeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	id, err = s.authorize(ctx, hs)
	if err != nil {
		if CodeOf(err) == "" {
			s.logger.Info("authorizer refused", slog.String("target", hs.Target.String()), slog.Any("error", err))
			err = fault.New(CodeUnauthenticated, "core: not authorized")
		}
		return Identity{}, err
	}
	if !id.Expires.IsZero() && !time.Now().Before(id.Expires) {
		return Identity{}, fault.New(CodeUnauthenticated, "core: the authentication has expired")
	}
	if hs.ClientID != "" && !id.mayClaim(hs.ClientID) {
		return Identity{}, fault.New(CodeForbidden, "core: the identity may not claim this client id")
	}
	return id, nil
}

// rejectOf is how a refusal looks before there is a connection.
func rejectOf(err error) *Reject {
	text := err.Error()
	switch CodeOf(err) {
	case CodeForbidden:
		return &Reject{Status: http.StatusForbidden, Text: text, Code: CloseForbidden}
	case CodeRateLimited:
		return &Reject{Status: http.StatusTooManyRequests, Text: text, Header: http.Header{"Retry-After": {"30"}}, Code: CloseRateLimited}
	case CodeInternal:
		return &Reject{Status: http.StatusInternalServerError, Text: text, Code: CloseInternal}
	}
	return &Reject{Status: http.StatusUnauthorized, Text: text, Code: CloseAuthExpired}
}

func checkInstance(name string) error {
	if name == "" || len(name) > maxInstance || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return fault.New(CodeMalformed, "core: an instance name is 1 to %d bytes of text without control characters", maxInstance)
	}
	return nil
}

func validClientID(id string) bool {
	return len(id) <= maxClientID && utf8.ValidString(id) && !strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) })
}

func (s *Server) codecNames() string {
	names := make([]string, len(s.codecs))
	for i, c := range s.codecs {
		names[i] = c.Name()
	}
	return strings.Join(names, ", ")
}

// subprotocol is the answer to what the client offered.
func (c *conn) subprotocol() string {
	if c.codec != nil {
		return protocolCodec + c.codec.Name()
	}
	for _, offered := range c.hs.Protocols {
		if offered == protocolRPC {
			return protocolRPC
		}
	}
	for _, offered := range c.hs.Protocols {
		for _, known := range c.bind.subprotocols {
			if offered == known {
				return known
			}
		}
	}
	return ""
}
