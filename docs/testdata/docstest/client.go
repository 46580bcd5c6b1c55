// Package client is around the making of a client.
package client

import (
	"context"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
)

// Message is what a room sends.
type Message struct{ ID int64 }

var last int64

func show(m Message) { last = m.ID }

func connect(ctx context.Context, transport core.Transport) (*core.Client, error) {
	var err error
	//BLOCK
	return client, err
}

var _ = connect
