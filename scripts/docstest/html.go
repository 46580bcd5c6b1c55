package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

var (
	htmlComment = regexp.MustCompile(`(?s)<!--.*?-->`)
	htmlScript  = regexp.MustCompile(`(?is)(<script\b[^>]*>)(.*?)</script\s*>`)
	htmlStyle   = regexp.MustCompile(`(?is)(<style\b[^>]*>)(.*?)</style\s*>`)
	scriptType  = regexp.MustCompile(`(?i)\stype\s*=\s*["']?([^"'\s>]*)`)
)

// scripts returns the scripts of a page as sources, and an error if one has a type that nothing
// is known of.
func (ss *sources) scripts(b *block) ([]*source, error) {
	var found []*source
	text := htmlComment.ReplaceAllStringFunc(b.text(), blankOut)
	for _, at := range htmlScript.FindAllStringSubmatchIndex(text, -1) {
		tag, script := text[at[2]:at[3]], text[at[4]:at[5]]
		kind := ""
		if m := scriptType.FindStringSubmatch(tag); m != nil {
			kind = strings.ToLower(m[1])
		}
		switch kind {
		case "", "module", "text/javascript":
		case "importmap", "application/json":
			if !json.Valid([]byte(script)) {
				return nil, fmt.Errorf("the script of type %s is not JSON", kind)
			}
			continue
		default:
			return nil, fmt.Errorf("no rule for scripts of type %s", kind)
		}
		if strings.TrimSpace(script) == "" {
			continue // it has a src
		}
		s := ss.new("js")
		first := strings.Count(text[:at[4]], "\n")
		before := text[strings.LastIndexByte(text[:at[4]], '\n')+1 : at[4]]
		for i, line := range strings.Split(script, "\n") {
			from := origin{b.file, b.line + 1 + first + i, b.shift[first+i]}
			if i == 0 {
				from.shift += len(before)
			}
			s.add(line, from)
		}
		found = append(found, s)
	}
	return found, nil
}

// The elements without an end, and those whose end may be left out.
var (
	voidTags    = append([]string{"embed", "source", "track", "wbr"}, xml.HTMLAutoClose...)
	openEndTags = []string{"li", "p", "td", "tr", "th", "thead", "tbody", "option", "dt", "dd", "head", "body", "html"}
)

// checkTags returns a sentence and the line of the document that it is about when the tags of
// a page do not match.
func checkTags(b *block) (sentence string, line int) {
	text := b.text()
	for _, code := range []*regexp.Regexp{htmlScript, htmlStyle} {
		text = code.ReplaceAllStringFunc(text, func(element string) string {
			m := code.FindStringSubmatchIndex(element)
			return element[:m[4]] + blankOut(element[m[4]:m[5]]) + element[m[5]:]
		})
	}
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict, d.Entity = false, xml.HTMLEntity
	type opened struct {
		name string
		line int
	}
	var open []opened
	for {
		token, err := d.RawToken()
		n, _ := d.InputPos()
		at := min(b.line+n, b.line+len(b.lines))
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Sprintf("not HTML: %v", err), at
		}
		switch tag := token.(type) {
		case xml.StartElement:
			if name := strings.ToLower(tag.Name.Local); !slices.Contains(voidTags, name) {
				open = append(open, opened{name, at})
			}
		case xml.EndElement:
			name := strings.ToLower(tag.Name.Local)
			if slices.Contains(voidTags, name) {
				continue
			}
			for len(open) > 0 && open[len(open)-1].name != name && slices.Contains(openEndTags, open[len(open)-1].name) {
				open = open[:len(open)-1]
			}
			if len(open) == 0 || open[len(open)-1].name != name {
				return fmt.Sprintf("</%s> ends nothing", name), at
			}
			open = open[:len(open)-1]
		}
	}
	for _, o := range open {
		if !slices.Contains(openEndTags, o.name) {
			return fmt.Sprintf("<%s> has no end", o.name), o.line
		}
	}
	return "", 0
}

// blankOut replaces everything but the ends of lines.
func blankOut(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return ' '
	}, text)
}
