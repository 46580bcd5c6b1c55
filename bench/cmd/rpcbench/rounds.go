package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/millrace/millrace/bench/contest"
	"github.com/millrace/millrace/bench/measure"
)

// result is one contestant's figures, one entry per round.
type result struct {
	Name         string
	Anchor       contest.Anchor
	P50, P99     measure.Series // microseconds
	PerSecond    measure.Series // empty when not concurrent
	ClientAllocs measure.Series // per sequential call
	ServerAllocs measure.Series
}

// measureAll opens one connection per contestant and runs the rounds.
func measureAll(ctx context.Context, c config, server addresses) (_ []result, err error) {
	asker, err := net.Dial("tcp", server.Control)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, asker.Close()) }()

	contestants := selected(c.Only)
	results := make([]result, len(contestants))
	callers := make([]contest.Caller, len(contestants))
	defer func() {
		for _, caller := range callers {
			if caller != nil {
				err = errors.Join(err, caller.Close())
			}
		}
	}()
	for i, contestant := range contestants {
		results[i] = result{Name: contestant.Name, Anchor: contestant.Anchor}
		if callers[i], err = contestant.Dial(ctx, server.Contestants[contestant.Name]); err != nil {
			return nil, fmt.Errorf("%s: dial: %w", contestant.Name, err)
		}
	}
	for range c.Rounds {
		for i, contestant := range contestants {
			if err := turn(ctx, c, contestant, callers[i].Call, serverMallocs(asker, c.InProcess), &results[i]); err != nil {
				return nil, fmt.Errorf("%s: %w", contestant.Name, err)
			}
		}
	}
	return results, nil
}

// turn is one round of one contestant.
func turn(ctx context.Context, c config, contestant contest.Contestant, call measure.Call, mallocs func() (uint64, error), r *result) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// Allocations are counted apart from the clock, over a number of calls that hides the counting's own.
	const counted = 2000
	serverBefore, err := mallocs()
	if err != nil {
		return err
	}
	before := measure.Mallocs()
	for range counted {
		if err := call(ctx); err != nil {
			return err
		}
	}
	after := measure.Mallocs()
	serverAfter, err := mallocs()
	if err != nil {
		return err
	}
	r.ClientAllocs = append(r.ClientAllocs, float64(after-before)/counted)
	r.ServerAllocs = append(r.ServerAllocs, float64(serverAfter-serverBefore)/counted)

	l, err := measure.Sequential(ctx, call, c.Sequential)
	if err != nil {
		return err
	}
	r.P50 = append(r.P50, micros(l.P50))
	r.P99 = append(r.P99, micros(l.P99))
	if !contestant.Concurrent {
		return nil
	}
	perSecond, err := measure.Concurrent(ctx, call, c.Callers, c.Concurrent)
	r.PerSecond = append(r.PerSecond, perSecond)
	return err
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// serverMallocs asks the server process; in one process the client's figure has both.
func serverMallocs(conn net.Conn, inProcess bool) func() (uint64, error) {
	if inProcess {
		return func() (uint64, error) { return 0, nil }
	}
	return func() (uint64, error) {
		var buf [8]byte
		if _, err := conn.Write(buf[:1]); err != nil {
			return 0, err
		}
		_, err := io.ReadFull(conn, buf[:])
		return binary.BigEndian.Uint64(buf[:]), err
	}
}
