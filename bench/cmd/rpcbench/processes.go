package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
)

// conduct starts server and client, and prints what the client measured.
func conduct(ctx context.Context, c config, stdout, stderr io.Writer) error {
	var (
		results []result
		where   string
		err     error
	)
	if c.InProcess {
		where = fmt.Sprintf("one process, GOMAXPROCS=%d", runtime.GOMAXPROCS(0))
		results, err = inProcess(ctx, c)
	} else {
		if c.Core < 0 {
			c.Core = runtime.NumCPU() - 1
		}
		results, where, err = twoProcesses(ctx, c, stderr)
	}
	if err != nil {
		return err
	}
	return printTable(stdout, c, where, results)
}

func inProcess(ctx context.Context, c config) (_ []result, err error) {
	s, err := listenAll()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return measureAll(ctx, c, s.addresses)
}

// twoProcesses runs this program twice more. The calling thread is pinned and stays
// so until the end of the program: what it starts inherits that.
func twoProcesses(ctx context.Context, c config, stderr io.Writer) (_ []result, where string, err error) {
	runtime.LockOSThread()
	where = fmt.Sprintf("two processes on core %d, GOMAXPROCS=1", c.Core)
	if err := pinThread(c.Core); err != nil {
		where = fmt.Sprintf("two processes, NOT pinned (%v): ratios will not repeat", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}

	server := child(ctx, self, "server", stderr)
	quit, err := server.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	said, err := server.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := server.Start(); err != nil {
		return nil, "", err
	}
	defer func() {
		_ = quit.Close() // the server's signal to end
		if e := server.Wait(); e != nil && err == nil {
			err = fmt.Errorf("server process: %w", e)
		}
	}()
	t := task{Config: c}
	if err := json.NewDecoder(said).Decode(&t.Server); err != nil {
		return nil, "", fmt.Errorf("server process: %w", err)
	}

	client := child(ctx, self, "client", stderr)
	in, err := json.Marshal(t)
	if err != nil {
		return nil, "", err
	}
	client.Stdin = bytes.NewReader(in)
	out, err := client.Output()
	if err != nil {
		return nil, "", fmt.Errorf("client process: %w", err)
	}
	var results []result
	err = json.Unmarshal(out, &results)
	return results, where, err
}

func child(ctx context.Context, self, role string, stderr io.Writer) *exec.Cmd {
	cmd := exec.CommandContext(ctx, self, "-role", role)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Stderr = stderr
	return cmd
}
