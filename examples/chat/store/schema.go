package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strconv"
	"time"
)

// version is that of the schema, in the file's user_version.
const version = 1

// Numbers of messages are a room's own, so a room's messages lie together and in order. A
// poster is known by a hash, so that the file holds no client ids.
const schema = `
CREATE TABLE messages (
	room   TEXT    NOT NULL,
	id     INTEGER NOT NULL CHECK (id > 0),
	poster BLOB    NOT NULL,
	key    TEXT    NOT NULL, -- the poster's own name for the message, or empty
	author TEXT    NOT NULL,
	text   TEXT    NOT NULL,
	time   INTEGER NOT NULL, -- milliseconds since 1970
	PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX messages_by_key ON messages (room, poster, key) WHERE key <> '';

CREATE TABLE settings (
	room  TEXT NOT NULL PRIMARY KEY,
	topic TEXT NOT NULL,
	welcome TEXT NOT NULL,
	max_text_length INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`

// dsn is the file with what every connection to it begins with. A write-ahead log
// lets others read while somebody writes, and outlives a killed process. Waiting for a lock
// ends with the context of the use, which is sooner than the timeout here.
func dsn(path string) string {
	u := url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: url.Values{
		"_busy_timeout": {strconv.Itoa(int(2 * patience / time.Millisecond))},
		"_txlock":       {"immediate"},
		"_error_rc":     {"1"},
	}.Encode()}
	return u.String()
}

// prepare checks that the file is ours, and makes the tables in a new one.
func prepare(ctx context.Context, db *sql.DB) error {
	have, err := check(ctx, db)
	if err != nil || have == version {
		return err
	}
	if err := logAhead(ctx, db); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()                                             //nolint:errcheck // without effect after Commit; else the error in hand says more
	if have, err := check(ctx, tx); err != nil || have == version { // somebody else was faster
		return err
	}
	if _, err := tx.ExecContext(ctx, schema+"PRAGMA user_version = "+strconv.Itoa(version)); err != nil {
		return err
	}
	return tx.Commit()
}

// logAhead switches the write-ahead log on. That needs the file for a moment alone and, unlike everything else,
// does not wait for it: when another process begins the same file, one of them has to try again.
func logAhead(ctx context.Context, db *sql.DB) error {
	for {
		_, err := db.ExecContext(ctx, "PRAGMA journal_mode = WAL")
		if err == nil || reason(err) != locked {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// check returns the version of the schema, 0 for a file without tables.
func check(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}) (have int, err error) {
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return 0, err
	}
	switch {
	case have == version:
		return have, nil
	case have > version:
		return 0, errNewer
	}
	var tables int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return 0, err
	}
	if have == 0 && tables == 0 {
		return 0, nil
	}
	// Somebody may have made the tables between the two questions.
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil || have == version {
		return have, err
	}
	return 0, errForeign
}

// notFound reports whether a query of one row found none.
func notFound(err error) bool { return errors.Is(err, sql.ErrNoRows) }
