package room

import (
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
	"github.com/millrace/millrace/examples/chat/store"
)

// The codes of the errors that a room's methods throw, as their own property "code".
const (
	CodeNoClientID  = "NO_CLIENT_ID"
	CodeBadRoom     = "BAD_ROOM"
	CodeBadName     = "BAD_NAME"
	CodeNameTaken   = "NAME_TAKEN"
	CodeRoomFull    = "ROOM_FULL"
	CodeNotJoined   = "NOT_JOINED"
	CodeBadText     = "BAD_TEXT"
	CodeBadKey      = "BAD_KEY"
	CodeBadSettings = "BAD_SETTINGS"
	CodeStorage     = "STORAGE" // the history could not be used; trying again may help
)

// refuse is an Error with a code that programs can look at and a sentence for people.
func refuse(code, format string, args ...any) error {
	e := value.NewError("Error", fmt.Sprintf(format, args...))
	e.Props.Set("code", code)
	return e
}

// storage is what a caller is told of an error of the store: the reason without paths, and
// what became of his call.
func storage(err error, outcome string) error {
	if e, ok := errors.AsType[*store.Error](err); ok {
		return refuse(CodeStorage, "%v. %s", e, outcome)
	}
	return err // the call itself ended
}

// sizeProblem says that a text is too long.
func sizeProblem(text string, limit int) string {
	return fmt.Sprintf("has %d bytes, at most %d are allowed", len(text), limit)
}

// caller is the client id of who is calling.
func caller(ctx context.Context) (string, error) {
	if id := core.HandshakeFrom(ctx).ClientID; id != "" {
		return id, nil
	}
	return "", refuse(CodeNoClientID, "a room needs to know who calls: connect with a client id")
}
