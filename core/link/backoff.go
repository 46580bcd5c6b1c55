package link

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
)

const (
	firstDelay = time.Second
	lastDelay  = 30 * time.Second
	// longestRetryAfter bounds what a peer can ask for.
	longestRetryAfter = time.Hour
	// badLosses is how many connections in a row may end with an accusation, and
	// without one good message, before the last delay is taken at once.
	badLosses = 3
)

// backoff is the schedule of automatic attempts: 1, 2, 4, 8, 16, 30, 30... seconds.
type backoff struct {
	tries  int
	bad    int
	floor  time.Duration // what the peer asked for, for the next delay
	jitter float64
}

// next returns the delay before the next attempt.
func (b *backoff) next() time.Duration {
	d := lastDelay
	if b.tries < 5 {
		d = firstDelay << b.tries
	}
	b.tries++
	if b.jitter > 0 {
		d = time.Duration(float64(d) * (1 + b.jitter*(2*rand.Float64()-1)))
	}
	d = max(d, b.floor)
	b.floor = 0
	return d
}

// opened resets the schedule; what the peer asked for before is settled.
func (b *backoff) opened() { b.tries, b.floor = 0, 0 }

// lost takes into account how a connection ended.
func (b *backoff) lost(info core.CloseInfo, received bool) {
	if received {
		b.bad = 0
	}
	switch info.Code {
	case fault.CloseRateLimited:
		b.ask(retryAfter(info.Reason))
	case fault.ClosePolicy:
		b.ask(lastDelay)
	case fault.CloseProtocolError, fault.CloseUnsupportedData, fault.CloseInvalidData, fault.CloseTooBig:
		if b.bad++; b.bad >= badLosses {
			b.ask(lastDelay)
		}
	default:
		b.bad = 0
	}
}

// ask makes the next delay at least d.
func (b *backoff) ask(d time.Duration) { b.floor = max(b.floor, min(d, longestRetryAfter)) }

// retryAfter reads the reason retry-after=<seconds>; the last delay when it says
// nothing readable.
func retryAfter(reason string) time.Duration {
	s, ok := strings.CutPrefix(reason, "retry-after=")
	n, err := strconv.ParseUint(s, 10, 16)
	if !ok || err != nil {
		return lastDelay
	}
	return time.Duration(n) * time.Second
}
