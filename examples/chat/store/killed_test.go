package store_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/examples/chat/store"
)

// childFile is the variable that makes the test binary write to a file until it is killed.
const childFile = "MILLRACE_CHAT_STORE_CHILD"

// postForever posts in three rooms, and prints the number of each message that is stored.
func postForever(path string) int {
	s := store.New(path, slog.New(slog.DiscardHandler))
	var wg sync.WaitGroup
	for _, room := range []string{"a", "b", "c"} {
		wg.Go(func() {
			for {
				m, _, err := s.Append(context.Background(), room, store.Message{Author: "child", Text: "text", Time: time.Now()})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				fmt.Printf("%s %d\n", room, m.ID)
			}
		})
	}
	wg.Wait()
	return 1
}

// What a killed process has stored is there, without gaps, and writing goes on.
func TestAppend_SurvivesKill(t *testing.T) {
	t.Parallel()
	path := newFile(t)
	stored := map[string]int64{}
	for round := range 2 {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childFile+"="+path)
		out, err := child.StdoutPipe()
		must(t, err)
		must(t, child.Start())
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			var room string
			var id int64
			if _, err := fmt.Sscanf(lines.Text(), "%s %d", &room, &id); err != nil {
				t.Fatalf("the child says %q", lines.Text())
			}
			stored[room] = id
			if n == 60 { // in the middle of it: what comes out until it is dead counts too
				must(t, child.Process.Kill())
			}
		}
		if err := child.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
		if len(stored) != 3 {
			t.Fatalf("the child stored %v", stored)
		}
		s, _ := open(t, path)
		for room, last := range stored {
			list := all(t, s, room)
			if got := int64(len(list)); got < last || got > last+1 { // one may have been stored and not said
				t.Errorf("round %d: room %s has %d messages, and %d were answered", round, room, got, last)
			}
			if m := post(t, s, room, strconv.Itoa(round)); m.ID != int64(len(list))+1 {
				t.Errorf("the next message has the number %d after %d", m.ID, len(list))
			}
		}
		must(t, s.Close())
	}
}
