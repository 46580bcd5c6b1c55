package main

import (
	"strings"
	"testing"
	"time"
)

func TestCall(t *testing.T) {
	t.Parallel()
	_, addr := serving(t, "--fixture")
	tests := []struct {
		name, stdin string
		args        []string
		want        string
	}{
		{"add", "", []string{"add", "1", "2"}, "3\n"},
		{"echo", "", []string{"echo", `{"a":[1,2]}`}, `{"a":[1,2]}` + "\n"},
		{"echo-spaced", "", []string{"echo", ` { "b" : 1 , "a" : [ 1 , 2 ] } `}, `{"b":1,"a":[1,2]}` + "\n"},
		{"string", "", []string{"echo", `"hé"`}, `"hé"` + "\n"},
		{"raw-string", "", []string{"--raw", "echo", `"h\té"`}, "h\té\n"},
		{"raw-number", "", []string{"--raw", "echo", `1`}, "1\n"},
		{"negative", "", []string{"echo", "--", "-1"}, "-1\n"},
		{"rich", "", []string{"echo", `{"d":{"$date":"2026-01-02T03:04:05.678Z"},"m":{"$map":[[1,{"$set":[2]}]]},"n":{"$number":"NaN"},"b":{"$bigint":"123456789012345678901234567890"},"$$k":{"$undefined":true}}`},
			`{"d":{"$date":"2026-01-02T03:04:05.678Z"},"m":{"$map":[[1,{"$set":[2]}]]},"n":{"$number":"NaN"},"b":{"$bigint":"123456789012345678901234567890"},"$$k":{"$undefined":true}}` + "\n"},
		{"cycle", "", []string{"echo", `{"self":{"$ref":"#"}}`}, `{"self":{"$ref":"#"}}` + "\n"},
		{"stdin", " [1,2,3]\n", []string{"echo", "-"}, "[1,2,3]\n"},
		{"function", "", []string{"getObject"}, `{"value":42,"nested":{"value":42,"getValue":{"$function":"getValue"}}}` + "\n"},
		{"chain", "", []string{"getObject().nested.getValue"}, "42\n"},
		{"chain-called", "", []string{"getObject().nested.getValue()"}, "42\n"},
		{"chain-index", "", []string{"getArrayWithFunctions()[3].getValue"}, "42\n"},
		{"chain-called-index", "", []string{"getArrayWithFunctions()[2]()"}, `"hello"` + "\n"},
		{"hop", "", []string{`env.EXAMPLE_DO.getByName("y").add`, "2", "3"}, "5\n"},
		{"hop-and-arguments", "", []string{`env.SUBCLASS_DO.getByName("y").add(2, 3)`}, "105\n"},
		{"get", "", []string{"--get", "complexData.config"}, `{"name":"ExampleDO"}` + "\n"},
		{"get-after-call", "", []string{"--get", "getObject().nested.value"}, "42\n"},
		{"undefined", "", []string{"ctx.storage.get", `"none"`}, `{"$undefined":true}` + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, codec := range []string{"", "ungap", "msgpack"} {
				scheme, flags := "http", []string{"call"}
				if codec != "" {
					scheme, flags = "ws", append(flags, "--codec", codec)
				}
				args := append(append(flags, scheme+"://"+addr+"/__rpc/EXAMPLE_DO/"+tt.name+codec), tt.args...)
				code, out, errs := cli(t, tt.stdin, args...)
				if code != exitOK || out != tt.want || errs != "" {
					t.Errorf("%q: exit %d, %q, %q, want %q", args, code, out, errs, tt.want)
				}
			}
		})
	}
}

func TestCall_TheObjectItself(t *testing.T) {
	t.Parallel()
	_, addr := serving(t, "--fixture")
	code, out, errs := cli(t, "", "call", "ws://"+addr+"/__rpc/SUBCLASS_DO/x", ".")
	for _, part := range []string{`"increment":{"$function":"increment"}`, `"multiply":{"$function":"multiply"}`, `"subclassName":"SubclassDO"`, `"databaseSize":4096`} {
		if !strings.Contains(out, part) {
			t.Errorf("%s\nlacks %s", out, part)
		}
	}
	if code != exitOK || errs != "" {
		t.Errorf("exit %d, %q", code, errs)
	}
}

func TestCall_Failures(t *testing.T) {
	t.Parallel()
	_, addr := serving(t, "--fixture")
	object := "ws://" + addr + "/__rpc/EXAMPLE_DO/x"
	tests := []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"unknown-codec", []string{"--codec", "cbor", object, "add"}, exitUsage, []string{"cbor", "lmz, ungap or msgpack"}},
		{"unknown-method", []string{object, "nosuch"}, exitFailed, []string{"nosuch", "increment"}},
		{"unknown-method-nearby", []string{object, "incremnt"}, exitFailed, []string{"incremnt", "increment"}},
		{"wrong-argument", []string{object, "add", `"a"`, "1"}, exitFailed, []string{"argument 1", "number"}},
		{"not-a-function", []string{object, "getArray().length"}, exitFailed, []string{"length"}},
		{"thrown-error", []string{object, "throwError", `"no \u001b[2J"`}, exitFailed, []string{"the method threw Error: no \ufffd[2J", `"code":"TEST_ERROR"`}},
		{"thrown-value", []string{object, "throwString", `"no"`}, exitFailed, []string{`the method threw "no"`}},
		{"timeout", []string{"--timeout", "200ms", object, "slowIncrement", "20000"}, exitUnknown, []string{"EXAMPLE_DO/x"}},
		{"unknown-binding", []string{"ws://" + addr + "/__rpc/NO_SUCH/x", "f"}, exitUnreachable, []string{"NO_SUCH", "EXAMPLE_DO"}},
		{"nobody-there", []string{"ws://127.0.0.1:1/__rpc/EXAMPLE_DO/x", "f"}, exitUnreachable, []string{"refused"}},
		{"no-json", []string{object, "echo", "hello"}, exitUsage, []string{"argument 1 is no JSON", `'"hello"'`}},
		{"shell-took-quotes", []string{object, "echo", "{a:1}"}, exitUsage, []string{"argument 1", "single quotes"}},
		{"large-integer", []string{object, "echo", "12345678901234567890"}, exitUsage, []string{"$bigint"}},
		{"bad-chain", []string{object, "a..b"}, exitUsage, []string{"a..b\n    ^"}},
		{"arguments-twice", []string{object, "add(1,2)", "3"}, exitUsage, []string{"ends in parentheses"}},
		{"arguments-of-get", []string{object, "--get", "add", "3"}, exitUsage, []string{"is not called"}},
		{"arguments-of-object", []string{object, ".", "3"}, exitUsage, []string{"is not called"}},
		{"no-method", []string{object}, exitUsage, []string{"missing", "--help"}},
		{"bad-url", []string{"127.0.0.1:8787/EXAMPLE_DO/x", "f"}, exitUsage, []string{"ws://HOST:PORT/__rpc/BINDING/INSTANCE"}},
		{"bad-timeout", []string{"--timeout", "0s", object, "f"}, exitUsage, []string{"--timeout"}},
		{"bad-flag", []string{"--colour", object, "f"}, exitUsage, []string{"--colour", "--help"}},
		{"bad-token", []string{"--token", "a b", object, "f"}, exitUsage, []string{"no token"}},
		{"bad-client-id", []string{"--client-id", strings.Repeat("x", 4000), object, "f"}, exitUnreachable, []string{"client id"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, out, errs := cli(t, "", append([]string{"call"}, tt.args...)...)
			if code != tt.code || out != "" || !strings.HasPrefix(errs, name+": ") {
				t.Errorf("exit %d, want %d; %q, %q", code, tt.code, out, errs)
			}
			for _, part := range tt.want {
				if !strings.Contains(errs, part) {
					t.Errorf("%q lacks %q", errs, part)
				}
			}
		})
	}
}

// present waits until the server counts a connection of ann, which another process makes.
func present(t *testing.T, object string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		code, out, errs := cli(t, "", "call", object, "getConnectionCount", `"ann"`)
		if code == exitOK && out == "1\n" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("ann is not there: exit %d, %q, %q", code, out, errs)
		}
	}
}

// A call that is given up has an outcome that nobody knows.
func TestCall_Interrupted(t *testing.T) {
	t.Parallel()
	_, addr := serving(t, "--fixture")
	object := "ws://" + addr + "/__rpc/NOTIFICATION_DO/x"
	c := start(t, "call", "--client-id", "ann", object, `env.EXAMPLE_DO.getByName("y").slowIncrement`, "20000")
	present(t, object)
	c.interrupt()
	// Connected a moment ago, it may not have begun to call.
	if code := c.wait(); code != exitUnknown && code != exitUnreachable || c.out.String() != "" {
		t.Errorf("exit %d, %q, %q", code, c.out.String(), c.errs.String())
	}
}

func TestCall_ClientIDAndToken(t *testing.T) {
	t.Parallel()
	_, addr := serving(t)
	room := "ws://" + addr + "/__rpc/ROOM/lobby"
	if code, out, errs := cli(t, "", "call", "--client-id", "bob b@x", "--token", "secret", room, "join", `"Bob"`); code != exitOK || errs != "" ||
		out != `{"name":"Bob","lastId":0,"participants":[{"name":"Bob","online":true}]}`+"\n" {
		t.Errorf("join: exit %d, %q, %q", code, out, errs)
	}
	if code, _, errs := cli(t, "", "call", room, "join", `"Bob"`); code != exitFailed || !strings.Contains(errs, "client id") {
		t.Errorf("join without a client id: exit %d, %q", code, errs)
	}
}
