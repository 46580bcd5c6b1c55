package config_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/cmd/host/internal/config"
	"github.com/millrace/millrace/core"
)

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := config.Parse([]byte(`
addr: localhost:9000
fixture: true
origins: [https://a.example, "https://b.example"]
allowAnonymousClientIDs: false
insecureAllowAnyAddress: true
limits:
  messageBytes: 2_097_152
  batchItems: off
  callTimeout: 1m30s
  pingInterval: off
log:
  level: debug
  format: json
`))
	want := config.Config{
		Addr: "localhost:9000", Fixture: true, Origins: []string{"https://a.example", "https://b.example"},
		AllowAnonymousClientIDs: false, AllowAnyAddress: true,
		Limits: core.Limits{MessageBytes: 2 << 20, BatchItems: core.NoLimit, CallTimeout: 90 * time.Second, PingInterval: core.NoLimit},
		Log:    config.Log{Level: slog.LevelDebug, Format: "json"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Parse = %+v, %v, want %+v", got, err, want)
	}
}

func TestParse_EmptyMeansDefaults(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing\n", "limits:\n", "log:\n"} {
		got, err := config.Parse([]byte(text))
		if err != nil || !reflect.DeepEqual(got, config.Default()) {
			t.Errorf("Parse(%q) = %+v, %v, want the defaults", text, got, err)
		}
	}
}

// Every limit can be set, under a name that follows from its field.
func TestParse_EveryLimit(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("limits:\n")
	limits := reflect.TypeFor[core.Limits]()
	for i := range limits.NumField() {
		value := fmt.Sprint(i + 1)
		if limits.Field(i).Type == reflect.TypeFor[time.Duration]() {
			value += "s"
		}
		fmt.Fprintf(&text, "  %s: %s\n", config.LimitName(limits.Field(i).Name), value)
	}
	c, err := config.Parse([]byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	for i := range limits.NumField() {
		want := int64(i + 1)
		if limits.Field(i).Type == reflect.TypeFor[time.Duration]() {
			want *= int64(time.Second)
		}
		if got := reflect.ValueOf(c.Limits).Field(i).Int(); got != want {
			t.Errorf("%s = %d, want %d", limits.Field(i).Name, got, want)
		}
	}
}

func TestParse_Errors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, at, want string }{
		{"unknown-setting", "addr: x\nadress: y\n", "2:1: ", `unknown field "adress"`},
		{"unknown-limit", "limits:\n  messageBytes: 5\n  mesages: 1\n", "3:3: ", `unknown field "mesages"`},
		{"unknown-in-log", "log:\n  colour: red\n", "2:3: ", `unknown field "colour"`},
		{"wrong-type", "fixture: 7\n", "1:10: ", "bool"},
		{"not-yaml", "addr: [\n", "1:7: ", ""},
		{"twice", "addr: a\naddr: b\n", "2:1: ", "addr"},
		{"count-text", "limits:\n  batchItems: many\n", "2:15: ", `"many" is no positive integer`},
		{"count-zero", "limits:\n  batchItems: 0\n", "2:15: ", `"0" is no positive integer`},
		{"count-negative", "limits:\n  batchItems: -5\n", "2:15: ", `"-5" is no positive integer`},
		{"span-bare", "limits:\n  callTimeout: 30\n", "2:16: ", `"30" is no positive duration`},
		{"span-negative", "limits:\n  callTimeout: -3s\n", "2:16: ", `"-3s" is no positive duration`},
		{"level", "log:\n  level: loud\n", "2:10: ", `no log level "loud"`},
		{"format", "log:\n  format: xml\n", "2:11: ", `no log format "xml"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse([]byte(tt.text))
			if err == nil || !strings.HasPrefix(err.Error(), tt.at) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse: %v, want %q and %q", err, tt.at, tt.want)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if c, err := config.Load(write("good.yaml", "addr: 127.0.0.1:1\n")); err != nil || c.Addr != "127.0.0.1:1" {
		t.Errorf("Load = %+v, %v", c, err)
	}
	bad := write("bad.yaml", "x: 1\n")
	if _, err := config.Load(bad); err == nil || !strings.HasPrefix(err.Error(), bad+":1:1: ") {
		t.Errorf("Load: %v, want it to begin with file:line:column", err)
	}
	if _, err := config.Load(filepath.Join(dir, "none.yaml")); !os.IsNotExist(err) {
		t.Errorf("Load of a missing file: %v", err)
	}
	if _, err := config.Load(dir); err == nil {
		t.Error("Load of a directory: no error")
	}
	if _, err := config.Load(write("huge.yaml", strings.Repeat("#", 1<<20+1))); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("Load of a huge file: %v", err)
	}
}

func TestLog_Logger(t *testing.T) {
	t.Parallel()
	var text, json bytes.Buffer
	config.Log{Level: slog.LevelWarn, Format: "text"}.Logger(&text).Info("quiet")
	config.Log{Level: slog.LevelInfo, Format: "json"}.Logger(&json).Info("said", "n", 1)
	if text.Len() != 0 || !strings.Contains(json.String(), `"msg":"said","n":1`) {
		t.Errorf("logs: %q, %q", text.String(), json.String())
	}
	for _, name := range []string{"debug", "info", "warn", "error"} {
		if l, err := config.ParseLevel(name); err != nil || !strings.EqualFold(l.String(), name) {
			t.Errorf("ParseLevel(%q) = %v, %v", name, l, err)
		}
	}
}
