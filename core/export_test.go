package core

import "context"

// EnvOf is the Env of the object that ctx's call runs on.
func EnvOf(ctx context.Context) *Env { return frameFrom(ctx).obj.state.Env() }
