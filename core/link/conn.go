package link

import (
	"io"
	"time"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/fault"
)

// Kind says what an [Event] is.
type Kind uint8

// The kinds of events.
const (
	Data  Kind = iota // a whole message
	Ping              // to be answered with a pong of the same payload
	Pong              // an answer to a ping, or unasked
	Close             // the peer's close frame: the last event
)

// Event is what a connection received.
type Event struct {
	Kind    Kind
	Message core.Message   // of Data; the receiver owns its bytes
	Payload []byte         // of Ping and Pong; valid until the next call of Next
	Code    core.CloseCode // of Close; CloseNoStatus when the frame had none
	Reason  string         // of Close
}

// Conn is one established connection: what a transport implements. Link calls
// Next and Discard from one goroutine at a time, the Append methods and Write from one
// goroutine at a time each, and Close and SetWriteDeadline from any.
type Conn interface {
	// Next reads the next event and blocks until there is one. An error ends the
	// connection: a [Violation] is told to the peer by its close code, anything else is a loss.
	Next() (Event, error)
	// AppendMessage appends the frame of one message to dst.
	AppendMessage(dst []byte, m core.Message) []byte
	// AppendPing appends a ping to dst.
	AppendPing(dst []byte) []byte
	// AppendPong appends the answer to a ping.
	AppendPong(dst, payload []byte) []byte
	// AppendClose appends a close frame; with CloseNoStatus it carries no code.
	// The reason fits a close frame.
	AppendClose(dst []byte, code core.CloseCode, reason string) []byte
	// Write writes frames, blocking until the kernel took all or the write deadline passed.
	io.Writer
	// SetWriteDeadline bounds the present and later calls of Write; zero lifts the bound.
	SetWriteDeadline(t time.Time) error
	// Discard tells the peer, where that is possible, that nothing more will be
	// written, and reads until the connection ends, throwing away. It is called after a Violation.
	Discard()
	// Close ends the connection at once and unblocks Next, Write and Discard. Idempotent.
	Close() error
}

// TryWriter is implemented by a [Conn] that can write without blocking. TryWrite
// writes what fits now and returns how much that was; a short count is no error.
// It is never called at the same time as Write. A sender then writes by itself
// instead of waking a writer.
type TryWriter interface {
	TryWrite(p []byte) (int, error)
}

// Arriver is implemented by a [Conn] that counts the reads that brought something.
// The heartbeat then takes half a message for a sign of life, too.
type Arriver interface{ Arrivals() uint64 }

// Violation is the error of [Conn.Next] for input that breaks the protocol: the
// connection is closed with Code.
type Violation struct {
	Code core.CloseCode
	Err  error
}

// Violate returns a [Violation] with a formatted error of the code malformed.
func Violate(code core.CloseCode, format string, args ...any) error {
	return &Violation{Code: code, Err: fault.New(fault.CodeMalformed, format, args...)}
}

// Error returns the text of what was violated.
func (v *Violation) Error() string { return v.Err.Error() }

// Unwrap returns the error without the close code.
func (v *Violation) Unwrap() error { return v.Err }
