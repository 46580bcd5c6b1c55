package store

import (
	"context"
	"database/sql"
	"time"
)

// Poster is who posted a message: a hash of what only he knows.
type Poster [16]byte

// Message is what somebody posted in a room.
type Message struct {
	ID     int64 // the room's own number: from 1, in order, without gaps
	Poster Poster
	Key    string // the poster's own name for the message; may be empty
	Author string // the name that he had
	Text   string
	Time   time.Time // in whole milliseconds
}

const columns = "id, poster, key, author, text, time"

// Append gives m the room's next number and stores it. Of one poster a key is stored once: when the room
// has a message with m's already, that one is returned, and added is false.
func (s *Store) Append(ctx context.Context, room string, m Message) (stored Message, added bool, err error) {
	err = s.use(ctx, writing, func(ctx context.Context, db *sql.DB) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // without effect after Commit; else the error in hand says more
		if m.Key != "" {
			row := tx.QueryRowContext(ctx, "SELECT "+columns+" FROM messages WHERE room = ? AND poster = ? AND key = ?", room, m.Poster[:], m.Key)
			if stored, err = scan(row); !notFound(err) {
				return err
			}
		}
		row := tx.QueryRowContext(ctx, `INSERT INTO messages (room, id, poster, key, author, text, time)
			SELECT ?1, coalesce(max(id), 0) + 1, ?2, ?3, ?4, ?5, ?6 FROM messages WHERE room = ?1
			RETURNING `+columns, room, m.Poster[:], m.Key, m.Author, m.Text, m.Time.UnixMilli())
		if stored, err = scan(row); err != nil {
			return err
		}
		added = true
		return tx.Commit()
	})
	if err != nil {
		return Message{}, false, err
	}
	return stored, added, nil
}

// LastID is the number of the room's last message, 0 when there is none.
func (s *Store) LastID(ctx context.Context, room string) (id int64, err error) {
	err = s.use(ctx, reading, func(ctx context.Context, db *sql.DB) error {
		return db.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM messages WHERE room = ?", room).Scan(&id)
	})
	return id, err
}

// After returns the room's messages with numbers above id, at most limit of them, oldest first.
func (s *Store) After(ctx context.Context, room string, id int64, limit int) ([]Message, error) {
	return s.list(ctx, "SELECT "+columns+" FROM messages WHERE room = ? AND id > ? ORDER BY id LIMIT ?", room, id, limit)
}

// Before returns the room's messages with numbers below id, at most limit of them, newest first.
func (s *Store) Before(ctx context.Context, room string, id int64, limit int) ([]Message, error) {
	return s.list(ctx, "SELECT "+columns+" FROM messages WHERE room = ? AND id < ? ORDER BY id DESC LIMIT ?", room, id, limit)
}

func (s *Store) list(ctx context.Context, query string, args ...any) (list []Message, err error) {
	err = s.use(ctx, reading, func(ctx context.Context, db *sql.DB) error {
		rows, err := db.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err says what went wrong
		for rows.Next() {
			m, err := scan(rows)
			if err != nil {
				return err
			}
			list = append(list, m)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// scan reads the columns of one message.
func scan(row interface{ Scan(dest ...any) error }) (m Message, err error) {
	var poster []byte
	var ms int64
	if err := row.Scan(&m.ID, &poster, &m.Key, &m.Author, &m.Text, &ms); err != nil {
		return Message{}, err
	}
	copy(m.Poster[:], poster)
	m.Time = time.UnixMilli(ms).UTC()
	return m, nil
}
