// Package endtoend holds what the whole promises, over a WebSocket on loopback: client, core, codec
// and transport as users put them together, and a raw peer where a client would never say it.
// It has tests only. What needs processes of its own is tested with the host, in cmd/host.
package endtoend
