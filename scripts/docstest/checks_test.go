package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestCheckJSON(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, block string
		line        int // 0: it is good
	}{
		{"object", "{\n  \"a\": [1, null]\n}", 0},
		{"string", `"x"`, 0},
		{"comma", "{\n  \"a\": 1,\n}", 4},
		{"in-the-middle", "{\n  \"a\": nope\n}", 3},
		{"no-end", "{\n  \"a\": 1\n", 3},
		{"two", "1\n2", 3},
		{"dots", "{\n  ...\n}", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := parse("x.md", "```json\n"+tt.block+"\n```\n")[0]
			if sentence, line := checkJSON(b); line != tt.line {
				t.Errorf("checkJSON(%q) = %q of line %d, want line %d", tt.block, sentence, line, tt.line)
			}
		})
	}
}

func TestCheckTags(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, block string
		line        int // 0: it is good
	}{
		{"page", "<!doctype html>\n<meta charset=utf-8>\n<title>x &amp; y</title>\n<p>a<br>b\n<ul><li>a<li>b</ul>", 0},
		{"attributes", "<input id=text autofocus>\n<a href='x?a=1&b=2'>x</a>", 0},
		{"script", "<script type=module>\nif (a < b && c > d) x(`</p>`);\n</script>", 0},
		{"style", "<style>\na > b { c: d }\n</style>", 0},
		{"comment", "<!-- <p></div> -->", 0},
		{"not-closed", "<div>\n<ul>\n</ul>", 2},
		{"crossed", "<b>\n<i>x</b></i>", 3},
		{"nothing-to-end", "<p>x</p>\n</div>", 3},
		{"not-a-tag", "<p>\n<p class=\"x>\n", 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := parse("x.md", "```html\n"+tt.block+"\n```\n")[0]
			if sentence, line := checkTags(b); line != tt.line {
				t.Errorf("checkTags(%q) = %q of line %d, want line %d", tt.block, sentence, line, tt.line)
			}
		})
	}
}

func TestSources_scripts(t *testing.T) {
	t.Parallel()
	const page = "<!-- <script>no</script> -->\n<p>é</p><script type=\"module\">one()\ntwo()</script>\n" +
		"<script src=x.js></script>\n<script type=importmap>{}</script>\n<script>\nthree()\n</script>"
	var ss sources
	found, err := ss.scripts(parse("x.md", "```html\n"+page+"\n```\n")[0])
	if err != nil || len(found) != 2 {
		t.Fatalf("scripts = %d sources, %v, want 2", len(found), err)
	}
	if got, want := found[0].text()+"--"+found[1].text(), "one()\ntwo()\n--\nthree()\n\n"; got != want {
		t.Errorf("scripts = %q, want %q", got, want)
	}
	for _, tt := range []struct{ said, want string }{
		{found[0].name + "(1,2)", "x.md:3:33"},
		{found[0].name + "(2,2)", "x.md:4:2"},
		{found[1].name + "(2,1)", "x.md:8:1"},
	} {
		if got := ss.remap(tt.said); got != tt.want {
			t.Errorf("remap(%q) = %q, want %q", tt.said, got, tt.want)
		}
	}
	for _, bad := range []string{"<script type=importmap>{,}</script>", "<script type=text/python>x</script>"} {
		if _, err := ss.scripts(parse("x.md", "```html\n"+bad+"\n```\n")[0]); err == nil {
			t.Errorf("scripts of %q: no error", bad)
		}
	}
}

func TestSources_remap(t *testing.T) {
	t.Parallel()
	var ss sources
	s := ss.new("go")
	s.add("package x", origin{"w.go", 1, 0})
	s.addBlock(parse("d.md", "\n\n  ```go\n  one\n  two\n  ```\n")[0])
	tests := []struct{ name, said, want string }{
		{"go", "./p0001/NAME:2:5: bad", "d.md:4:7: bad"},
		{"go-absolute", "/tmp/x/NAME:3:1: bad", "d.md:5:3: bad"},
		{"stack", "\texample.com/docs/p0001/NAME:3 +0x1d", "\td.md:5 +0x1d"},
		{"wrapper", "NAME:1:2: bad", "w.go:1:2: bad"},
		{"behind-the-end", "NAME:9:1: bad", "d.md:5:3: bad"},
		{"tsc", "NAME(2,5): error", "d.md:4:7: error"},
		{"bash", "/w/NAME: line 2: x: not found", "d.md:4: x: not found"},
		{"dash", "/w/NAME: 2: x: not found", "d.md:4: x: not found"},
		{"only-the-name", "in /w/NAME", "in w.go"},
		{"two", "NAME:2: NAME:3:", "d.md:4: d.md:5:"},
		{"another-name", "block9999.go:1:1", "block9999.go:1:1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			said := strings.ReplaceAll(tt.said, "NAME", s.name)
			if got := ss.remap(said); got != tt.want {
				t.Errorf("remap(%q) = %q, want %q", said, got, tt.want)
			}
		})
	}
}

func TestMakeArgs(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, line, want string }{
		{"target", "make test", `["test"] <nil>`},
		{"no-target", "  make   # all", `[] <nil>`},
		{"variables", `make bench X="-a 1" Y='$z'  Z=#`, `["bench" "X=-a 1" "Y=$z" "Z=#"] <nil>`},
		{"another-command-behind", "make a && rm b", `["a"] <nil>`},
		{"close-behind", "make a;rm b", `["a"] <nil>`},
		{"another-command", "maker x", `[] <nil>`},
		{"in-a-directory", "cd x && make y", `[] <nil>`},
		{"substitution", "make $(rm x)", `[] the arguments of make in a dry block are plain words, without $`},
		{"substitution-in-quotes", "make \"`rm x`\"", "[] the arguments of make in a dry block are plain words, without `"},
		{"open-quote", "make 'x", "[] a quote in the arguments of make does not end on its line"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			args, err := makeArgs(tt.line)
			if got := fmt.Sprintf("%q %v", args, err); got != tt.want {
				t.Errorf("makeArgs(%q) = %s, want %s", tt.line, got, tt.want)
			}
		})
	}
}
