// Package store keeps what chat rooms must not forget, their messages and their
// settings, in one SQLite file.
//
// A [Store] opens the file when it is first used, and again after trouble, so that a file
// that is locked, damaged or away stops nobody from starting, and is back in use as soon
// as it can be. Until then every method fails with an [*Error] that says why in words for
// people; the log has the path and the cause, once for each change.
//
// What a method has written survives the end of the process, however that comes.
package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// patience is how long one use may wait for the file, its turn among the uses of this
// process included.
const patience = time.Second

// impatience is that time while the file is known to be locked, so that those who come
// meanwhile do not wait one after the other.
const impatience = 50 * time.Millisecond

// Store is the file. Its methods may be called from any goroutine; they take turns, which
// is no loss: SQLite lets only one write at a time.
type Store struct {
	path   string
	logger *slog.Logger

	turn chan struct{} // holds one token; who has taken it may use what follows

	db      *sql.DB             // nil: not open
	file    fs.FileInfo         // what db opened
	locked  bool                // the last use waited in vain
	trouble map[activity]string // what the log was last told
	closed  bool
}

// New returns a store of the file at path. It opens nothing yet, and so cannot fail.
func New(path string, logger *slog.Logger) *Store {
	if abs, err := filepath.Abs(path); err == nil { // else it stays as it was given
		path = abs
	}
	s := &Store{path: path, logger: logger, turn: make(chan struct{}, 1), trouble: map[activity]string{}}
	s.turn <- struct{}{}
	return s
}

// Path is where the file is, or will be.
func (s *Store) Path() string { return s.path }

// Close closes the file. Uses after it fail.
func (s *Store) Close() error {
	<-s.turn
	defer func() { s.turn <- struct{}{} }()
	s.closed = true
	return s.drop()
}

// use gives the open file to f, which belongs to an activity, and turns what goes wrong into an
// [*Error]. When ctx ends, its error is returned as it is.
func (s *Store) use(ctx context.Context, a activity, f func(ctx context.Context, db *sql.DB) error) error {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-s.turn:
	case <-bounded.Done():
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &Error{a, "it is busy", bounded.Err()}
	}
	defer func() { s.turn <- struct{}{} }()
	if s.closed {
		return &Error{a, "it was closed", fs.ErrClosed}
	}
	if s.locked {
		var hurry context.CancelFunc
		bounded, hurry = context.WithTimeout(bounded, impatience)
		defer hurry()
	}
	err := s.open(bounded)
	if err == nil {
		err = f(bounded, s.db)
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return s.judge(a, err)
}

// open sees to it that the file is open, and is still the one that its path names.
func (s *Store) open(ctx context.Context) error {
	if s.db != nil {
		if now, err := os.Stat(s.path); err == nil && os.SameFile(now, s.file) {
			return nil
		}
		if err := s.drop(); err != nil {
			s.logger.Warn("the history's file is not where it was, and did not close well", "file", s.path, "error", err)
		}
	}
	db, err := sql.Open("sqlite", dsn(s.path))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if err := prepare(ctx, db); err != nil {
		return errors.Join(err, db.Close())
	}
	if s.file, err = os.Stat(s.path); err != nil {
		return errors.Join(err, db.Close())
	}
	s.db = db
	return nil
}

// judge sorts the outcome of a use, and tells the log when it is another one than before.
func (s *Store) judge(a activity, err error) error {
	if err == nil {
		s.locked = false
		if s.trouble[a] != "" {
			s.logger.Info("the history can be "+string(a)+" again", "file", s.path)
			delete(s.trouble, a)
		}
		return nil
	}
	e := &Error{a, reason(err), err}
	s.locked = e.Reason == locked
	if s.trouble[a] != e.Reason {
		s.logger.Error("the history cannot be "+string(a), "file", s.path, "reason", e.Reason, "error", err)
		s.trouble[a] = e.Reason
	}
	if !s.locked { // the file may be another one, or a better one, next time
		if err := s.drop(); err != nil {
			s.logger.Debug("the history's file did not close well", "file", s.path, "error", err)
		}
	}
	return e
}

// drop closes the file, if it is open.
func (s *Store) drop() error {
	if s.db == nil {
		return nil
	}
	db := s.db
	s.db = nil
	return db.Close()
}
