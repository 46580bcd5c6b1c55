// Package calls is around calls of a client.
package calls

import (
	"context"
	"fmt"

	"github.com/millrace/millrace/core"
)

// Posted is what posting a message returns.
type Posted struct{ ID int }

func calls(ctx context.Context, client *core.Client) error {
	//BLOCK
	_, _, _ = line, n, posted
	return err
}

var _ = calls
