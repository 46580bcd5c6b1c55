package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/cmd/host/internal/chain"
	"github.com/millrace/millrace/cmd/host/internal/notation"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/value"
)

// maxStdinBytes bounds an argument that is read from standard input: more than
// the largest message that a server takes by default.
const maxStdinBytes = 64 << 20

type callCommand struct {
	connection
	get bool // read a member instead of calling it
	raw bool // print a string as it is
}

func newCall() *cobra.Command {
	c := &callCommand{}
	cmd := &cobra.Command{
		Use:   "call [flags] URL METHOD [JSON-ARGUMENTS...]",
		Short: "Call a method of an object and print its result as JSON",
		Long: `Calls a method of the object at URL, ` + addressForm + `, and prints
what it returns as one line of JSON.

Every argument is JSON: a number, true, [1,2], {"a":1}; a string needs its own
quotes inside those of the shell: '"hello"'. The argument - is read from
standard input.

METHOD may be a chain: names separated by dots, an element of an array as [2], any
other name as ["a name"], calls in between with their arguments in parentheses. All of it
is one message. The last name is called with the arguments that follow, unless it has
parentheses of its own or --get reads it instead. The chain . is the object itself: its methods and
fields. Quote a chain, since shells have their own ideas about parentheses.

Values that JSON lacks are printed, and may be written in arguments, as
  {"$undefined":true}  {"$number":"NaN"}  {"$bigint":"10"}  {"$boxed":1}
  {"$date":"2026-01-02T03:04:05.678Z"}  {"$regexp":"/a+/gi"}  {"$url":"https://example.com/"}
  {"$map":[["key","value"]]}  {"$set":[1,2]}  {"$headers":[["accept","text/plain"]]}
  {"$error":{"name":"Error","message":"no"}}  {"$ArrayBuffer":[1,2]}  {"$Uint8Array":[1,2]}
  {"$request":{"url":...}}  {"$response":{"status":...}}  {"$hole":true}
  {"$function":"name"} is a function of the server: it is printed, never read.
  {"$ref":"#/a/0"} is the value that stands at that place of the same text, once more.
A key of your own that begins with $ has one more $ here: {"$$price":1}.

` + exitHelp,
		Example: `  millrace-host call ws://127.0.0.1:8787/__rpc/EXAMPLE_DO/x add 1 2
  millrace-host call ws://127.0.0.1:8787/__rpc/EXAMPLE_DO/x echo '{"when":{"$date":"2026-01-02T03:04:05.678Z"}}'
  millrace-host call ws://127.0.0.1:8787/__rpc/EXAMPLE_DO/x 'getObject().nested.getValue'
  millrace-host call ws://127.0.0.1:8787/__rpc/MANUAL_ROUTING_DO/x 'env.EXAMPLE_DO.getByName("y").add' 2 3
  millrace-host call ws://127.0.0.1:8787/__rpc/EXAMPLE_DO/x --get complexData.config
  millrace-host call ws://127.0.0.1:8787/__rpc/EXAMPLE_DO/x .
  echo '[1,2,3]' | millrace-host call ws://127.0.0.1:8787/__rpc/EXAMPLE_DO/x echo -
  millrace-host call ws://127.0.0.1:8787/__rpc/EXAMPLE_DO/x echo -- -1`,
		Args: atLeast(2, "the URL or the method"),
		RunE: c.run,
	}
	c.flags(cmd)
	cmd.Flags().BoolVar(&c.get, "get", false, "read the last name of the chain instead of calling it")
	cmd.Flags().BoolVar(&c.raw, "raw", false, "print a result that is a string as it is, without quotes")
	return cmd
}

func (c *callCommand) run(cmd *cobra.Command, args []string) error {
	a, err := parseAddress(args[0])
	if err != nil {
		return err
	}
	steps, err := c.steps(cmd.InOrStdin(), args[1], args[2:])
	if err != nil {
		return err
	}
	client, err := c.client(cmd, a)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }() // the result is there, or an error that says more

	if err := c.connect(cmd.Context(), client); err != nil {
		return err
	}
	result, err := c.await(cmd.Context(), client, steps)
	if err != nil {
		return describeCall(err, a)
	}
	return c.print(cmd.OutOrStdout(), result)
}

// steps reads the chain and the arguments.
func (c *callCommand) steps(stdin io.Reader, method string, args []string) ([]chain.Step, error) {
	steps, err := chain.Parse(method)
	if err != nil {
		return nil, usage("%s: %w", "the method", err)
	}
	if len(steps) == 0 || c.get || steps[len(steps)-1].Called {
		if len(args) > 0 {
			return nil, usage("there is nothing to give the %d arguments to: the chain %s is not called%s", len(args), method, alreadyCalled(steps))
		}
		return steps, nil
	}
	last := &steps[len(steps)-1]
	last.Called = true
	for i, text := range args {
		if text == "-" {
			if text, err = readAll(stdin); err != nil {
				return nil, usage("argument %d: %w", i+1, err)
			}
		}
		v, err := notation.Parse(text)
		if err != nil {
			return nil, usage("argument %d is no JSON: %w%s", i+1, err, quotingHint(text))
		}
		last.Args = append(last.Args, v)
	}
	return steps, nil
}

func alreadyCalled(steps []chain.Step) string {
	if len(steps) > 0 && steps[len(steps)-1].Called {
		return " again (it ends in parentheses)"
	}
	return ""
}

// quotingHint says what was probably meant by a text that is no JSON.
func quotingHint(text string) string {
	const shown = 40
	if t := strings.TrimSpace(text); t == "" || len(t) > shown || strings.ContainsAny(t, "{}[]\"'\n") {
		return "\n  (shells take double quotes away: put an argument into single quotes)"
	}
	return fmt.Sprintf("\n  (a string needs quotes of its own: '\"%s\"')", text)
}

func readAll(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxStdinBytes+1))
	if err != nil {
		return "", fmt.Errorf("standard input: %w", err)
	}
	if len(b) > maxStdinBytes {
		return "", fmt.Errorf("standard input holds more than %d bytes", maxStdinBytes)
	}
	return string(b), nil
}

// await sends the chain and waits for its result.
func (c *callCommand) await(ctx context.Context, client *core.Client, steps []chain.Step) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	ref := client.Object()
	for _, s := range steps {
		if s.Called {
			ref = ref.Call(s.Name, s.Args...)
		} else {
			ref = ref.Get(s.Name)
		}
	}
	return ref.Await(ctx)
}

func (c *callCommand) print(w io.Writer, result any) error {
	line, err := c.line(result)
	if err != nil {
		return &failure{exitFailed, err}
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return &failure{exitFailed, fmt.Errorf("standard output: %w", err)}
	}
	return nil
}

func (c *callCommand) line(result any) ([]byte, error) {
	if text, ok := result.(string); ok && c.raw {
		return []byte(text), nil
	}
	return notation.Append(nil, result)
}

// describeCall says what failed, in the words of whoever knows.
func describeCall(err error, a address) error {
	failed := callFailure(err)
	thrown, ok := errors.AsType[*value.Error](err)
	if !ok {
		if t, ok := errors.AsType[*core.Thrown](err); ok {
			if line, bad := notation.Append(nil, t.Value); bad == nil {
				return &failure{exitFailed, fmt.Errorf("the method threw %s", line)}
			}
		}
		return &failure{exitCode(failed), fmt.Errorf("%s: %w", a.target, err)}
	}
	text := fmt.Sprintf("the method threw %s: %s", thrown.Name, thrown.Message)
	if thrown.Props.Len() > 0 {
		if line, bad := notation.Append(nil, &thrown.Props); bad == nil {
			text += "\n  " + string(line)
		}
	}
	return &failure{exitFailed, errors.New(text)}
}
