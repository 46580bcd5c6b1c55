package core

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/millrace/millrace/core/fault"
)

// Server holds objects and runs the calls of clients on them. It implements
// [Handler]: give it to listeners, such as a WebSocket handler. All its methods may be called
// from any goroutine.
type Server struct {
	limits       Limits
	logger       *slog.Logger
	codecs       []Codec // the first is the default
	authorize    Authorizer
	anonymousIDs bool
	stacks       bool

	env   *Env
	reach reach
	stats counters

	registering sync.Mutex
	bindings    atomic.Pointer[map[string]*binding] // replaced as a whole

	mu    sync.Mutex // guards conns
	conns map[*conn]struct{}

	running  atomic.Int64 // calls and other uses of objects
	draining atomic.Bool
	drained  chan struct{} // told when running falls to 0 while draining
}

var _ Handler = (*Server)(nil)

// NewServer returns a server without objects. c is the codec of those who name none,
// where their first byte does not tell. It fails with [CodeConfig] when a codec
// is nil or two have one name, or when an option does not fit.
func NewServer(c Codec, opts ...ServerOption) (*Server, error) {
	cfg := serverConfig{codecs: []Codec{c}}
	for _, o := range opts {
		if err := o.applyServer(&cfg); err != nil {
			return nil, err
		}
	}
	cfg.complete()
	names := map[string]bool{}
	for _, c := range cfg.codecs {
		if c == nil {
			return nil, fault.New(CodeConfig, "core: NewServer: a codec is nil")
		}
		if names[c.Name()] {
			return nil, fault.New(CodeConfig, "core: NewServer: two codecs are named %q", c.Name())
		}
		names[c.Name()] = true
	}
	s := &Server{
		limits:       cfg.limits,
		logger:       cfg.logger,
		codecs:       cfg.codecs,
		authorize:    cfg.authorize,
		anonymousIDs: cfg.anonymousIDs,
		stacks:       cfg.stacks,
		conns:        map[*conn]struct{}{},
		drained:      make(chan struct{}, 1),
	}
	s.env = &Env{srv: s}
	s.bindings.Store(&map[string]*binding{})
	return s, nil
}

// Register serves objects under a binding's name: letters, digits, "_" and "-". The
// first use of each instance calls f, which returns the object: any Go value, usually a
// pointer to a struct. f runs as part of that first call, and its error becomes the
// call's; it is called again after [EvictIdle], and after a failure.
//
// Reachable from afar are the exported methods that the value's type or an embedded type of the
// same package declares, with an optional leading [context.Context], and
// returning nothing, a value, an error, or both; and the exported fields that
// have a tag millrace:"name" or json:"name". Names that Go gives a meaning of its own,
// such as Close, Lock, Read and Write, are not reachable; see [AllowMethods]. Register
// may be called while the server is in use.
func (s *Server) Register(name string, f func(*State) (any, error), opts ...ObjectOption) error {
	if !validBinding(name) {
		return fault.New(CodeConfig, "core: Register: %q is no name for a binding: letters, digits, _ and -, at most 128", bounded(name))
	}
	if f == nil {
		return fault.New(CodeConfig, "core: Register: %s has no factory", name)
	}
	b := &binding{srv: s, name: name, factory: f, objects: map[string]*object{}}
	for _, o := range opts {
		if err := o.applyObject(&b.objectConfig); err != nil {
			return err
		}
	}
	s.registering.Lock()
	defer s.registering.Unlock()
	all := maps.Clone(*s.bindings.Load())
	if all[name] != nil {
		return fault.New(CodeConfig, "core: Register: %s is registered already", name)
	}
	all[name] = b
	s.bindings.Store(&all)
	return nil
}

// Shutdown refuses new connections and calls, and waits for the calls that run.
// When ctx ends first, they are cancelled and ctx's error is returned; a method that
// ignores its context may still be running then. Connections are the business of their
// listeners, which should be closed meanwhile or afterwards.
func (s *Server) Shutdown(ctx context.Context) error {
	s.draining.Store(true)
	for _, b := range *s.bindings.Load() {
		b.stopIdling()
	}
	for s.running.Load() > 0 {
		select {
		case <-s.drained:
		case <-ctx.Done():
			s.cancelAll()
			return ctx.Err()
		}
	}
	s.tellDrained() // another Shutdown may wait, too
	return nil
}

func (b *binding) stopIdling() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, o := range b.objects {
		o.stopIdling()
	}
}

func (s *Server) cancelAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.cancelRuns(nil)
	}
}

// begin counts a use of an object, and refuses it when the server is shutting down.
func (s *Server) begin() bool {
	s.running.Add(1)
	if s.draining.Load() {
		s.finish()
		return false
	}
	return true
}

func (s *Server) finish() {
	if s.running.Add(-1) == 0 && s.draining.Load() {
		s.tellDrained()
	}
}

// tellDrained makes whoever waits in Shutdown look again.
func (s *Server) tellDrained() {
	select {
	case s.drained <- struct{}{}:
	default:
	}
}

// errDraining refuses a call of which nothing was done: trying again, elsewhere, is safe.
var errDraining = fault.New(CodeUnreachable, "core: the server is shutting down")

func (s *Server) codecNamed(name string) Codec {
	for _, c := range s.codecs {
		if c.Name() == name {
			return c
		}
	}
	return nil
}
