package wiretest

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// A template is a literal frame with holes for what differs from run to run:
//
//	"<number>", <text>   any number, the inside of any string
//	<name:id>            an id, remembered as name
//	<name>               what was remembered
//
// No frame of testdata holds such text otherwise.
var hole = regexp.MustCompile(`<([a-z0-9]+)(?::([a-z]+))?>`)

var holeKinds = map[string]string{
	"number": `-?[0-9]+(?:\.[0-9]+)?`,
	"text":   `(?:[^"\\]|\\.)*`,
	"id":     `[^"\\]+`,
}

// match compares got with a template, byte by byte outside the holes, and remembers.
func match(template, got string, names map[string]string) error {
	template = strings.ReplaceAll(template, `"<number>"`, `<number>`) // a hole in JSON must look like a value
	var pattern strings.Builder
	pattern.WriteString(`(?s)\A`)
	var captured []string
	last := 0
	for _, at := range hole.FindAllStringSubmatchIndex(template, -1) {
		pattern.WriteString(regexp.QuoteMeta(template[last:at[0]]))
		last = at[1]
		name := template[at[2]:at[3]]
		switch {
		case at[4] >= 0:
			kind, ok := holeKinds[template[at[4]:at[5]]]
			if !ok {
				return fmt.Errorf("template: unknown hole %s", template[at[0]:at[1]])
			}
			captured = append(captured, name)
			pattern.WriteString("(" + kind + ")")
		case holeKinds[name] != "":
			pattern.WriteString(holeKinds[name])
		default:
			known, ok := names[name]
			if !ok {
				return fmt.Errorf("template: nothing remembered as %s", name)
			}
			pattern.WriteString(regexp.QuoteMeta(known))
		}
	}
	pattern.WriteString(regexp.QuoteMeta(template[last:]) + `\z`)
	found := regexp.MustCompile(pattern.String()).FindStringSubmatch(got)
	if found == nil {
		return fmt.Errorf("got  %s\nwant %s", got, template)
	}
	for i, name := range captured {
		names[name] = found[i+1]
	}
	return nil
}

// fill puts what was remembered into a template.
func fill(template string, names map[string]string) (string, error) {
	var err error
	filled := hole.ReplaceAllStringFunc(template, func(h string) string {
		known, ok := names[strings.Trim(h, "<>")]
		if !ok {
			err = fmt.Errorf("template: nothing remembered as %s", h)
		}
		return known
	})
	return filled, err
}

// load reads a file of testdata into what dst points to, and refuses fields it does not know.
func load(t *testing.T, name string, dst any) {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(dst); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, template, got string
		ok                  bool
	}{
		{"literal", `{"a":[1]}`, `{"a":[1]}`, true},
		{"literal-is-no-pattern", `{"a":"."}`, `{"a":"x"}`, false},
		{"whole", `{}`, `{} `, false},
		{"number", `{"t":<number>}`, `{"t":1795400752494}`, true},
		{"number-is-no-text", `{"t":<number>}`, `{"t":"1"}`, false},
		{"text", `"<text>"`, `"a\"b"`, true},
		{"text-ends-with-the-string", `["<text>"]`, `["a","b"]`, false},
		{"remembered", `["<x:id>","<x2:id>","<x1>"]`, `["a","b","one"]`, true},
		{"other-than-remembered", `["<x1>"]`, `["two"]`, false},
		{"unknown-name", `["<x9>"]`, `["x"]`, false},
		{"unknown-kind", `["<x:thing>"]`, `["x"]`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			names := map[string]string{"x1": "one"}
			if err := match(tt.template, tt.got, names); (err == nil) != tt.ok {
				t.Errorf("match(%s, %s) = %v, want ok=%v", tt.template, tt.got, err, tt.ok)
			}
		})
	}
	names := map[string]string{}
	if err := match(`<a:id>-<b:number>`, `id-7`, names); err != nil || names["a"] != "id" || names["b"] != "7" {
		t.Errorf("match remembers %v, %v", names, err)
	}
	if s, err := fill(`<b><a>`, names); s != "7id" || err != nil {
		t.Errorf("fill = %q, %v, want 7id", s, err)
	}
	if _, err := fill(`<c>`, names); err == nil {
		t.Error("fill of an unknown name succeeds")
	}
}
