// Package config reads what `host serve` is told: a YAML file of named settings,
// every one with a default, unknown names refused with their line.
package config

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/millrace/millrace/core"
)

// maxFileBytes bounds a configuration file.
const maxFileBytes = 1 << 20

// Config is everything that `host serve` can be told.
type Config struct {
	Addr                    string      // host:port; port 0 lets the system choose
	Fixture                 bool        // serve the objects of the conformance tests
	Origins                 []string    // of web pages that may connect; empty: those of the host itself
	AllowAnonymousClientIDs bool        // clients may come under any id; on, since there is no authorizer yet
	AllowAnyAddress         bool        // beyond loopback without an authorizer
	Limits                  core.Limits // zero fields mean the defaults
	Log                     Log
}

// Log configures the log on standard error.
type Log struct {
	Level  slog.Level
	Format string // "text" or "json"
}

// Default is what an empty file means.
func Default() Config {
	return Config{Addr: "127.0.0.1:8787", AllowAnonymousClientIDs: true, Log: Log{Level: slog.LevelInfo, Format: "text"}}
}

// file is the form of the YAML text.
type file struct {
	Addr                    *string    `yaml:"addr"`
	Fixture                 *bool      `yaml:"fixture"`
	Origins                 []string   `yaml:"origins"`
	AllowAnonymousClientIDs *bool      `yaml:"allowAnonymousClientIDs"`
	AllowAnyAddress         *bool      `yaml:"insecureAllowAnyAddress"`
	Limits                  limitsNode `yaml:"limits"`
	Log                     struct {
		Level  level  `yaml:"level"`
		Format format `yaml:"format"`
	} `yaml:"log"`
}

// Load reads the file at path.
func Load(path string) (Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return Config{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	if len(text) > maxFileBytes {
		return Config{}, fmt.Errorf("%s: a configuration of more than %d bytes", path, maxFileBytes)
	}
	c, err := Parse(text)
	if err != nil {
		return Config{}, fmt.Errorf("%s:%w", path, err)
	}
	return c, nil
}

// Parse reads the text of a file. An error begins with line and column.
func Parse(text []byte) (Config, error) {
	var f file
	if err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict()); err != nil {
		return Config{}, describe(err)
	}
	c := Default()
	set(&c.Addr, f.Addr)
	set(&c.Fixture, f.Fixture)
	set(&c.AllowAnonymousClientIDs, f.AllowAnonymousClientIDs)
	set(&c.AllowAnyAddress, f.AllowAnyAddress)
	c.Origins = f.Origins
	c.Limits = f.Limits.Limits
	if f.Log.Level.set {
		c.Log.Level = f.Log.Level.Level
	}
	if f.Log.Format != "" {
		c.Log.Format = string(f.Log.Format)
	}
	return c, nil
}

// set stores what the file says, if it says something.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// describe brings an error of the YAML package into one line: line:column: what.
func describe(err error) error {
	text := strings.TrimSpace(yaml.FormatError(err, false, false))
	// "[3:5] unknown field": the brackets say what an editor expects bare.
	if at, what, ok := strings.Cut(text, "] "); ok && strings.HasPrefix(at, "[") {
		text = at[1:] + ": " + what
	}
	return fmt.Errorf("%s", text)
}

// ParseLevel reads the name of a log level.
func ParseLevel(s string) (slog.Level, error) {
	switch s {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("no log level %q: debug, info, warn or error", s)
}

// ParseFormat reads the name of a log format.
func ParseFormat(s string) (string, error) {
	if s != "text" && s != "json" {
		return "", fmt.Errorf("no log format %q: text or json", s)
	}
	return s, nil
}

// Logger returns the logger that l describes.
func (l Log) Logger(w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: l.Level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
