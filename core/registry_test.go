package core_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/millrace/millrace/core"
)

func codecModule(name, origin string) core.Module {
	return core.Module{
		Info:  core.ModuleInfo{Kind: core.KindCodec, Name: name, Origin: origin},
		Codec: func(core.Limits) (core.Codec, error) { return nil, nil },
	}
}

func transportModule(name string) core.Module {
	return core.Module{
		Info: core.ModuleInfo{Kind: core.KindTransport, Name: name},
		Dial: func(core.DialConfig) (core.Transport, error) { return nil, nil },
	}
}

func TestRegistry_Add_refuses(t *testing.T) {
	t.Parallel()
	listen := func(core.ListenConfig) (core.Listener, error) { return nil, nil }
	both := codecModule("x", "")
	both.Listen = listen
	none := transportModule("x")
	none.Dial = nil
	tests := []struct {
		name   string
		module core.Module
		want   string
	}{
		{"empty name", codecModule("", ""), `module name ""`},
		{"upper case", codecModule("LMZ", ""), `module name "LMZ"`},
		{"digit first", codecModule("1lmz", ""), `module name "1lmz"`},
		{"new line after it", codecModule("lmz\n", ""), `module name "lmz\n"`},
		{"too long", codecModule(strings.Repeat("a", 65), ""), "at most 64 bytes"},
		{"no codec", core.Module{Info: core.ModuleInfo{Kind: core.KindCodec, Name: "x"}}, "must have Codec"},
		{"codec that listens", both, "neither Dial nor Listen"},
		{"transport that does nothing", none, "must have Dial or Listen"},
		{"unknown kind", core.Module{Info: core.ModuleInfo{Kind: "pipe", Name: "x"}}, `unknown kind "pipe"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var r core.Registry
			err := r.Add(tt.module)
			if core.CodeOf(err) != core.CodeConfig || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Add(%+v) = %v, want %s with %q", tt.module.Info, err, core.CodeConfig, tt.want)
			}
			if err := r.Replace(tt.module); core.CodeOf(err) != core.CodeConfig {
				t.Errorf("Replace(%+v) = %v, want %s", tt.module.Info, err, core.CodeConfig)
			}
		})
	}
}

func TestRegistry_duplicates(t *testing.T) {
	t.Parallel()
	var r core.Registry
	if err := r.Add(codecModule("lmz", "builtin")); err != nil {
		t.Fatal(err)
	}
	if err := r.Add(transportModule("lmz")); err != nil {
		t.Errorf("Add of another kind with the same name = %v, want nil", err)
	}
	err := r.Add(codecModule("lmz", "/plugins/lmz"))
	if core.CodeOf(err) != core.CodeConfig || !strings.Contains(err.Error(), `"builtin"`) || !strings.Contains(err.Error(), `"/plugins/lmz"`) {
		t.Errorf("second Add = %v, want %s naming both origins", err, core.CodeConfig)
	}
	if m, err := r.Lookup(core.KindCodec, "lmz"); err != nil || m.Info.Origin != "builtin" {
		t.Errorf("after the refusal Lookup = %+v, %v, want the first one", m.Info, err)
	}
	if err := r.Replace(codecModule("lmz", "/plugins/lmz")); err != nil {
		t.Fatal(err)
	}
	if m, err := r.Lookup(core.KindCodec, "lmz"); err != nil || m.Info.Origin != "/plugins/lmz" {
		t.Errorf("after Replace Lookup = %+v, %v, want the second one", m.Info, err)
	}
}

func TestRegistry_Lookup_listsWhatExists(t *testing.T) {
	t.Parallel()
	var r core.Registry
	_, err := r.Lookup(core.KindCodec, "lmz")
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "there are: none") {
		t.Errorf("Lookup in an empty registry = %v, want unsupported with none", err)
	}
	for _, name := range []string{"ungap", "lmz"} {
		if err := r.Add(codecModule(name, "")); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Add(transportModule("websocket")); err != nil {
		t.Fatal(err)
	}
	_, err = r.Lookup(core.KindCodec, "json")
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), `"json" is registered; there are: lmz, ungap`) {
		t.Errorf("Lookup = %v, want unsupported with the sorted codec names", err)
	}
	if got := r.List(core.KindTransport); len(got) != 1 || got[0].Name != "websocket" {
		t.Errorf("List(transport) = %v, want websocket alone", got)
	}
}
