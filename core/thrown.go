package core

import "github.com/millrace/millrace/core/value"

// Thrown is the error for a value that a remote method threw and that is no Error:
// JavaScript can throw anything.
type Thrown struct {
	Value any // in the value model of package value
}

// Error is the value itself when it is a string, and a bounded description of it otherwise.
func (t *Thrown) Error() string {
	if s, ok := t.Value.(string); ok {
		return cutText(s, maxPeerText)
	}
	return cutText("thrown: "+value.Format(t.Value), maxPeerText)
}
