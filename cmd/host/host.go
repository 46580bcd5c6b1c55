package main

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/millrace/millrace/cmd/host/internal/config"
	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/internal/fixture"
	"github.com/millrace/millrace/internal/room"
	"github.com/millrace/millrace/transports/httptransport"
	"github.com/millrace/millrace/transports/wstransport"
)

// idleTimeout ends HTTP connections that are kept open and not used.
const idleTimeout = 2 * time.Minute

// host is a server with everything that listens for it.
type host struct {
	logger *slog.Logger
	limits core.Limits
	server *core.Server
	rpc    *wstransport.Handler // below rpcPrefix
	own    *wstransport.Handler // on the objects' own paths
	http   *http.Server
	page   page
}

func newHost(cfg config.Config, logger *slog.Logger) (*host, error) {
	h := &host{logger: logger, limits: cfg.Limits.WithDefaults(), page: page{Fixture: cfg.Fixture}}
	options := []core.ServerOption{core.WithLimits(cfg.Limits), core.WithLogger(logger)}
	if cfg.AllowAnonymousClientIDs {
		options = append(options, core.AllowAnonymousClientID())
	}
	var err error
	if h.server, err = core.NewServer(lmzcodec.New(), options...); err != nil {
		return nil, err
	}
	register := room.Register
	if cfg.Fixture {
		register = fixture.Register
	}
	if err := register(h.server); err != nil {
		return nil, err
	}
	guard, origins, err := trust(cfg.Origins)
	if err != nil {
		return nil, err
	}
	socket := []wstransport.HandlerOption{
		wstransport.Origins(cfg.Origins...), wstransport.Limits(cfg.Limits), wstransport.Logger(logger),
	}
	h.rpc = wstransport.NewHandler(h.server, socket...)
	h.own = wstransport.NewHandler(h.server, append(socket, wstransport.Route(ownSocket))...)
	local, err := onlyHere(cfg)
	if err != nil {
		return nil, err
	}
	h.http = &http.Server{
		Handler: &routes{
			local:  local,
			host:   h,
			post:   httptransport.NewHandler(h.server, httptransport.Origins(origins...), httptransport.Limits(cfg.Limits)),
			object: guard.Handler(http.HandlerFunc(h.serveObject)),
		},
		ReadHeaderTimeout: max(h.limits.HeaderTime, 0),
		MaxHeaderBytes:    headerBytes(h.limits),
		ReadTimeout:       max(h.limits.HeaderTime, 0) + max(h.limits.AssemblyTime, 0),
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	if cfg.AllowAnonymousClientIDs {
		logger.Info("clients may come under any client id, and nobody checks whether it is theirs")
	}
	if cfg.AllowAnyAddress {
		logger.Warn("other machines may connect, and nobody is asked who he is")
	}
	return h, nil
}

// headerBytes is the limit as net/http takes it: there, 0 means a default.
func headerBytes(l core.Limits) int {
	if l.HeaderBytes < 0 {
		return math.MaxInt32
	}
	return l.HeaderBytes
}

// announce takes the address that the system gave.
func (h *host) announce(addr net.Addr) {
	h.page.Addr = addr.String()
	what := "rooms"
	if h.page.Fixture {
		what = "the fixture"
	}
	h.logger.Info("serving "+what, "addr", addr.String())
}

// serve accepts until drain is called, and then returns nil.
func (h *host) serve(l net.Listener) error {
	if err := h.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// drain refuses what is new, gives running calls the grace period, and tells
// clients to come back later.
func (h *host) drain() {
	ctx := context.Background()
	if h.limits.DrainGrace >= 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.limits.DrainGrace)
		defer cancel()
	}
	h.logger.Info("draining", "grace", h.limits.DrainGrace, "sessions", h.rpc.Sessions()+h.own.Sessions())
	var all sync.WaitGroup
	for _, shutdown := range []func(context.Context) error{
		h.http.Shutdown, h.server.Shutdown, h.rpc.Shutdown, h.own.Shutdown,
	} {
		all.Go(func() {
			if err := shutdown(ctx); err != nil {
				h.logger.Warn("what did not end within the grace period was cut off", "error", err)
			}
		})
	}
	all.Wait()
	_ = h.http.Close() // what Shutdown gave up on
	h.logger.Info("stopped")
}
