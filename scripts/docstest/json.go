package main

import (
	"encoding/json"
	"errors"
	"strings"
)

// checkJSON returns a sentence and the line of the document that it is about when a block is not
// one JSON value.
func checkJSON(b *block) (sentence string, line int) {
	text := b.text()
	var v any
	err := json.Unmarshal([]byte(text), &v)
	if err == nil {
		return "", 0
	}
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err.Error(), b.line
	}
	before := text[:min(int(syntax.Offset), len(text))]
	if strings.TrimSpace(text[len(before):]) == "" {
		before = strings.TrimRight(before, " \t\n") // the value ends too early
	}
	return "not JSON: " + syntax.Error(), b.line + 1 + strings.Count(before, "\n")
}
