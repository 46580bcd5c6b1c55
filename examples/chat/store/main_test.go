package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/examples/chat/store"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childFile); path != "" {
		os.Exit(postForever(path))
	}
	goleak.VerifyTestMain(m)
}

var ann, bob = store.Poster{1}, store.Poster{2}

// diary is a log that can be looked at.
type diary struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (d *diary) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(p)
}

func (d *diary) count(sub string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Count(d.text.String(), sub)
}

// open returns a store of the file, which is closed when the test ends, and its log.
func open(t *testing.T, path string) (*store.Store, *diary) {
	t.Helper()
	d := &diary{}
	s := store.New(path, slog.New(slog.NewTextHandler(d, nil)))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, d
}

func newFile(t *testing.T) string { return filepath.Join(t.TempDir(), "chat.db") }

func post(t *testing.T, s *store.Store, room, text string) store.Message {
	t.Helper()
	m, added, err := s.Append(t.Context(), room, store.Message{Poster: ann, Author: "Ann", Text: text, Time: time.Now()})
	if err != nil || !added {
		t.Fatalf("Append(%q, %q) = %v, %v", room, text, added, err)
	}
	return m
}

// all is the whole history of a room, after a check of its numbers.
func all(t *testing.T, s *store.Store, room string) []store.Message {
	t.Helper()
	list, err := s.After(t.Context(), room, 0, 1<<20)
	if err != nil {
		t.Fatalf("After: %v", err)
	}
	for i, m := range list {
		if m.ID != int64(i+1) {
			t.Fatalf("message %d of %q has the number %d", i+1, room, m.ID)
		}
	}
	return list
}

// refuses checks that the history cannot be written, for that reason, and how the error reads.
func refuses(t *testing.T, s *store.Store, reason string) {
	t.Helper()
	_, _, err := s.Append(t.Context(), "lobby", store.Message{Author: "Ann", Text: "lost", Time: time.Now()})
	e, ok := errors.AsType[*store.Error](err)
	if !ok || e.Reason != reason {
		t.Fatalf("Append fails with %v, want the reason %q", err, reason)
	}
	if want := "the history cannot be written just now: " + reason; e.Error() != want {
		t.Errorf("the error says %q, want %q", e, want)
	}
	if strings.Contains(e.Error(), "chat.db") {
		t.Errorf("the error tells where the file is: %q", e)
	}
}

// raw is a connection of somebody else to the file.
func raw(t *testing.T, path string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(c.Close(), db.Close()); err != nil && !errors.Is(err, sql.ErrConnDone) {
			t.Error(err)
		}
	})
	return c
}

func run(t *testing.T, c *sql.Conn, query string) {
	t.Helper()
	if _, err := c.ExecContext(context.Background(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
