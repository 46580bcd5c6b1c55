package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/examples/chat/room"
	"github.com/millrace/millrace/transports/wstransport"
)

const patience = 30 * time.Second

// childArgs is the variable that makes the test binary the program.
const childArgs = "MILLRACE_CHAT_ARGS"

func TestMain(m *testing.M) {
	if args := os.Getenv(childArgs); args != "" {
		os.Exit(run(context.Background(), strings.Fields(args), os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

func TestRun_CommandLine(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() }) // after the subtests
	for _, tt := range []struct {
		name, args     string
		want           int
		stdout, stderr string
	}{
		{"help", "--help", 0, "-data file", ""},
		{"help-teaches", "-h", 0, "millrace-host call --client-id ann ws://127.0.0.1:8787/__rpc/CHAT_ROOM/lobby join", ""},
		{"unknown-flag", "--colour", 2, "", "chat: flag provided but not defined: -colour\n  chat --help shows the flags\n"},
		{"argument", "serve", 2, "", "chat: \"serve\" is not a flag, and nothing else is taken\n"},
		{"log-level", "--log-level loud", 2, "", "loud"},
		{"no-address", "--addr here", 2, "", "the address \"here\" is not host:port"},
		{"other-machines", "--addr 0.0.0.0:0", 2, "", "can be reached from other machines"},
		{"in-use", "--addr " + l.Addr().String(), 3, "", "choose another one with --addr"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			args := append([]string{"--data", filepath.Join(t.TempDir(), "chat.db")}, strings.Fields(tt.args)...)
			if got := run(t.Context(), args, &stdout, &stderr); got != tt.want {
				t.Errorf("exit code %d, want %d; it says %s", got, tt.want, &stderr)
			}
			if !strings.Contains(stdout.String(), tt.stdout) || !strings.Contains(stderr.String(), tt.stderr) {
				t.Errorf("it says\n%s%s", &stdout, &stderr)
			}
			if tt.stdout == "" && stdout.Len() > 0 || tt.stdout != "" && stderr.Len() > 0 {
				t.Errorf("standard output %q, standard error %q", &stdout, &stderr)
			}
		})
	}
}

// program is the server in this process.
type program struct {
	url  string
	stop func() (exit int, log string)
}

func start(t *testing.T, data string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, stdout := io.Pipe()
	var stderr bytes.Buffer
	exit := make(chan int, 1)
	go func() {
		exit <- run(ctx, []string{"--addr", "127.0.0.1:0", "--data", data}, stdout, &stderr)
		_ = stdout.Close()
	}()
	stop := sync.OnceValues(func() (int, string) {
		cancel()
		return <-exit, stderr.String()
	})
	t.Cleanup(func() { stop() })
	return &program{addressIn(t, out), stop}
}

// addressIn is what a server prints when clients can come.
func addressIn(t *testing.T, out io.Reader) string {
	t.Helper()
	line, err := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		t.Fatalf("it prints %q, %v", line, err)
	}
	return url
}

// person is somebody in the room "lobby", who comes back by himself and catches up.
type person struct {
	*core.Client
	heard chan room.Message // in order
	lost  chan core.CloseCode
}

func join(t *testing.T, url, id, name string) *person {
	t.Helper()
	p := &person{heard: make(chan room.Message, 1024), lost: make(chan core.CloseCode, 16)}
	tr, err := wstransport.New("ws"+strings.TrimPrefix(url, "http"), core.Target{Binding: room.Binding, Instance: "lobby"}, wstransport.ClientID(id))
	if err != nil {
		t.Fatal(err)
	}
	var last int64
	hear := func(m room.Message) {
		if m.Type == "message" && m.ID > last {
			last = m.ID
			p.heard <- m
		}
	}
	p.Client, err = core.NewClient(tr, lmzcodec.New(),
		core.OnDownstream(func(_ context.Context, m room.Message) { hear(m) }),
		core.OnClose(func(_ context.Context, c core.CloseInfo) bool { p.lost <- c.Code; return true }),
		core.OnReconnect(func(ctx context.Context) error {
			if _, err := core.Call[room.Joined](ctx, p, "join", name); err != nil {
				return err
			}
			missed, err := core.Call[room.Page](ctx, p, "getMessagesSince", last)
			for _, m := range missed.Messages {
				hear(m)
			}
			return err
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	if _, err := core.Call[room.Joined](t.Context(), p, "join", name); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *person) hears(t *testing.T, id int64, text string) {
	t.Helper()
	select {
	case m := <-p.heard:
		if m.ID != id || m.Text != text {
			t.Fatalf("heard %d %q, want %d %q", m.ID, m.Text, id, text)
		}
	case <-time.After(patience):
		t.Fatalf("message %d %q is not heard", id, text)
	}
}

func post(t *testing.T, p *person, text string) {
	t.Helper()
	if _, err := core.Call[room.Message](t.Context(), p, "postMessage", text); err != nil {
		t.Fatal(err)
	}
}

func TestRun_Serves(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "chat.db")
	p := start(t, data)
	ann, bob := join(t, p.url, "id-ann", "Ann"), join(t, p.url, "id-bob", "Bob")
	post(t, ann, "hello")
	ann.hears(t, 1, "hello")
	bob.hears(t, 1, "hello")

	exit, log := p.stop()
	if exit != 0 {
		t.Errorf("exit code %d", exit)
	}
	for _, want := range []string{"client ids are believed without proof", data, "stopped"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %q:\n%s", want, log)
		}
	}
	if code := <-ann.lost; code != core.CloseGoingAway {
		t.Errorf("Ann's connection ends with %d, want %d", code, core.CloseGoingAway)
	}
}

// A server that is killed loses nothing that it answered, and its clients come back.
func TestRun_Killed(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "chat.db")
	launch := func(addr string) (url string, kill func()) {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childArgs+"=--addr "+addr+" --data "+data)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		return addressIn(t, out), func() {
			_ = child.Process.Kill()
			_ = child.Wait() // it was killed, says the error
		}
	}
	url, kill := launch("127.0.0.1:0")
	ann, bob := join(t, url, "id-ann", "Ann"), join(t, url, "id-bob", "Bob")
	for id := int64(1); id <= 20; id++ {
		post(t, ann, fmt.Sprint(id))
	}
	kill()
	<-ann.lost
	<-bob.lost
	_, kill = launch(strings.TrimPrefix(url, "http://"))
	defer kill()
	for {
		_, err := core.Call[room.Message](t.Context(), ann, "postMessage", "21", "key")
		if err == nil {
			break
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
	for id := int64(1); id <= 21; id++ {
		bob.hears(t, id, fmt.Sprint(id))
	}
}

// The page and all that it is made of is there, and nothing in it needs more than its policy allows.
func TestPage(t *testing.T) {
	t.Parallel()
	p := start(t, filepath.Join(t.TempDir(), "chat.db"))
	types := map[string]string{".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
	get := func(name string) string {
		t.Helper()
		resp, err := http.Get(p.url + name)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		want := types[path.Ext(name)]
		if name == "/" {
			want = types[".html"]
		}
		if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(got, want) {
			t.Errorf("GET %s: %s, %s", name, resp.Status, got)
		}
		return string(body)
	}
	page := get("/")
	for _, reference := range regexp.MustCompile(`(?:src|href)="([^"?#]+)"`).FindAllStringSubmatch(page, -1) {
		get("/" + strings.TrimPrefix(reference[1], "/"))
	}
	if found := regexp.MustCompile(`(?i)<script>|<style|\sstyle=|\son[a-z]+=|="javascript:|https?://`).FindString(page); found != "" {
		t.Errorf("the page has %q, which its policy forbids", found)
	}
	imports := regexp.MustCompile(`(?m)^import .* from "([^"]+)"`)
	err := fs.WalkDir(files, "page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body := get("/" + strings.TrimPrefix(name, "page/"))
		for _, reference := range imports.FindAllStringSubmatch(body, -1) {
			get("/" + strings.TrimPrefix(strings.TrimPrefix(reference[1], "./"), "/"))
		}
		if path.Ext(name) == ".js" && regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(`).MatchString(body) {
			t.Errorf("%s makes HTML of text", name)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
}
