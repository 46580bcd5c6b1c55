// Package object is around the insides of an object's method.
package object

import (
	"context"

	"github.com/millrace/millrace/core"
)

func method(ctx context.Context, state *core.State, clientID string, payload any) error {
	//BLOCK
	return use(gone)
}

func use(any) error { return nil }

// What a block declares hides these.
var gone bool

var _ = method
