// Package authorizer is around a server that asks who comes.
package authorizer

import (
	"context"
	"errors"
	"time"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
)

func verify(protocols []string) (user string, expires time.Time, err error) {
	return "", time.Time{}, errors.New("no valid token")
}

func serve() (*core.Server, error) {
	//BLOCK
	return srv, err
}

var _ = serve
