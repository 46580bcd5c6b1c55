package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/examples/chat/store"
)

func TestAppend_NumbersHaveNoGaps(t *testing.T) {
	t.Parallel()
	s, _ := open(t, newFile(t))
	other, _ := open(t, s.Path()) // as another process would
	const posters, each = 4, 10
	var wg sync.WaitGroup
	for i := range posters {
		for _, room := range []string{"lobby", "Lobby", "ünder"} {
			wg.Go(func() {
				at := s
				if i%2 == 1 {
					at = other
				}
				for k := range each {
					m, added, err := at.Append(t.Context(), room, store.Message{Poster: store.Poster{byte(i)}, Key: fmt.Sprint(k), Author: fmt.Sprint(i), Text: fmt.Sprint(k), Time: time.Now()})
					if err != nil || !added || m.ID == 0 {
						t.Errorf("Append = %+v, %v, %v", m, added, err)
					}
				}
			})
		}
	}
	wg.Wait()
	for _, room := range []string{"lobby", "Lobby", "ünder"} {
		list := all(t, s, room)
		if len(list) != posters*each {
			t.Errorf("%q has %d messages, want %d", room, len(list), posters*each)
		}
		next := map[string]int{}
		for _, m := range list { // what one poster wrote is in his order
			if m.Text != fmt.Sprint(next[m.Author]) {
				t.Errorf("message %d of %q is number %s of poster %s, want %d", m.ID, room, m.Text, m.Author, next[m.Author])
			}
			next[m.Author]++
		}
	}
}

func TestAppend_KeyIsStoredOnce(t *testing.T) {
	t.Parallel()
	s, _ := open(t, newFile(t))
	add := func(room string, by store.Poster, key, text string) (int64, bool, string) {
		m, added, err := s.Append(t.Context(), room, store.Message{Poster: by, Key: key, Author: "Ann", Text: text, Time: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		return m.ID, added, m.Text
	}
	for _, tt := range []struct {
		name, room string
		by         store.Poster
		key, text  string
		id         int64
		added      bool
		want       string
	}{
		{"first", "lobby", ann, "k", "one", 1, true, "one"},
		{"again", "lobby", ann, "k", "one", 1, false, "one"},
		{"with-another-text", "lobby", ann, "k", "two", 1, false, "one"},
		{"of-another-poster", "lobby", bob, "k", "three", 2, true, "three"},
		{"in-another-room", "attic", ann, "k", "four", 1, true, "four"},
		{"another-key", "lobby", ann, "K", "five", 3, true, "five"},
		{"without", "lobby", ann, "", "six", 4, true, "six"},
		{"without-again", "lobby", ann, "", "six", 5, true, "six"},
	} {
		if id, added, text := add(tt.room, tt.by, tt.key, tt.text); id != tt.id || added != tt.added || text != tt.want {
			t.Errorf("%s: Append = %d, %v, %q, want %d, %v, %q", tt.name, id, added, text, tt.id, tt.added, tt.want)
		}
	}
}

func TestMessages_ComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	path := newFile(t)
	first, _ := open(t, path)
	at := time.Date(2026, 3, 4, 5, 6, 7, 8_000_000, time.UTC)
	texts := []string{"plain", "a\x00b", "\xed\xa0\x80", "line\nbreak\r\n\ttab", "😀 ünï", "'; DROP TABLE messages; --", " "}
	for _, text := range texts {
		if _, _, err := first.Append(t.Context(), "l'obby\"?", store.Message{Poster: bob, Key: "k" + text, Author: "Bob\x00", Text: text, Time: at}); err != nil {
			t.Fatal(err)
		}
	}
	second, _ := open(t, path) // after a restart
	if last, err := second.LastID(t.Context(), "l'obby\"?"); last != int64(len(texts)) || err != nil {
		t.Errorf("LastID = %d, %v, want %d", last, err, len(texts))
	}
	list := all(t, second, "l'obby\"?")
	if len(list) != len(texts) {
		t.Fatalf("%d messages came back of %d", len(list), len(texts))
	}
	for i, m := range list {
		if want := (store.Message{ID: int64(i + 1), Poster: bob, Key: "k" + texts[i], Author: "Bob\x00", Text: texts[i], Time: at}); m != want {
			t.Errorf("got %+v, want %+v", m, want)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	s, _ := open(t, newFile(t))
	for i := range 7 {
		post(t, s, "lobby", fmt.Sprint(i+1))
		post(t, s, "attic", fmt.Sprint(i+1))
	}
	ids := func(list []store.Message, err error) []int64 {
		if err != nil {
			t.Fatal(err)
		}
		got := []int64{}
		for _, m := range list {
			got = append(got, m.ID)
		}
		return got
	}
	for _, tt := range []struct {
		name      string
		got, want []int64
	}{
		{"after-none", ids(s.After(t.Context(), "lobby", 0, 3)), []int64{1, 2, 3}},
		{"after-some", ids(s.After(t.Context(), "lobby", 5, 3)), []int64{6, 7}},
		{"after-all", ids(s.After(t.Context(), "lobby", 7, 3)), []int64{}},
		{"before", ids(s.Before(t.Context(), "lobby", 5, 3)), []int64{4, 3, 2}},
		{"before-the-end", ids(s.Before(t.Context(), "lobby", 1<<62, 2)), []int64{7, 6}},
		{"before-the-first", ids(s.Before(t.Context(), "lobby", 1, 3)), []int64{}},
		{"of-nowhere", ids(s.After(t.Context(), "cellar", 0, 3)), []int64{}},
	} {
		if !slices.Equal(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s, _ := open(t, newFile(t))
	if set, found, err := s.Settings(t.Context(), "lobby"); found || err != nil || set != (store.Settings{}) {
		t.Errorf("Settings of a new room = %+v, %v, %v", set, found, err)
	}
	for _, want := range []store.Settings{{"Tea", "Hello\n", 100}, {"", "", 1}} {
		if err := s.SetSettings(t.Context(), "lobby", want); err != nil {
			t.Fatal(err)
		}
		if got, found, err := s.Settings(t.Context(), "lobby"); got != want || !found || err != nil {
			t.Errorf("Settings = %+v, %v, %v, want %+v", got, found, err, want)
		}
	}
	if _, found, err := s.Settings(t.Context(), "attic"); found || err != nil {
		t.Errorf("another room has settings: %v, %v", found, err)
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	s, log := open(t, newFile(t))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.LastID(ended, "lobby"); !errors.Is(err, context.Canceled) {
		t.Errorf("LastID with an ended context: %v", err)
	}
	if _, _, err := s.Append(ended, "lobby", store.Message{Author: "Ann", Text: "x"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Append with an ended context: %v", err)
	}
	if list := all(t, s, "lobby"); len(list) != 0 {
		t.Errorf("it was stored: %+v", list)
	}
	if n := log.count("cannot"); n != 0 {
		t.Errorf("the log complains of the history %d times", n)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	s, _ := open(t, newFile(t))
	post(t, s, "lobby", "one")
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	refuses(t, s, "it was closed")
}
