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

// Chunks with a buffer, and those without, which hold a shared frame: a frame must
// not push a good buffer out.
var chunks, shells = sync.Pool{New: makeChunk}, sync.Pool{New: makeChunk}

func makeChunk() any { return new(chunk) }

func newChunk() *chunk { return chunks.Get().(*chunk) }

// newShared returns a chunk of one message, whose frame others have, too.
func newShared(frame []byte) *chunk {
	c := shells.Get().(*chunk)
	c.b, c.shared, c.starts = frame, true, append(c.starts, 0)
	return c
}

// free gives the chunk back, and its buffer unless it is shared or grew large.
func (c *chunk) free() {
	c.starts = c.starts[:0]
	if c.shared {
		c.b, c.shared = nil, false
		shells.Put(c)
		return
	}
	if cap(c.b) > chunkSize {
		c.b = nil
	}
	c.b = c.b[:0]
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
