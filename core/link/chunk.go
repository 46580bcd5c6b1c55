package link

import "sync"

// chunkSize is what is written at most in one call, and what a pooled buffer keeps.
const chunkSize = 64 << 10

// chunk is a run of frames that leave together: either one frame shared with
// other outboxes, or frames of this one in a buffer that grows.
type chunk struct {
	b      []byte
	starts []int // where each message begins in b; control frames have no entry
	shared bool
}

var chunks = sync.Pool{New: func() any { return new(chunk) }}

func newChunk() *chunk { return chunks.Get().(*chunk) }

// free gives the chunk back, and its buffer unless it is shared or grew large.
func (c *chunk) free() {
	if c.shared || cap(c.b) > chunkSize {
		c.b = nil
	}
	c.b, c.starts, c.shared = c.b[:0], c.starts[:0], false
	chunks.Put(c)
}

// begun counts the messages of which at least one byte lies in b[from:to].
func (c *chunk) begun(from, to int) (n int) {
	if from == 0 && to == len(c.b) {
		return len(c.starts)
	}
	for _, s := range c.starts {
		if s >= from && s < to {
			n++
		}
	}
	return n
}
