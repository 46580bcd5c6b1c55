package room

import (
	"context"
	"strings"
	"unicode"

	"github.com/millrace/millrace/core/value"
	"github.com/millrace/millrace/examples/chat/store"
)

// defaults is what a room is set to until somebody changes it.
var defaults = store.Settings{
	Welcome:       "Say hello! Whoever has this room open sees it at once.",
	MaxTextLength: MaxTextBytes,
}

// SettingsChanged is sent downstream when somebody changed the settings.
type SettingsChanged struct {
	Type     string     `millrace:"type"` // "settings"
	Settings *value.Map `millrace:"settings"`
}

// GetSettings returns the room's settings: a Map with the keys topic, welcome, and
// maxTextLength (of a message, in bytes of UTF-8). Without the history it returns what
// the room knows.
func (r *Room) GetSettings(ctx context.Context) *value.Map {
	_ = r.load(ctx) // it is in the log, and does not matter here
	return asMap(r.settings)
}

// UpdateSettings changes those settings that the Map has, and no others; it stores them, tells
// everybody who has joined, and returns all settings. When one of them is wrong, none is changed.
func (r *Room) UpdateSettings(ctx context.Context, changes *value.Map) (*value.Map, error) {
	if _, err := r.callingPerson(ctx); err != nil {
		return nil, err
	}
	const outcome = "The settings were not changed; try again."
	if err := r.load(ctx); err != nil {
		return nil, storage(err, outcome)
	}
	changed, err := apply(r.settings, changes)
	if err != nil {
		return nil, err
	}
	if err := r.store.SetSettings(ctx, r.name(), changed); err != nil {
		return nil, storage(err, outcome)
	}
	r.settings = changed
	r.tell(ctx, r.people, SettingsChanged{"settings", asMap(changed)})
	return asMap(changed), nil
}

// load reads the settings from the store, once. Who joined before it was possible is told.
func (r *Room) load(ctx context.Context) error {
	if r.loaded {
		return nil
	}
	stored, found, err := r.store.Settings(ctx, r.name())
	if err != nil {
		return err
	}
	r.loaded = true
	if found && stored != r.settings {
		r.settings = stored
		r.tell(ctx, r.people, SettingsChanged{"settings", asMap(stored)})
	}
	return nil
}

// apply is s with changes, if they are right.
func apply(s store.Settings, changes *value.Map) (store.Settings, error) {
	if changes == nil {
		return s, refuse(CodeBadSettings, "settings are a Map of what is to be changed")
	}
	for key, v := range changes.All() {
		switch key {
		case "topic":
			text, problem := settingText(v, MaxTopicBytes, unicode.IsPrint)
			if problem != "" {
				return s, refuse(CodeBadSettings, "the topic %s", problem)
			}
			s.Topic = text
		case "welcome":
			text, problem := settingText(v, MaxWelcomeBytes, func(c rune) bool { return c == '\n' || unicode.IsPrint(c) })
			if problem != "" {
				return s, refuse(CodeBadSettings, "the welcome text %s", problem)
			}
			s.Welcome = text
		case "maxTextLength":
			n, ok := v.(float64)
			if !ok || n != float64(int(n)) || n < 1 || n > MaxTextBytes {
				return s, refuse(CodeBadSettings, "the longest message is %s bytes: a whole number from 1 to %d is allowed", value.Format(v), MaxTextBytes)
			}
			s.MaxTextLength = int(n)
		default:
			return s, refuse(CodeBadSettings, "there is no setting %s: topic, welcome and maxTextLength can be changed", value.Format(key))
		}
	}
	return s, nil
}

func settingText(v any, limit int, allowed func(rune) bool) (text, problem string) {
	text, ok := v.(string)
	if !ok {
		return "", "is " + value.Format(v) + ", and must be a text"
	}
	text = strings.TrimSpace(value.ReplaceSurrogates(text))
	switch {
	case len(text) > limit:
		return "", sizeProblem(text, limit)
	case strings.ContainsFunc(text, func(c rune) bool { return !allowed(c) }):
		return "", "has characters that cannot be shown"
	}
	return text, ""
}

// asMap is how settings travel.
func asMap(s store.Settings) *value.Map {
	return value.NewMap(
		value.Entry{Key: "topic", Value: s.Topic},
		value.Entry{Key: "welcome", Value: s.Welcome},
		value.Entry{Key: "maxTextLength", Value: float64(s.MaxTextLength)},
	)
}
