package builtin

import (
	"context"
	"errors"
	"sync"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/transports/memtransport"
)

// memoryScheme begins the URLs of listeners in memory; the rest is their name.
const memoryScheme = "memory://"

// memory is the transport in memory as a registry holds it: what is dialled is
// what listens in the same module, by name.
type memory struct {
	mu        sync.Mutex // guards listeners
	listeners map[string]*memtransport.Listener
}

func memoryModule() core.Module {
	m := &memory{listeners: map[string]*memtransport.Listener{}}
	return core.Module{
		Info:   core.ModuleInfo{Kind: core.KindTransport, Name: memtransport.Name, Origin: "builtin"},
		Dial:   m.dial,
		Listen: m.listen,
	}
}

func (m *memory) dial(cfg core.DialConfig) (core.Transport, error) {
	m.mu.Lock()
	l := m.listeners[cfg.URL]
	m.mu.Unlock()
	if l == nil {
		return nil, fault.New(core.CodeUnreachable, "builtin: nobody listens in memory at %q", cfg.URL)
	}
	options := []memtransport.Option{memtransport.Limits(cfg.Limits), memtransport.Logger(cfg.Logger)}
	if cfg.ClientID != "" {
		options = append(options, memtransport.ClientID(cfg.ClientID))
	}
	if cfg.Protocols != nil {
		options = append(options, memtransport.Protocols(cfg.Protocols))
	}
	return l.Transport(cfg.Target, options...)
}

func (m *memory) listen(cfg core.ListenConfig) (core.Listener, error) {
	if cfg.Addr == "" {
		return nil, fault.New(core.CodeConfig, "builtin: a listener in memory needs a name as its address")
	}
	return &memoryListener{memory: m, cfg: cfg}, nil
}

// enter makes l the listener at url.
func (m *memory) enter(url string, l *memtransport.Listener) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.listeners[url] != nil {
		return fault.New(core.CodeConfig, "builtin: somebody listens in memory at %q already", url)
	}
	m.listeners[url] = l
	return nil
}

func (m *memory) leave(url string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.listeners, url)
}

// memoryListener can be dialled while Serve runs.
type memoryListener struct {
	memory *memory
	cfg    core.ListenConfig

	mu     sync.Mutex // guards what follows
	l      *memtransport.Listener
	closed bool
}

var _ core.Listener = (*memoryListener)(nil)

func (ml *memoryListener) url() string { return memoryScheme + ml.cfg.Addr }

// Serve accepts until ctx is done or Close is called. It can be called once.
func (ml *memoryListener) Serve(ctx context.Context, h core.Handler) error {
	l, err := ml.start(h)
	if l == nil {
		return err
	}
	defer ml.memory.leave(ml.url())
	return l.Serve(ctx, h)
}

// start returns the listener to serve, nil when it was closed before.
func (ml *memoryListener) start(h core.Handler) (*memtransport.Listener, error) {
	ml.mu.Lock()
	defer ml.mu.Unlock()
	if ml.closed {
		return nil, nil
	}
	if ml.l != nil {
		return nil, fault.New(core.CodeConfig, "builtin: the listener at %q serves already", ml.url())
	}
	l, err := memtransport.NewListener(h, memtransport.Limits(ml.cfg.Limits), memtransport.Logger(ml.cfg.Logger))
	if err != nil {
		return nil, err
	}
	if err := ml.memory.enter(ml.url(), l); err != nil {
		return nil, errors.Join(err, l.Close(context.Background())) // it has no connections to wait for
	}
	ml.l = l
	return l, nil
}

// Addr is the URL to dial, empty before Serve.
func (ml *memoryListener) Addr() string {
	ml.mu.Lock()
	defer ml.mu.Unlock()
	if ml.l == nil {
		return ""
	}
	return ml.url()
}

// Close implements core.Listener.
func (ml *memoryListener) Close(ctx context.Context) error {
	ml.mu.Lock()
	ml.closed = true
	l := ml.l
	ml.mu.Unlock()
	if l == nil {
		return nil
	}
	return l.Close(ctx)
}
