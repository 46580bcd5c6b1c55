package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/millrace/millrace/bench/contest"
	"github.com/millrace/millrace/bench/measure"
)

// sane is how far the raw echo may be from the ping-pong before the run is worth nothing.
const sane = 0.10

// printTable prints medians over the rounds, the range of the p50, and ratios to the raw
// contestants of the same run.
func printTable(w io.Writer, c config, where string, results []result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "add(1, 2) over one connection; %s; %d rounds x %v; %s %s/%s\n\n",
		where, c.Rounds, c.Sequential, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	echo, mux, pingPong := anchor(results, contest.RawEcho), anchor(results, contest.RawMux), anchor(results, contest.PingPong)

	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	allocs := "allocs/call client+server"
	if c.InProcess {
		allocs = "allocs/call both sides"
	}
	fmt.Fprintf(t, "contestant\tp50 us\tmin-max\tx raw echo\tp99 us\t%d callers: calls/s\tx raw mux\t%s\t\n", c.Callers, allocs)
	for _, r := range results {
		low, high := r.P50.Range()
		count := fmt.Sprintf("%.0f+%.0f", r.ClientAllocs.Median(), r.ServerAllocs.Median())
		if c.InProcess {
			count = fmt.Sprintf("%.0f", r.ClientAllocs.Median())
		}
		perSecond := "-"
		if len(r.PerSecond) > 0 {
			perSecond = fmt.Sprintf("%.0f", r.PerSecond.Median())
		}
		fmt.Fprintf(t, "%s\t%.1f\t%.1f-%.1f\t%s\t%.1f\t%s\t%s\t%s\t\n", r.Name, r.P50.Median(), low, high,
			ratio(r.P50, echo.P50), r.P99.Median(), perSecond, ratio(r.PerSecond, mux.PerSecond), count)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if q := echo.P50.Over(pingPong.P50).Median(); q > 0 {
		verdict := "sane"
		if math.Abs(q-1) > sane {
			verdict = "NOT sane: the machine was too busy for these ratios"
		}
		fmt.Fprintf(&b, "\nbaseline: raw echo is %.2fx the ping-pong (within %.0f%%): %s\n", q, 100*sane, verdict)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// anchor returns the contestant in that role, an empty one when it did not run.
func anchor(results []result, role contest.Anchor) result {
	for _, r := range results {
		if r.Anchor == role {
			return r
		}
	}
	return result{}
}

// ratio is the median of the rounds' ratios: what slows a whole round cancels out.
func ratio(s, to measure.Series) string {
	q := s.Over(to)
	if len(q) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", q.Median())
}
