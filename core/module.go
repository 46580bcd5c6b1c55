package core

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"

	"github.com/millrace/millrace/core/fault"
)

// ModuleKind says what a [Module] provides.
type ModuleKind string

const (
	// KindCodec modules have Codec set.
	KindCodec ModuleKind = "codec"
	// KindTransport modules have Dial, Listen, or both set.
	KindTransport ModuleKind = "transport"
)

// Module is one codec or one transport as a [Registry] holds it, whether it lives
// in this process or in another one.
type Module struct {
	Info ModuleInfo

	// Codec makes a codec that keeps to limits where a call gives none.
	Codec func(limits Limits) (Codec, error)
	// Dial makes a transport for one client. It does not connect yet.
	Dial func(cfg DialConfig) (Transport, error)
	// Listen makes a listener. It binds no address before [Listener.Serve].
	Listen func(cfg ListenConfig) (Listener, error)
}

// ModuleInfo describes a module.
type ModuleInfo struct {
	Kind    ModuleKind
	Name    string // [a-z][a-z0-9-]*, at most 64 bytes; unique within the kind
	Version string // of the module; free text
	Origin  string // where it comes from: "builtin", or the path of a plugin
}

// DialConfig configures a client's transport.
type DialConfig struct {
	URL      string // base URL of the server
	Target   Target
	Prefix   string // of the path; empty: /__rpc
	ClientID string // empty: none
	// Protocols yields further subprotocols, such as tokens; it is asked before
	// every attempt to connect. May be nil.
	Protocols func(ctx context.Context) ([]string, error)
	Header    http.Header // of the handshake or request; may be nil
	Limits    Limits
	Logger    *slog.Logger // nil: nothing is logged
}

// ListenConfig configures a listener.
type ListenConfig struct {
	Addr    string   // host:port, or what the module calls an address
	Prefix  string   // of the path; empty: /__rpc
	Origins []string // allowed beside the server's own host
	Limits  Limits
	Logger  *slog.Logger // nil: nothing is logged
}

// maxModuleName bounds a module's name in bytes.
const maxModuleName = 64

var moduleName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// validate reports what keeps m from being registered.
func (m Module) validate() error {
	if len(m.Info.Name) > maxModuleName || !moduleName.MatchString(m.Info.Name) {
		return fault.New(CodeConfig, "core: module name %.80q does not match %s in at most %d bytes",
			m.Info.Name, moduleName, maxModuleName)
	}
	switch m.Info.Kind {
	case KindCodec:
		if m.Codec == nil || m.Dial != nil || m.Listen != nil {
			return fault.New(CodeConfig, "core: codec module %q must have Codec, and neither Dial nor Listen", m.Info.Name)
		}
	case KindTransport:
		if m.Codec != nil || m.Dial == nil && m.Listen == nil {
			return fault.New(CodeConfig, "core: transport module %q must have Dial or Listen, and no Codec", m.Info.Name)
		}
	default:
		return fault.New(CodeConfig, "core: module %q has unknown kind %.80q", m.Info.Name, string(m.Info.Kind))
	}
	return nil
}
