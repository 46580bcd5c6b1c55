package route_test

import (
	"net/url"
	"testing"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/transports/internal/route"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		path     string
		binding  string
		instance string
		last     string
		ok       bool
	}{
		{"/__rpc/ROOM/1/call", "ROOM", "1", "call", true},
		{"/__rpc/ROOM/1", "ROOM", "1", "", true},
		{"/__rpc/ROOM/1/", "ROOM", "1", "", true},
		{"/__rpc/ROOM/1/a/b", "ROOM", "1", "b", true},
		{"/__rpc/MY_DO/inst%201/call", "MY_DO", "inst 1", "call", true},
		{"/__rpc/%C3%A9/a%2Fb/call", "é", "a/b", "call", true},
		{"/__rpc/a%252Fb/x", "a%2Fb", "x", "", true}, // decoded once
		{"/__rpc/ROOM", "", "", "", false},
		{"/__rpc/ROOM/", "", "", "", false},
		{"/__rpc//1/call", "", "", "", false},
		{"/__rpc", "", "", "", false},
		{"/__rpcx/ROOM/1", "", "", "", false},
		{"/", "", "", "", false},
	}
	for _, tt := range tests {
		u, err := url.Parse("http://host" + tt.path)
		if err != nil {
			t.Fatal(err)
		}
		target, last, ok := route.Parse("/__rpc", u)
		if ok != tt.ok || ok && (target != core.Target{Binding: tt.binding, Instance: tt.instance} || last != tt.last) {
			t.Errorf("Parse(%s) = %v, %q, %v, want %s, %s, %q, %v", tt.path, target, last, ok, tt.binding, tt.instance, tt.last, tt.ok)
		}
	}
	if _, _, ok := route.Parse("/__rpc", &url.URL{Path: "/__rpc/a/b", RawPath: "/__rpc/a/%zz"}); !ok {
		t.Error("a raw path that does not fit the path must be ignored, as net/url does")
	}
}

func TestPath_ParsesBack(t *testing.T) {
	t.Parallel()
	for _, target := range []core.Target{{Binding: "ROOM", Instance: "1"}, {Binding: "a b", Instance: "é/x%2F?#"}, {Binding: "..", Instance: "."}} {
		for _, prefix := range []string{"", "/", "x", "/x/y/"} {
			p := route.Path("/base/", prefix, target)
			u, err := url.Parse("http://host" + p)
			if err != nil {
				t.Fatalf("Path() = %q: %v", p, err)
			}
			got, last, ok := route.Parse("/base"+route.Clean(prefix), u)
			if !ok || got != target || last != "call" {
				t.Errorf("Parse(%q) = %v, %q, %v, want %v", p, got, last, ok, target)
			}
		}
	}
}
