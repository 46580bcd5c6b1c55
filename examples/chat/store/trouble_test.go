package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/examples/chat/store"
)

func TestTrouble_Locked(t *testing.T) {
	t.Parallel()
	path := newFile(t)
	s, log := open(t, path)
	post(t, s, "lobby", "before")
	c := raw(t, path)
	run(t, c, "BEGIN EXCLUSIVE")
	began := time.Now()
	refuses(t, s, "the database is locked")
	if took := time.Since(began); took < 500*time.Millisecond || took > 3*time.Second {
		t.Errorf("it gave up after %v, want about a second", took)
	}
	again := time.Now()
	refuses(t, s, "the database is locked")
	if took := time.Since(again); took > 500*time.Millisecond {
		t.Errorf("the second time it gave up after %v, want sooner", took)
	}
	if list := all(t, s, "lobby"); len(list) != 1 { // a log written ahead lets readers in
		t.Errorf("%d messages can be read, want 1", len(list))
	}
	run(t, c, "ROLLBACK")
	if m := post(t, s, "lobby", "after"); m.ID != 2 {
		t.Errorf("the next message has the number %d, want 2", m.ID)
	}
	post(t, s, "lobby", "and more")
	if cannot, can := log.count("the history cannot be written"), log.count("the history can be written again"); cannot != 1 || can != 1 {
		t.Errorf("the log says %d times that it cannot and %d times that it can, want once each", cannot, can)
	}
	if log.count(path) != 2 {
		t.Error("the log does not say which file it is")
	}
}

// Those who come while it is known to be locked do not wait one after the other.
func TestTrouble_LockedForMany(t *testing.T) {
	t.Parallel()
	path := newFile(t)
	s, log := open(t, path)
	post(t, s, "lobby", "before")
	c := raw(t, path)
	run(t, c, "BEGIN EXCLUSIVE")
	began := time.Now()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for range 3 {
				_, _, err := s.Append(t.Context(), "attic", store.Message{Author: "Ann", Text: "lost", Time: time.Now()})
				if _, ok := errors.AsType[*store.Error](err); !ok {
					t.Errorf("Append fails with %v", err)
				}
			}
		})
	}
	wg.Wait()
	if took := time.Since(began); took > 10*time.Second { // one after the other: 30 s
		t.Errorf("30 attempts took %v", took)
	}
	if n := log.count("the history cannot be written"); n != 1 {
		t.Errorf("the log says so %d times, want once", n)
	}
	run(t, c, "ROLLBACK")
	post(t, s, "attic", "after")
}

// Whatever is in the way of the file, the store says so, and is back once it is gone.
func TestTrouble_InTheWay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, reason string
		block        func(t *testing.T, path string)
		clear        func(path string) error
	}{
		{"directory", "the file cannot be opened", func(t *testing.T, path string) {
			must(t, os.Mkdir(path, 0o700))
		}, os.Remove},
		{"no-directory-for-it", "the file cannot be opened", func(t *testing.T, path string) {
			must(t, os.Remove(filepath.Dir(path)))
		}, func(path string) error { return os.Mkdir(filepath.Dir(path), 0o700) }},
		{"garbage", "the file is not a database", func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(strings.Repeat("garbage ", 1000)), 0o600))
		}, os.Remove},
		{"short-garbage", "the file is not a database", func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte("a note to myself"), 0o600))
		}, os.Remove},
		{"of-another-program", "the file belongs to another program", func(t *testing.T, path string) {
			run(t, raw(t, path), "CREATE TABLE theirs (x)")
		}, os.Remove},
		{"of-a-newer-version", "the file was written by a newer version of this program", func(t *testing.T, path string) {
			run(t, raw(t, path), "PRAGMA user_version = 2")
		}, os.Remove},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "data", "chat.db")
			must(t, os.Mkdir(filepath.Dir(path), 0o700))
			tt.block(t, path)
			s, log := open(t, path)
			for range 3 {
				refuses(t, s, tt.reason)
				if _, err := s.LastID(t.Context(), "lobby"); err == nil {
					t.Error("it can be read")
				}
			}
			if log.count("cannot be written") != 1 || log.count("cannot be read") != 1 {
				t.Errorf("the log repeats itself:\n%s", log.text.String())
			}
			must(t, tt.clear(path))
			if m := post(t, s, "lobby", "after"); m.ID != 1 {
				t.Errorf("the first message has the number %d", m.ID)
			}
			if log.count("can be written again") != 1 {
				t.Error("the log does not say that it works again")
			}
		})
	}
}

// The same, while the file is in use.
func TestTrouble_Later(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, reason string
		block        func(t *testing.T, path string)
	}{
		{"directory", "the file cannot be opened", func(t *testing.T, path string) {
			must(t, os.Mkdir(path, 0o700))
		}},
		{"garbage", "the file is not a database", func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(strings.Repeat("garbage ", 1000)), 0o600))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := newFile(t)
			s, _ := open(t, path)
			post(t, s, "lobby", "one")
			post(t, s, "lobby", "two")
			run(t, raw(t, path), "PRAGMA wal_checkpoint(TRUNCATE)") // everything is in the file now, and not in the log beside it
			must(t, os.Rename(path, path+".kept"))
			tt.block(t, path)
			refuses(t, s, tt.reason)
			must(t, os.Remove(path))
			must(t, os.Rename(path+".kept", path))
			if m := post(t, s, "lobby", "three"); m.ID != 3 {
				t.Errorf("the next message has the number %d, want 3: %+v", m.ID, all(t, s, "lobby"))
			}
		})
	}
}

// A file that is gone is made anew, and its numbers begin again.
func TestTrouble_Removed(t *testing.T) {
	t.Parallel()
	path := newFile(t)
	s, _ := open(t, path)
	post(t, s, "lobby", "one")
	post(t, s, "lobby", "two")
	must(t, os.Remove(path))
	if last, err := s.LastID(t.Context(), "lobby"); last != 0 || err != nil {
		t.Errorf("LastID = %d, %v", last, err)
	}
	if m := post(t, s, "lobby", "three"); m.ID != 1 {
		t.Errorf("the first message of the new file has the number %d", m.ID)
	}
	again, _ := open(t, path)
	if list := all(t, again, "lobby"); len(list) != 1 || list[0].Text != "three" {
		t.Errorf("the file has %+v", list)
	}
}

// A file that may not be written can be read.
func TestTrouble_ReadOnly(t *testing.T) {
	t.Parallel()
	path := newFile(t)
	s, _ := open(t, path)
	post(t, s, "lobby", "one")
	must(t, s.Close())
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	_, err = f.WriteAt([]byte{3}, 18) // the format's version for writers: of the future
	must(t, errors.Join(err, f.Close()))
	s, log := open(t, path)
	for range 2 {
		refuses(t, s, "the file is read-only")
		if list := all(t, s, "lobby"); len(list) != 1 || list[0].Text != "one" {
			t.Errorf("it has %+v", list)
		}
	}
	if log.count("cannot be written") != 1 || log.count("again") != 0 {
		t.Errorf("the log repeats itself:\n%s", log.text.String())
	}
}

// A file that is spoilt while it is in use, and then made good, is in use again.
func TestTrouble_Spoilt(t *testing.T) {
	t.Parallel()
	path := newFile(t)
	s, _ := open(t, path)
	for range 20 {
		post(t, s, "lobby", strings.Repeat("x", 3000))
	}
	run(t, raw(t, path), "PRAGMA wal_checkpoint(TRUNCATE)")
	good, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, []byte("spoilt"), 0o600))
	refuses(t, s, "the file is not a database")
	must(t, os.WriteFile(path, good, 0o600))
	if m := post(t, s, "lobby", "after"); m.ID != 21 {
		t.Errorf("the next message has the number %d, want 21: %d are there", m.ID, len(all(t, s, "lobby")))
	}
}

// A damaged file is an error, and not the end.
func TestTrouble_Damaged(t *testing.T) {
	t.Parallel()
	path := newFile(t)
	s, _ := open(t, path)
	for range 50 {
		post(t, s, "lobby", strings.Repeat("x", 3000))
	}
	must(t, s.Close())
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	for page := int64(1); page < 40; page++ {
		if _, err := f.WriteAt([]byte(strings.Repeat("garbage ", 512)), page*4096); err != nil {
			t.Fatal(err)
		}
	}
	must(t, f.Close())
	s, _ = open(t, path)
	refuses(t, s, "the file is damaged")
	must(t, os.Remove(path))
	post(t, s, "lobby", "after")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
