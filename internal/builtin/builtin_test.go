package builtin_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/internal/builtin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRegistry(t *testing.T) {
	t.Parallel()
	r, err := builtin.Registry()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		kind core.ModuleKind
		name string
	}{{core.KindCodec, "lmz"}, {core.KindCodec, "ungap"}, {core.KindCodec, "msgpack"}, {core.KindTransport, "websocket"}, {core.KindTransport, "memory"}} {
		m, err := r.Lookup(want.kind, want.name)
		if err != nil || m.Info.Origin != "builtin" {
			t.Errorf("Lookup(%s, %s) = %+v, %v", want.kind, want.name, m.Info, err)
		}
	}
	if got := len(r.List(core.KindCodec)) + len(r.List(core.KindTransport)); got != len(builtin.Modules()) {
		t.Errorf("the registry holds %d modules, want %d", got, len(builtin.Modules()))
	}
}

type counter struct{ n int }

// Increment adds one.
func (c *counter) Increment() int { c.n++; return c.n }

// transports are the modules that can listen, and an address for each.
var transports = map[string]string{"websocket": "127.0.0.1:0", "memory": "here"}

// Every transport of the registry can be listened on and dialled by what the
// listener says of itself.
func TestModules_ListenAndDial(t *testing.T) {
	t.Parallel()
	for name, addr := range transports {
		for _, codecName := range []string{"lmz", "ungap", "msgpack"} {
			t.Run(name+"-"+codecName, func(t *testing.T) {
				t.Parallel()
				listenAndDial(t, name, addr, codecName)
			})
		}
	}
}

// listenAndDial calls over the transport with the codec, which is one of those that the server has.
func listenAndDial(t *testing.T, name, addr, codecName string) {
	t.Helper()
	r, err := builtin.Registry()
	if err != nil {
		t.Fatal(err)
	}
	codecs, err := r.Lookup(core.KindCodec, codecName)
	if err != nil {
		t.Fatal(err)
	}
	codec, err := codecs.Codec(core.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	module, err := r.Lookup(core.KindTransport, name)
	if err != nil {
		t.Fatal(err)
	}
	all := builtin.Codecs()
	srv, err := core.NewServer(all[0], core.WithCodecs(all[1:]...), core.AllowAnonymousClientID())
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Register("COUNTER", func(*core.State) (any, error) { return &counter{}, nil }); err != nil {
		t.Fatal(err)
	}
	l, err := module.Listen(core.ListenConfig{Addr: addr})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	served := make(chan error, 1)
	go func() { served <- l.Serve(ctx, srv) }()
	for l.Addr() == "" {
		if ctx.Err() != nil {
			t.Fatal("the listener got no address")
		}
		<-time.After(time.Millisecond)
	}
	tr, err := module.Dial(core.DialConfig{
		URL: l.Addr(), Target: core.Target{Binding: "COUNTER", Instance: "x"}, ClientID: "ann",
		Protocols: func(context.Context) ([]string, error) { return nil, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	client, err := core.NewClient(tr, codec)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := core.Call[int](ctx, client, "increment"); err != nil || n != 1 {
		t.Errorf("increment = %d, %v, want 1", n, err)
	}
	if err := client.Close(); err != nil {
		t.Errorf("closing the client: %v", err)
	}
	if err := l.Close(ctx); err != nil {
		t.Errorf("closing the listener: %v", err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestMemory_Errors(t *testing.T) {
	t.Parallel()
	r, err := builtin.Registry()
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Lookup(core.KindTransport, "memory")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Dial(core.DialConfig{URL: "memory://nobody"}); core.CodeOf(err) != core.CodeUnreachable {
		t.Errorf("Dial without a listener: %v", err)
	}
	if _, err := m.Listen(core.ListenConfig{}); core.CodeOf(err) != core.CodeConfig {
		t.Errorf("Listen without a name: %v", err)
	}
	l, err := m.Listen(core.ListenConfig{Addr: "a"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(context.Background()); err != nil || l.Addr() != "" {
		t.Errorf("Close before Serve: %v, address %q", err, l.Addr())
	}
	if err := l.Serve(context.Background(), nil); err != nil {
		t.Errorf("Serve after Close: %v", err)
	}
	open, err := m.Listen(core.ListenConfig{Addr: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if err := open.Serve(context.Background(), nil); err == nil {
		t.Error("Serve without a handler: no error")
	}
}

// A codec made with limits keeps to them, unless a call has its own.
func TestModules_CodecLimits(t *testing.T) {
	t.Parallel()
	r, err := builtin.Registry()
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Lookup(core.KindCodec, "lmz")
	if err != nil {
		t.Fatal(err)
	}
	c, err := m.Codec(core.Limits{ValueDepth: 2})
	if err != nil {
		t.Fatal(err)
	}
	deep := []byte(`{"json":[[[1]]],"meta":{}}`)
	if _, err := c.Parse(deep, clone.ParseOptions{}); core.CodeOf(err) != core.CodeLimit {
		t.Errorf("Parse: %v", err)
	}
	if _, err := c.Encode(nil, []any{[]any{[]any{1}}}, clone.EncodeOptions{}); core.CodeOf(err) != core.CodeLimit {
		t.Errorf("Encode: %v", err)
	}
	if _, err := c.Parse(deep, clone.ParseOptions{Limits: core.Limits{ValueDepth: 9}}); err != nil {
		t.Errorf("Parse with limits of its own: %v", err)
	}
}

// Two listeners in memory cannot have one name at a time.
func TestMemory_OneNameOneListener(t *testing.T) {
	t.Parallel()
	r, err := builtin.Registry()
	if err != nil {
		t.Fatal(err)
	}
	codecs, err := r.Lookup(core.KindCodec, "lmz")
	if err != nil {
		t.Fatal(err)
	}
	codec, err := codecs.Codec(core.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	srv, err := core.NewServer(codec)
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Lookup(core.KindTransport, "memory")
	if err != nil {
		t.Fatal(err)
	}
	var listeners [2]core.Listener
	for i := range listeners {
		if listeners[i], err = m.Listen(core.ListenConfig{Addr: "same"}); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan error, 2)
	for _, l := range listeners {
		go func() { ended <- l.Serve(context.Background(), srv) }()
	}
	if err := <-ended; core.CodeOf(err) != core.CodeConfig {
		t.Errorf("the second Serve: %v", err)
	}
	for _, l := range listeners {
		if l.Addr() != "" {
			if err := l.Serve(context.Background(), srv); core.CodeOf(err) != core.CodeConfig {
				t.Errorf("Serve again: %v", err)
			}
		}
		if err := l.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	if err := <-ended; err != nil {
		t.Errorf("the first Serve: %v", err)
	}
}
