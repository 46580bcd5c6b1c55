package main

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/cmd/host/internal/notation"
	"github.com/millrace/millrace/core"
)

type listenCommand struct {
	connection
	count int // stop after so many messages; 0: never
}

func newListen() *cobra.Command {
	c := &listenCommand{}
	cmd := &cobra.Command{
		Use:   "listen [flags] URL --client-id ID",
		Short: "Print what an object sends to a client, a line of JSON for each message",
		Long: `Connects to the object at URL, ` + addressForm + `, under a
client id, and prints each message that the server sends to that id as one line of JSON, in
the notation that "` + name + ` call --help" describes. What happens to the
connection is told on standard error; with -v each attempt is, too.

A lost connection is opened again after 1, 2, 4, 8, 16, 30, 30... seconds, for ever. Messages
sent meanwhile are lost: a server keeps none. When the server refuses the client for good (close codes
4403, 4409, 4500 and above), the command ends.

` + exitHelp,
		Example: `  millrace-host listen ws://127.0.0.1:8787/__rpc/ROOM/lobby --client-id ann
  millrace-host listen ws://127.0.0.1:8787/__rpc/ROOM/lobby --client-id ann --count 1`,
		Args: atLeast(1, "the URL"),
		RunE: c.run,
	}
	c.flags(cmd)
	cmd.Flags().IntVar(&c.count, "count", 0, "end after this `number` of messages; 0: never")
	return cmd
}

func (c *listenCommand) run(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage("listen takes one URL, and %d arguments were given", len(args))
	}
	if c.clientID == "" {
		return usage("--client-id is missing: a server sends to client ids")
	}
	if c.count < 0 {
		return usage("--count is %d, and cannot be negative", c.count)
	}
	a, err := parseAddress(args[0])
	if err != nil {
		return err
	}
	p := &printer{out: cmd.OutOrStdout(), status: cmd.ErrOrStderr(), left: c.count, ended: make(chan struct{})}
	client, err := c.client(cmd, a,
		core.OnDownstream(func(_ context.Context, payload any) { p.message(payload) }),
		core.OnClose(func(_ context.Context, lost core.CloseInfo) bool { return p.lost(lost) }),
		core.OnReconnect(func(context.Context) error { p.tell("connected again"); return nil }))
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }() // everything that was to be printed is

	if err := c.connect(cmd.Context(), client); err != nil {
		if cmd.Context().Err() != nil {
			return nil // interrupted before it began
		}
		return err
	}
	p.tell("connected to %s as %s", a.target, c.clientID)
	select {
	case <-p.ended:
		return p.err
	case <-cmd.Context().Done():
		return nil
	}
}

// printer writes messages to out and everything else to status.
type printer struct {
	out, status io.Writer
	left        int // messages to go; 0: no end

	once  sync.Once
	ended chan struct{} // closed when there is nothing more to do
	err   error         // why; written before ended is closed

	mu sync.Mutex // guards status: handlers of different kinds write to it
}

// end ends the command, the first time it is called.
func (p *printer) end(err error) {
	p.once.Do(func() { p.err = err; close(p.ended) })
}

// message prints one message. The client calls it for one after the other.
func (p *printer) message(payload any) {
	select {
	case <-p.ended:
		return
	default:
	}
	line, err := notation.Append(nil, payload)
	if err != nil {
		p.tell("a message could not be printed: %v", err)
		return
	}
	if _, err := p.out.Write(append(line, '\n')); err != nil {
		p.end(&failure{exitFailed, fmt.Errorf("standard output: %w", err)})
		return
	}
	if p.left > 0 {
		if p.left--; p.left == 0 {
			p.end(nil)
		}
	}
}

// lost tells of a lost connection and reports whether to go on.
func (p *printer) lost(c core.CloseInfo) bool {
	text := fmt.Sprintf("connection lost: code %d", c.Code)
	if c.Reason != "" {
		text += fmt.Sprintf(" (%s)", printable(c.Reason))
	}
	if c.Code.Terminal() {
		p.end(&failure{exitFailed, fmt.Errorf("%s: the server wants no further attempt", text)})
		return false
	}
	p.tell("%s; connecting again", text)
	return true
}

func (p *printer) tell(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = fmt.Fprintf(p.status, format+"\n", args...) // there is nowhere else to say it
}
