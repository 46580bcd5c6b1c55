package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// name is the name of the program in its own texts.
const name = "millrace-host"

// run is the whole program: it returns the exit code. It ends gently when ctx does.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "%s: %s\n", name, printable(strings.TrimRight(err.Error(), "\n"))) // there is nowhere else to say it
	}
	return exitCode(err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   name,
		Short: "Serve objects, call them, hear from them",
		Long: `Millrace serves named Go objects, and lets clients call their methods and hear
what they send, over one WebSocket.

What a command finds out goes to standard output; everything else goes to
standard error.

` + exitHelp,
		Example: `  # serve rooms on http://127.0.0.1:8787
  millrace-host serve

  # in a second terminal: hear what happens in the room "lobby"
  millrace-host listen ws://127.0.0.1:8787/__rpc/ROOM/lobby --client-id ann

  # in a third one: enter it, and say something
  millrace-host call --client-id bob ws://127.0.0.1:8787/__rpc/ROOM/lobby join '"Bob"'
  millrace-host call --client-id bob ws://127.0.0.1:8787/__rpc/ROOM/lobby post '"Hello"'`,
		SilenceErrors: true, // run says them, once
		SilenceUsage:  true, // an error is one sentence, not a page
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%w\n  %s --help shows the flags", err, cmd.CommandPath())
	})
	root.AddCommand(newServe(), newCall(), newListen(), newVersion())
	return root
}

// exactly is a check of the number of arguments that says how the command is used.
func atLeast(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < n {
			return usage("%s is missing\n  usage: %s\n  %s --help has examples", what, cmd.UseLine(), cmd.CommandPath())
		}
		return nil
	}
}
