package notation

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strings"

	"github.com/millrace/millrace/core/value"
)

// The tags; see the package comment. Those of binary data are the names of their constructors after a $.
const (
	undefinedTag = "$undefined"
	holeTag      = "$hole"
	numberTag    = "$number"
	bigintTag    = "$bigint"
	dateTag      = "$date"
	regexpTag    = "$regexp"
	urlTag       = "$url"
	mapTag       = "$map"
	setTag       = "$set"
	errorTag     = "$error"
	headersTag   = "$headers"
	requestTag   = "$request"
	responseTag  = "$response"
	bufferTag    = "$ArrayBuffer"
	dataViewTag  = "$DataView"
	boxedTag     = "$boxed"
	functionTag  = "$function"
	refTag       = "$ref"
)

// tagged reads the content of a tagged object, whose brace stood at from, and
// whose tag was read, and its closing brace.
func (p *parser) tagged(tag string, from int) (v any, err error) {
	switch tag {
	case mapTag: // what can hold itself is placed before it is filled
		m := value.NewMap()
		p.place(m)
		v, err = m, p.in(tag, func() error { return p.entries(m.Set) })
	case setTag:
		s := value.NewSet()
		p.place(s)
		v, err = s, p.in(tag, func() error { return p.array(s.Add) })
	case errorTag:
		e := &value.Error{Name: "Error"}
		p.place(e)
		v, err = e, p.content(tag, func(c any) error { return fillError(e, c) })
	default:
		err = p.content(tag, func(c any) error {
			v, err = p.convert(tag, c)
			return err
		})
		if err == nil && tag != refTag {
			p.place(v)
		}
	}
	if err != nil {
		if _, known := err.(*SyntaxError); !known {
			err = p.fail(from, "%v", err)
		}
		return nil, err
	}
	return v, p.take('}')
}

// content reads the value behind a tag and gives it to use.
func (p *parser) content(tag string, use func(c any) error) error {
	return p.in(tag, func() error {
		c, err := p.value()
		if err != nil {
			return err
		}
		return use(c)
	})
}

// entries reads pairs.
func (p *parser) entries(set func(k, v any)) error {
	var bad error
	err := p.array(func(v any) {
		pair, ok := v.(*value.Array)
		if !ok || len(pair.Elems) != 2 {
			bad = fmt.Errorf("an entry of %s is not a pair", mapTag)
			return
		}
		set(pair.Elems[0], pair.Elems[1])
	})
	if err != nil {
		return err
	}
	return bad
}

// decimal is what a bigint may look like.
var decimal = regexp.MustCompile(`^-?[0-9]+$`)

// maxDigits is how many characters of a bigint a server takes by default.
const maxDigits = 16_384

var specialNumbers = map[string]float64{
	"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1), "-0": math.Copysign(0, -1),
}

// convert makes the value that a tag and its content stand for.
func (p *parser) convert(tag string, c any) (any, error) {
	text, isText := c.(string)
	wrong := func(wanted string) (any, error) { return nil, fmt.Errorf("%s is followed by %s", tag, wanted) }
	switch tag {
	case undefinedTag:
		if c == true {
			return value.Undefined{}, nil
		}
		return wrong("true")
	case holeTag:
		if c == true {
			return value.Hole{}, nil
		}
		return wrong("true")
	case numberTag:
		if n, ok := specialNumbers[text]; ok {
			return n, nil
		}
		return wrong(`"NaN", "Infinity", "-Infinity" or "-0"`)
	case bigintTag:
		if isText && len(text) <= maxDigits && decimal.MatchString(text) {
			n, _ := new(big.Int).SetString(text, 10)
			return n, nil
		}
		return wrong(fmt.Sprintf("decimal digits in quotes, at most %d", maxDigits))
	case dateTag:
		return convertDate(c)
	case regexpTag:
		if end := strings.LastIndexByte(text, '/'); end > 0 && text[0] == '/' {
			return &value.RegExp{Source: text[1:end], Flags: text[end+1:]}, nil
		}
		return wrong(`"/source/flags"`)
	case urlTag:
		if isText {
			return &value.URL{Href: text}, nil
		}
		return wrong("a string")
	case headersTag:
		return convertHeaders(c)
	case requestTag, responseTag:
		o, ok := c.(*value.Object)
		if !ok {
			return wrong("an object")
		}
		if tag == requestTag {
			return convertRequest(o)
		}
		return convertResponse(o)
	case boxedTag:
		switch c.(type) {
		case bool, float64, string, *big.Int:
			return &value.Boxed{Value: c}, nil
		}
		return wrong("a primitive value")
	case functionTag:
		return nil, fmt.Errorf("a function cannot be sent")
	case refTag:
		if v, ok := p.places[text]; ok {
			return v, nil
		}
		return wrong(`the JSON pointer of an earlier value with parts, such as "#/a/0"`)
	}
	if v, ok, err := convertBinary(tag, c); ok {
		return v, err
	}
	return nil, fmt.Errorf("the notation has no tag %q; a key of your own is written %q", tag, "$"+tag)
}

func convertDate(c any) (any, error) {
	if c == nil {
		return value.InvalidDate(), nil
	}
	if text, ok := c.(string); ok {
		if d, err := value.ParseDate(text); err == nil {
			return d, nil
		}
	}
	return nil, fmt.Errorf("%s is followed by a date such as %q, or null", dateTag, "2026-01-02T03:04:05.678Z")
}

func convertHeaders(c any) (*value.Headers, error) {
	list, ok := c.(*value.Array)
	if !ok {
		return nil, fmt.Errorf("%s is followed by pairs of strings", headersTag)
	}
	h := &value.Headers{}
	for _, e := range list.Elems {
		pair, ok := e.(*value.Array)
		if !ok || len(pair.Elems) != 2 {
			return nil, fmt.Errorf("an entry of %s is not a pair", headersTag)
		}
		name, ok1 := pair.Elems[0].(string)
		v, ok2 := pair.Elems[1].(string)
		if !ok1 || !ok2 {
			return nil, fmt.Errorf("an entry of %s is not a pair of strings", headersTag)
		}
		if err := h.Append(name, v); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// fillError sets the parts of an Error; what it has beyond the usual becomes its
// own properties.
func fillError(e *value.Error, c any) error {
	o, ok := c.(*value.Object)
	if !ok {
		return fmt.Errorf("%s is followed by an object", errorTag)
	}
	for k, v := range o.All() {
		text, isText := v.(string)
		switch {
		case k == "name" && isText:
			e.Name = text
		case k == "message" && isText:
			e.Message = text
		case k == "stack" && isText:
			e.Stack = &text
		case k == "name" || k == "message" || k == "stack":
			return fmt.Errorf("the %s of an error is a string", k)
		default:
			e.Props.Set(k, v)
		}
	}
	return nil
}

func convertRequest(o *value.Object) (any, error) {
	r := &value.Request{Method: "GET", Headers: &value.Headers{}}
	return r, eachPart(o, requestTag, "url, method", func(k string, v any) (ok bool) {
		switch k {
		case "url":
			r.URL, ok = v.(string)
		case "method":
			r.Method, ok = v.(string)
		case "headers":
			r.Headers, ok = v.(*value.Headers)
		case "body":
			r.Body, ok = v, true
		}
		return ok
	})
}

func convertResponse(o *value.Object) (any, error) {
	r := &value.Response{Status: 200, Headers: &value.Headers{}}
	return r, eachPart(o, responseTag, "status, statusText", func(k string, v any) (ok bool) {
		switch k {
		case "status":
			var status float64
			status, ok = v.(float64)
			r.Status = int(status)
			ok = ok && status == float64(r.Status)
		case "statusText":
			r.StatusText, ok = v.(string)
		case "headers":
			r.Headers, ok = v.(*value.Headers)
		case "body":
			r.Body, ok = v, true
		}
		return ok
	})
}

// eachPart gives the members of a request or response to set, which takes those that fit; own
// names the parts that the other of the two does not have.
func eachPart(o *value.Object, tag, own string, set func(k string, v any) bool) error {
	for k, v := range o.All() {
		if !set(k, v) {
			return fmt.Errorf("%s: the member %q does not fit: %s, headers ({%q:...}), body", tag, k, own, headersTag)
		}
	}
	return nil
}
