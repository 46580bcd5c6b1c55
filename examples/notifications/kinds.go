package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// steps is how many messages of progress a job sends after the first: one for each 2 %.
const steps = 50

// kind is what a job of one kind does. It does nothing, and takes its time.
type kind struct {
	takes   time.Duration
	stages  []stage
	result  string
	failure string // empty: it succeeds
	failsAt int    // percent
}

// stage is what a job is doing from some percentage on.
type stage struct {
	from int
	name string
}

var kinds = map[string]kind{
	"report": {
		takes:  5 * time.Second,
		stages: []stage{{0, "Reading figures"}, {40, "Adding up"}, {74, "Drawing charts"}},
		result: "The report has 12 pages and 4 charts.",
	},
	"backup": {
		takes:  10 * time.Second,
		stages: []stage{{0, "Listing files"}, {12, "Packing"}, {80, "Storing"}},
		result: "1,204 files are safe, 38 MB in all.",
	},
	"import": {
		takes:   6 * time.Second,
		stages:  []stage{{0, "Checking the file"}, {30, "Importing rows"}},
		failure: "Row 843 has no date, so nothing was imported.",
		failsAt: 70,
	},
}

// run takes its time and tells how far it is: 0, 2, 4... percent. It ends early when ctx does, with
// its error.
func (k kind) run(ctx context.Context, tell func(percent int) error) error {
	tick := time.NewTicker(k.takes / steps)
	defer tick.Stop()
	for percent := 0; ; percent += 100 / steps {
		if err := tell(percent); err != nil {
			return err
		}
		switch {
		case k.failure != "" && percent >= k.failsAt:
			return refuse(codeFailed, "%s", k.failure)
		case percent == 100:
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// stageAt is what a job of the kind is doing at a percentage.
func (k kind) stageAt(percent int) string {
	name := ""
	for _, s := range k.stages {
		if s.from <= percent {
			name = s.name
		}
	}
	return name
}

func kindNames() string { return strings.Join(slices.Sorted(maps.Keys(kinds)), ", ") }
