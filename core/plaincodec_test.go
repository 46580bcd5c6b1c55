package core_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
	"github.com/millrace/millrace/core/value"
)

// plainCodec is a codec of plain JSON inside {"json": ...}, enough for tests.
type plainCodec struct{ name string }

func (c plainCodec) Name() string { return c.name }
func (plainCodec) Binary() bool   { return false }

func (plainCodec) Parse(data []byte, o clone.ParseOptions) (*clone.Document, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	v, err := readJSON(dec)
	if err == nil {
		if _, end := dec.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("trailing bytes")
		}
	}
	obj, ok := v.(*value.Object)
	if err != nil || !ok {
		return nil, fault.New(fault.CodeMalformed, "plain: %v", err)
	}
	root, _ := obj.Get("json")
	b := clone.NewBuilder(o.Limits)
	if err := clone.Walk(root, b, clone.EncodeOptions{Limits: o.Limits}); err != nil {
		return nil, err
	}
	return b.Finish()
}

func readJSON(dec *json.Decoder) (any, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok {
	case json.Delim('{'):
		o := &value.Object{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			v, err := readJSON(dec)
			if err != nil {
				return nil, err
			}
			o.Set(key.(string), v)
		}
		_, err := dec.Token()
		if t, ok := o.Get("$type"); ok && t == "undefined" {
			return value.Undefined{}, err
		}
		return o, err
	case json.Delim('['):
		a := &value.Array{}
		for dec.More() {
			v, err := readJSON(dec)
			if err != nil {
				return nil, err
			}
			a.Elems = append(a.Elems, v)
		}
		_, err := dec.Token()
		return a, err
	}
	return tok, nil
}

func (plainCodec) Encode(dst []byte, v any, o clone.EncodeOptions) ([]byte, error) {
	b := clone.NewBuilder(o.Limits)
	if err := clone.Walk(v, b, o); err != nil {
		return dst, err
	}
	doc, err := b.Finish()
	if err != nil {
		return dst, err
	}
	var s strings.Builder
	s.WriteString(`{"json":`)
	if err := writeJSON(&s, doc.Root()); err != nil {
		return dst, err
	}
	s.WriteString(`,"meta":{}}`)
	return append(dst, s.String()...), nil
}

func writeJSON(s *strings.Builder, n clone.Node) error {
	switch n.Kind() {
	case clone.KindUndefined:
		s.WriteString(`{"$type":"undefined"}`)
	case clone.KindNull:
		s.WriteString("null")
	case clone.KindBool, clone.KindNumber, clone.KindString:
		var v any
		if err := n.Document().Build(n, &v, clone.BuildOptions{}); err != nil {
			return err
		}
		b, err := json.Marshal(v)
		s.Write(b)
		return err
	case clone.KindArray:
		sep := "["
		for e := range n.Elems() {
			s.WriteString(sep)
			if err := writeJSON(s, e); err != nil {
				return err
			}
			sep = ","
		}
		if sep == "[" {
			s.WriteString("[")
		}
		s.WriteString("]")
	case clone.KindObject, clone.KindError:
		sep := "{"
		if n.Kind() == clone.KindError {
			var e *value.Error
			var v any
			if err := n.Document().Build(n, &v, clone.BuildOptions{}); err != nil {
				return err
			}
			e = v.(*value.Error)
			m, _ := json.Marshal(e.Message)
			fmt.Fprintf(s, `{"$type":"error","name":%q,"message":%s`, e.Name, m)
			sep = ","
		}
		for k, m := range n.Members() {
			fmt.Fprintf(s, "%s%q:", sep, k)
			if err := writeJSON(s, m); err != nil {
				return err
			}
			sep = ","
		}
		if sep == "{" {
			s.WriteString("{")
		}
		s.WriteString("}")
	case clone.KindFunction:
		s.WriteString(`{"$type":"function"}`)
	default:
		return fault.New(fault.CodeUnencodable, "plain: kind %d", n.Kind())
	}
	return nil
}
