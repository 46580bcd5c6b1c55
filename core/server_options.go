package core

import (
	"time"

	"github.com/millrace/millrace/core/fault"
)

// serverConfig is what the options of [NewServer] say.
type serverConfig struct {
	common
	codecs       []Codec // beside the first
	authorize    Authorizer
	anonymousIDs bool
	stacks       bool
}

type serverOption func(*serverConfig) error

func (f serverOption) applyServer(c *serverConfig) error { return f(c) }

// WithCodecs serves further codecs beside the one given to [NewServer]. Clients
// choose by name; those that name none are understood by the first byte of what they send.
func WithCodecs(more ...Codec) ServerOption {
	return serverOption(func(c *serverConfig) error {
		c.codecs = append(c.codecs, more...)
		return nil
	})
}

// WithAuthorizer asks a about every handshake. Without this option everybody may
// come, but nobody may claim a client id; see [AllowAnonymousClientID].
func WithAuthorizer(a Authorizer) ServerOption {
	return serverOption(func(c *serverConfig) error {
		if a == nil {
			return fault.New(CodeConfig, "core: WithAuthorizer: the authorizer is nil")
		}
		c.authorize = a
		return nil
	})
}

// AllowAnonymousClientID lets clients claim any client id when there is no
// authorizer. Whoever knows an id then gets its messages: use it for demonstrations
// and tests, on loopback.
func AllowAnonymousClientID() ServerOption {
	return serverOption(func(c *serverConfig) error { c.anonymousIDs = true; return nil })
}

// ExposeStacks sends text and stack of panics to clients. It is for development:
// stacks tell an attacker about the program.
func ExposeStacks() ServerOption {
	return serverOption(func(c *serverConfig) error { c.stacks = true; return nil })
}

// ObjectOption configures the objects of one binding; see [Server.Register].
type ObjectOption interface{ applyObject(*objectConfig) error }

type objectConfig struct {
	concurrent   bool
	evictIdle    time.Duration // 0: never
	autoResponse *AutoResponse
	subprotocols []string
	allowed      map[string]bool // method names that are otherwise refused
}

type objectOption func(*objectConfig) error

func (f objectOption) applyObject(c *objectConfig) error { return f(c) }

// Concurrent lets an object's calls run at the same time. Without it an object runs
// one call at a time.
func Concurrent() ObjectOption {
	return objectOption(func(c *objectConfig) error { c.concurrent = true; return nil })
}

// EvictIdle drops an object from memory when no call used it for d. Its
// connections stay open and tagged, and the next use calls the factory again. Without this
// option an object lives as long as the server.
func EvictIdle(d time.Duration) ObjectOption {
	return objectOption(func(c *objectConfig) error {
		if d <= 0 {
			return fault.New(CodeConfig, "core: EvictIdle: the duration is %v, and must be positive", d)
		}
		c.evictIdle = d
		return nil
	})
}

// AutoRespond answers a text message without waking the object, such as "ping"
// with "pong".
func AutoRespond(request, response string) ObjectOption {
	return objectOption(func(c *objectConfig) error {
		if request == "" {
			return fault.New(CodeConfig, "core: AutoRespond: the request is empty")
		}
		c.autoResponse = &AutoResponse{Request: request, Response: response}
		return nil
	})
}

// AnswerSubprotocols answers the first of names that a client offers, when it
// offers none of Millrace's own.
func AnswerSubprotocols(names ...string) ObjectOption {
	return objectOption(func(c *objectConfig) error {
		c.subprotocols = append(c.subprotocols, names...)
		return nil
	})
}

// AllowMethods makes methods of the registered type reachable whose names are
// otherwise refused, such as Close, Read and Write: by their Go names.
func AllowMethods(names ...string) ObjectOption {
	return objectOption(func(c *objectConfig) error {
		if c.allowed == nil {
			c.allowed = map[string]bool{}
		}
		for _, name := range names {
			if optionalMethods[name] {
				return fault.New(CodeConfig, "core: AllowMethods: %s is called by the server, never by clients", name)
			}
			c.allowed[name] = true
		}
		return nil
	})
}
