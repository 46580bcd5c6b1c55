package store

import (
	"context"
	"errors"
	"io/fs"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// activity is what a use does with the history, as the end of "the history cannot be ...".
type activity string

const (
	reading activity = "read"
	writing activity = "written"
)

// Error says why the history could not be used just now. Nothing was written.
type Error struct {
	activity activity
	Reason   string // a clause for people, without paths
	err      error
}

func (e *Error) Error() string {
	return "the history cannot be " + string(e.activity) + " just now: " + e.Reason
}

// Unwrap is the cause, which may name paths.
func (e *Error) Unwrap() error { return e.err }

const locked = "the database is locked"

var (
	errForeign = errors.New("the file belongs to another program")
	errNewer   = errors.New("the file was written by a newer version of this program")
)

// reason is err in words for people.
func reason(err error) string {
	switch {
	case errors.Is(err, errForeign), errors.Is(err, errNewer):
		for _, known := range []error{errForeign, errNewer} {
			if errors.Is(err, known) {
				return known.Error()
			}
		}
	case errors.Is(err, context.DeadlineExceeded): // our own patience: see use
		return locked
	case errors.Is(err, fs.ErrNotExist):
		return "the file is not there"
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return "the database reports an error"
	}
	if e.Code() == sqlite3.SQLITE_READONLY_DIRECTORY { // a log beside the file has to be written for reading too
		return "the directory of the file is read-only"
	}
	switch e.Code() & 0xff { // the primary code; the rest is detail
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return locked
	case sqlite3.SQLITE_CANTOPEN:
		return "the file cannot be opened"
	case sqlite3.SQLITE_NOTADB:
		return "the file is not a database"
	case sqlite3.SQLITE_CORRUPT:
		return "the file is damaged"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return "the file is read-only"
	case sqlite3.SQLITE_FULL:
		return "the disk is full"
	case sqlite3.SQLITE_IOERR:
		return "the disk reports an error"
	}
	return "the database reports an error"
}
