package main

import (
	"bytes"
	"context"
	"os"
	"strconv"
	"sync"
)

// stream is what a block in the background prints. The shell around it prints an endMark and the status
// after it.
type stream struct {
	pipe *os.File

	mu      sync.Mutex // guards what follows
	printed []byte
	status  int // -1 while the block runs
	changed chan struct{}
}

// endMark is a byte that nothing prints: the separator of groups, of ASCII.
const endMark = 0x1d

func newStream(pipe *os.File) *stream {
	return &stream{pipe: pipe, status: -1, changed: make(chan struct{})}
}

// read keeps what comes, until the end is told.
func (st *stream) read() {
	defer func() { _ = st.pipe.Close() }()
	buffer := make([]byte, 16<<10)
	for {
		n, err := st.pipe.Read(buffer)
		if st.add(buffer[:n]) || err != nil {
			return
		}
	}
}

// add keeps what was printed, and reports whether the end is in it.
func (st *stream) add(text []byte) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.printed = append(st.printed, text...)
	at := bytes.LastIndexByte(st.printed, endMark)
	if at >= 0 && bytes.HasSuffix(st.printed, []byte("\n")) {
		if n, err := strconv.Atoi(string(bytes.TrimSpace(st.printed[at+1:]))); err == nil {
			st.status, st.printed = n, st.printed[:at]
		}
	}
	close(st.changed)
	st.changed = make(chan struct{})
	return st.status >= 0
}

// stop ends read when nobody is there any more to tell the end.
func (st *stream) stop() { _, _ = st.pipe.WriteString(string(rune(endMark)) + "0\n") }

func (st *stream) look() (printed string, status int, changed <-chan struct{}) {
	st.mu.Lock()
	defer st.mu.Unlock()
	return string(st.printed), st.status, st.changed
}

// wait waits until what was printed is enough. It reports false when the block has ended
// before, or the time is over.
func (st *stream) wait(ctx context.Context, enough func(printed string) bool) bool {
	for {
		printed, status, changed := st.look()
		if enough(printed) {
			return true
		}
		if status >= 0 {
			return false
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}
