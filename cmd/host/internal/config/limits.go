package config

import (
	"fmt"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/millrace/millrace/core"
)

// limitsNode reads core.Limits, each field under its name with a small first letter.
type limitsNode struct{ core.Limits }

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (l *limitsNode) UnmarshalYAML(n ast.Node) error {
	if _, ok := n.(*ast.NullNode); ok {
		return nil
	}
	form := reflect.New(limitsForm())
	if err := yaml.NodeToValue(n, form.Interface(), yaml.Strict()); err != nil {
		return err
	}
	to := reflect.ValueOf(&l.Limits).Elem()
	for i := range to.NumField() {
		to.Field(i).SetInt(form.Elem().Field(i).Int())
	}
	return nil
}

// limitsForm makes a struct type like core.Limits whose fields know their YAML
// names and read themselves, so that a new limit needs no line here.
func limitsForm() reflect.Type {
	limits := reflect.TypeFor[core.Limits]()
	fields := make([]reflect.StructField, limits.NumField())
	for i := range fields {
		f := limits.Field(i)
		typ := reflect.TypeFor[count]()
		if f.Type == reflect.TypeFor[time.Duration]() {
			typ = reflect.TypeFor[span]()
		}
		fields[i] = reflect.StructField{Name: f.Name, Type: typ, Tag: reflect.StructTag(`yaml:"` + LimitName(f.Name) + `"`)}
	}
	return reflect.StructOf(fields)
}

// LimitName is the name in a file of a field of core.Limits.
func LimitName(field string) string {
	r := []rune(field)
	r[0] = unicode.ToLower(r[0])
	return string(r)
}

// off is the word that switches a limit off.
const off = "off"

// count is a limit that counts: a positive integer, or off.
type count int

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (c *count) UnmarshalYAML(n ast.Node) error {
	text := scalar(n)
	if text == off {
		*c = core.NoLimit
		return nil
	}
	v, err := strconv.Atoi(strings.ReplaceAll(text, "_", ""))
	if err != nil || v <= 0 {
		return at(n, "%q is no positive integer (off switches a limit off)", text)
	}
	*c = count(v)
	return nil
}

// span is a limit of time: a positive duration, or off.
type span time.Duration

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (s *span) UnmarshalYAML(n ast.Node) error {
	text := scalar(n)
	if text == off {
		*s = core.NoLimit
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return at(n, `%q is no positive duration such as 30s or 1m30s (off switches a limit off)`, text)
	}
	*s = span(d)
	return nil
}

// level is the name of a log level.
type level struct {
	slog.Level
	set bool
}

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (l *level) UnmarshalYAML(n ast.Node) error {
	v, err := ParseLevel(scalar(n))
	if err != nil {
		return at(n, "%w", err)
	}
	*l = level{v, true}
	return nil
}

// format is the name of a log format.
type format string

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (f *format) UnmarshalYAML(n ast.Node) error {
	v, err := ParseFormat(scalar(n))
	if err != nil {
		return at(n, "%w", err)
	}
	*f = format(v)
	return nil
}

// scalar is the text of a plain or quoted value.
func scalar(n ast.Node) string {
	if t := n.GetToken(); t != nil {
		return t.Value
	}
	return n.String()
}

// at puts the place of n before an error, as the YAML package writes it.
func at(n ast.Node, text string, args ...any) error {
	err := fmt.Errorf(text, args...)
	if t := n.GetToken(); t != nil && t.Position != nil {
		return fmt.Errorf("[%d:%d] %w", t.Position.Line, t.Position.Column, err)
	}
	return err
}
