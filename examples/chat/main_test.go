package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/examples/chat/room"
	"github.com/millrace/millrace/examples/internal/sitetest"
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

func TestRun_Help(t *testing.T) {
	t.Parallel()
	sitetest.Help(t, run, "Usage: chat [flags]", "-addr host:port", `"127.0.0.1:8787"`, "-log-level level", "-data file",
		"millrace-host call --client-id ann ws://127.0.0.1:8787/__rpc/CHAT_ROOM/lobby join")
}

// person is somebody in the room "lobby", who comes back by himself and catches up.
type person struct {
	*core.Client
	heard chan room.Message // in order
	lost  chan core.CloseCode
}

func join(t *testing.T, addr, id, name string) *person {
	t.Helper()
	p := &person{heard: make(chan room.Message, 1024), lost: make(chan core.CloseCode, 16)}
	tr, err := wstransport.New("ws://"+addr, core.Target{Binding: room.Binding, Instance: "lobby"}, wstransport.ClientID(id))
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
	var log sitetest.Buffer
	addr, stop := sitetest.Start(t, run, &log, "--data", data)
	ann, bob := join(t, addr, "id-ann", "Ann"), join(t, addr, "id-bob", "Bob")
	post(t, ann, "hello")
	ann.hears(t, 1, "hello")
	bob.hears(t, 1, "hello")

	stop()
	for _, want := range []string{"client ids are believed without proof", data, "stopped"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q:\n%s", want, &log)
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
	launch := func(listen string) (addr string, kill func()) {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childArgs+"=--addr "+listen+" --data "+data)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		return sitetest.Address(t, out), func() {
			_ = child.Process.Kill()
			_ = child.Wait() // it was killed, says the error
		}
	}
	addr, kill := launch("127.0.0.1:0")
	ann, bob := join(t, addr, "id-ann", "Ann"), join(t, addr, "id-bob", "Bob")
	for id := int64(1); id <= 20; id++ {
		post(t, ann, fmt.Sprint(id))
	}
	kill()
	<-ann.lost
	<-bob.lost
	_, kill = launch(addr)
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
	addr, _ := sitetest.Start(t, run, io.Discard, "--data", filepath.Join(t.TempDir(), "chat.db"))
	types := map[string]string{".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
	get := func(name string) string {
		t.Helper()
		resp, err := http.Get("http://" + addr + name)
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
