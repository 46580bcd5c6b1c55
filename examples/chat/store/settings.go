package store

import (
	"context"
	"database/sql"
)

// Settings is what the people in a room decided about it.
type Settings struct {
	Topic         string
	Welcome       string
	MaxTextLength int
}

// Settings returns those of a room; found is false when it has none yet.
func (s *Store) Settings(ctx context.Context, room string) (set Settings, found bool, err error) {
	err = s.use(ctx, reading, func(ctx context.Context, db *sql.DB) error {
		row := db.QueryRowContext(ctx, "SELECT topic, welcome, max_text_length FROM settings WHERE room = ?", room)
		err := row.Scan(&set.Topic, &set.Welcome, &set.MaxTextLength)
		if notFound(err) {
			return nil
		}
		found = err == nil
		return err
	})
	return set, found, err
}

// SetSettings replaces those of a room.
func (s *Store) SetSettings(ctx context.Context, room string, set Settings) error {
	return s.use(ctx, writing, func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, "INSERT OR REPLACE INTO settings (room, topic, welcome, max_text_length) VALUES (?, ?, ?, ?)",
			room, set.Topic, set.Welcome, set.MaxTextLength)
		return err
	})
}
