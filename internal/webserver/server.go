package webserver

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/millrace/millrace/core"
)

// idleTimeout ends HTTP connections that are kept open and not used.
const idleTimeout = 2 * time.Minute

// Server is an HTTP server and what has to end with it.
type Server struct {
	http     *http.Server
	grace    time.Duration // negative: no limit
	logger   *slog.Logger
	shutdown []func(context.Context) error
}

// New makes a server of h whose connections keep to l; zero fields mean the defaults. When it ends,
// the functions of shutdown are called at the same time as its own end, and waited for, with a
// context that ends after l.DrainGrace.
func New(h http.Handler, l core.Limits, logger *slog.Logger, shutdown ...func(context.Context) error) *Server {
	l = l.WithDefaults()
	header := l.HeaderBytes
	if header < 0 { // for net/http, 0 would mean a default
		header = math.MaxInt32
	}
	s := &Server{grace: l.DrainGrace, logger: logger, http: &http.Server{
		Handler:           h,
		ReadHeaderTimeout: max(l.HeaderTime, 0),
		MaxHeaderBytes:    header,
		ReadTimeout:       max(l.HeaderTime, 0) + max(l.AssemblyTime, 0),
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}}
	s.shutdown = append([]func(context.Context) error{s.http.Shutdown}, shutdown...)
	return s
}

// Run serves on l until ctx ends, and then drains: nothing new is accepted, running calls have the grace
// period, and clients are told to come back later. It returns nil after ctx
// ended, else why the listener broke.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(l) }() // drain ends it, and its result is awaited
	var err error
	select {
	case <-ctx.Done():
		s.drain()
		err = <-served
	case err = <-served: // the listener broke
		s.drain()
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (s *Server) drain() {
	ctx := context.Background()
	if s.grace >= 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.grace)
		defer cancel()
	}
	s.logger.Info("draining", "grace", s.grace)
	var all sync.WaitGroup
	for _, shutdown := range s.shutdown {
		all.Go(func() {
			if err := shutdown(ctx); err != nil {
				s.logger.Warn("what did not end within the grace period was cut off", "error", err)
			}
		})
	}
	all.Wait()
	_ = s.http.Close() // what Shutdown gave up on
	s.logger.Info("stopped")
}
