package ungapcodec_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/millrace/millrace/codecs/ungapcodec"
	"github.com/millrace/millrace/core/clone"
)

// plainer reads the records of plain JSON values with the tokens of encoding/json.
type plainer struct {
	recs [][]json.RawMessage
	seen map[int]bool
}

func (p *plainer) read(v any, raw json.RawMessage) bool {
	return json.Unmarshal(raw, v) == nil
}

// same holds a node against record i, and everything in it that the oracle knows.
func (p *plainer) same(tb testing.TB, n clone.Node, i int) {
	tb.Helper()
	r := p.recs[i]
	if p.seen[i] || len(r) != 2 {
		return
	}
	p.seen[i] = true
	var ok bool
	switch string(r[0]) {
	case "0":
		var v any
		p.read(&v, r[1])
		switch v := v.(type) {
		case nil:
			ok = n.Kind() == clone.KindNull
		case bool:
			b, is := n.Bool()
			ok = is && b == v
		case float64:
			f, is := n.Number()
			ok = is && f == v
		case string:
			text, is := n.Text()
			ok = is && (text == v || !utf8.ValidString(text)) // it loses lone surrogates
		}
	case "1":
		var parts []int
		ok = p.read(&parts, r[1]) && n.Kind() == clone.KindArray && n.Len() == len(parts)
		k := 0
		for e := range n.Elems() {
			p.same(tb, e, parts[k])
			k++
		}
	case "2":
		var parts [][2]int
		if n.Kind() != clone.KindObject { // a marker
			return
		}
		ok = p.read(&parts, r[1]) && n.Len() == len(parts)
		k := 0
		for key, e := range n.Members() {
			var want string
			p.read(&want, p.recs[parts[k][0]][1])
			ok = ok && (key == want || !utf8.ValidString(key))
			p.same(tb, e, parts[k][1])
			k++
		}
	default:
		return
	}
	if !ok {
		tb.Fatalf("record %d is %s, and read as a %v of %d parts", i, r, n.Kind(), n.Len())
	}
}

// oracle holds an accepted document against what encoding/json reads in it.
func oracle(tb testing.TB, wire []byte, d *clone.Document) {
	tb.Helper()
	p := plainer{seen: map[int]bool{}}
	dec := json.NewDecoder(bytes.NewReader(wire))
	if err := dec.Decode(&p.recs); err != nil {
		tb.Fatalf("%q is accepted, encoding/json says %v", wire, err)
	}
	p.same(tb, d.Root(), 0)
}

func TestParse_Oracle(t *testing.T) {
	t.Parallel()
	c := ungapcodec.New()
	wires := []string{
		`[[0,1.5e-7]]`, `[[0,-0]]`, `[[0,9007199254740993]]`, `[[0,"a\"b\\\n\u00e9\ud83d\ude00é"]]`, `[[0,"\ud800"]]`, " [ [ 1 , [ 1 , 2 ] ] ,\t[0,\r\n1E2 ] , [ 0 , null ] ] ",
		`[[2,[[1,2],[3,4]]],[0,"\u0061b"],[0,true],[0,""],[1,[2,2,0]]]`, `[[0,` + strings.Repeat("1", 300) + `]]`,
	}
	for _, v := range readVectors(t) {
		if v.Wire != "" {
			wires = append(wires, v.Wire)
		}
	}
	for _, wire := range wires {
		d, err := c.Parse([]byte(wire), clone.ParseOptions{})
		if err != nil {
			t.Errorf("Parse(%s) = %v", wire, err)
			continue
		}
		oracle(t, []byte(wire), d)
	}
}
