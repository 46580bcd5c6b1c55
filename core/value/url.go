package value

import (
	"errors"
	"net/url"
)

// Parse parses the URL's text with package net/url, which is close to the browsers'
// parser but not the same. It fails when the text is not an absolute URL.
func (u *URL) Parse() (*url.URL, error) {
	p, err := url.Parse(u.Href)
	if err != nil {
		return nil, err
	}
	if !p.IsAbs() {
		return nil, &url.Error{Op: "parse", URL: u.Href, Err: errors.New("not an absolute URL")}
	}
	return p, nil
}

// String is the URL's text.
func (u *URL) String() string {
	if u == nil {
		return ""
	}
	return u.Href
}
