package room_test

import (
	"math"
	"strings"
	"testing"

	"github.com/millrace/millrace/core/value"
	"github.com/millrace/millrace/examples/chat/room"
)

func mapOf(pairs ...any) *value.Map {
	m := value.NewMap()
	for i := 0; i < len(pairs); i += 2 {
		m.Set(pairs[i], pairs[i+1])
	}
	return m
}

// Settings are a Map on the wire, both ways.
func TestSettings(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, bob := h.join("lobby", "id-ann", "Ann"), h.join("lobby", "id-bob", "Bob")
	ann.hears("joined")
	before := ann.get("getSettings").(*value.Map)
	if limit, _ := before.Get("maxTextLength"); before.Len() != 3 || limit != float64(room.MaxTextBytes) {
		t.Errorf("getSettings = %v", before)
	}
	want := mapOf("topic", "Tea & scones", "welcome", "Hello!\nSit down.", "maxTextLength", 10.0)
	for _, tt := range []struct {
		name string
		got  any
	}{
		{"updateSettings", ann.get("updateSettings", mapOf("maxTextLength", 10, "topic", " Tea & scones ", "welcome", "Hello!\nSit down."))},
		{"getSettings", bob.get("getSettings")},
		{"ann-hears", ann.hears("settings").Settings},
		{"bob-hears", bob.hears("settings").Settings},
		{"of-one-more-join", call[room.Joined](bob, "join", "Bob").Settings},
		{"without-a-change", ann.get("updateSettings", mapOf())},
	} {
		if !value.Equal(tt.got, want) {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, want)
		}
	}
	if got := bob.get("updateSettings", mapOf("topic", "")); !value.Equal(got, mapOf("topic", "", "welcome", "Hello!\nSit down.", "maxTextLength", 10.0)) {
		t.Errorf("one setting alone: %v", got)
	}
	bob.refused(room.CodeBadText, "the text has 11 bytes, at most 10 are allowed", "postMessage", "hello world")
	if other := h.connect("attic", "id-ann").get("getSettings"); !value.Equal(other, before) {
		t.Errorf("another room: %v", other)
	}
}

func TestSettings_Refused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.connect("lobby", "id-ann")
	ann.refused(room.CodeNotJoined, notJoined, "updateSettings", mapOf("topic", "x"))
	call[room.Joined](ann, "join", "Ann")
	before := ann.get("getSettings")
	const whole = ": a whole number from 1 to 4000 is allowed"
	for _, tt := range []struct {
		sentence string
		changes  any
	}{
		{"settings are a Map of what is to be changed", nil},
		{`there is no setting "colour": topic, welcome and maxTextLength can be changed`, mapOf("topic", "x", "colour", "red")},
		{`there is no setting 1: topic, welcome and maxTextLength can be changed`, mapOf(1, "x")},
		{"the topic is 1, and must be a text", mapOf("topic", 1)},
		{"the topic has 201 bytes, at most 200 are allowed", mapOf("topic", strings.Repeat("x", 201))},
		{"the topic has characters that cannot be shown", mapOf("topic", "a\nb")},
		{"the welcome text has 1001 bytes, at most 1000 are allowed", mapOf("welcome", strings.Repeat("x", 1001))},
		{"the welcome text has characters that cannot be shown", mapOf("welcome", "a\x00")},
		{"the welcome text is undefined, and must be a text", mapOf("welcome", value.Undefined{})},
		{"the longest message is 0 bytes" + whole, mapOf("maxTextLength", 0)},
		{"the longest message is 4001 bytes" + whole, mapOf("maxTextLength", 4001)},
		{"the longest message is 2.5 bytes" + whole, mapOf("maxTextLength", 2.5)},
		{`the longest message is "9" bytes` + whole, mapOf("maxTextLength", "9")},
		{"the longest message is NaN bytes" + whole, mapOf("topic", "x", "maxTextLength", math.NaN())},
	} {
		ann.refused(room.CodeBadSettings, tt.sentence, "updateSettings", tt.changes)
	}
	if after := ann.get("getSettings"); !value.Equal(before, after) {
		t.Errorf("refused settings changed something: %v", after)
	}
}
