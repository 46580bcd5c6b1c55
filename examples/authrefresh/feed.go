package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/millrace/millrace/core"
)

// How often there is a tick, and how many are kept for those who were away.
const (
	tickInterval = time.Second
	keptTicks    = 600
)

// Tick is what everybody with a connection hears once in a while. Numbers begin at 1 and
// have no gaps, so that a page can tell whether it missed one.
type Tick struct {
	Type string    `millrace:"type"` // "tick"
	N    int       `millrace:"n"`
	Time time.Time `millrace:"time"`
}

// feed makes the ticks. Its methods may be called from any goroutine.
type feed struct {
	mu       sync.Mutex // guards what follows
	last     int
	kept     []Tick // oldest first
	accounts []*core.State
}

// join sends the ticks to an account, too.
func (f *feed) join(account *core.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.accounts = append(f.accounts, account)
}

// run ticks until ctx ends.
func (f *feed) run(ctx context.Context) {
	ticker := time.NewTicker(tickInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			f.tick(ctx, now)
		}
	}
}

func (f *feed) tick(ctx context.Context, now time.Time) {
	t, accounts := f.next(now)
	for _, account := range accounts {
		// Fire and forget: a tick can be encoded and is small, and nothing else is an error.
		if _, err := core.SendDownstream(ctx, account, account.Tags(), t); err != nil {
			account.Logger().Error("tick", "error", err)
		}
	}
}

// next makes a tick, which since knows before anybody hears it.
func (f *feed) next(now time.Time) (Tick, []*core.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	t := Tick{"tick", f.last, now.Truncate(time.Millisecond)}
	f.kept = append(f.kept[max(len(f.kept)-keptTicks+1, 0):], t)
	return t, slices.Clone(f.accounts)
}

// since returns the ticks after the one with the number n, as far as they are kept.
func (f *feed) since(n int) []Tick {
	f.mu.Lock()
	defer f.mu.Unlock()
	skip := len(f.kept) - max(f.last-n, 0)
	return append([]Tick{}, f.kept[min(max(skip, 0), len(f.kept)):]...)
}
