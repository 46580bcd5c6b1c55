package clone

import "github.com/millrace/millrace/core/fault"

// Builder is the Events of a document under construction.
type Builder struct{ Events }

// NewBuilder starts a document; data may be borrowed by Text nodes.
func NewBuilder(limits fault.Limits) *Builder { panic("api") }

// Finish checks that the value is complete and every Ref has its Label.
func (b *Builder) Finish() (*Document, error) { panic("api") }

// Document is a parsed message.
type Document struct{}

// Root is the document's value.
func (d *Document) Root() Node { panic("api") }

// Build builds n into what dst points to.
func (d *Document) Build(n Node, dst any, o BuildOptions) error { panic("api") }

// Release gives the document's memory back for reuse; no node of it may be used afterwards. Optional.
func (d *Document) Release() { panic("api") }

// Node is one value of a document, references resolved. The zero Node has KindNone.
type Node struct {
	doc *Document
	at  uint32
}

func (n Node) Document() *Document     { panic("api") }
func (n Node) Kind() Kind              { panic("api") }
func (n Node) Len() int                { panic("api") } // elements, members, entries
func (n Node) Key(name string) Node    { panic("api") } // member of an object or error; zero Node when absent
func (n Node) Index(i int) Node        { panic("api") } // element of an array; zero Node when out of range
func (n Node) Text() (string, bool)    { panic("api") } // of a string
func (n Node) Number() (float64, bool) { panic("api") }
func (n Node) Bool() (bool, bool)      { panic("api") }
func (n Node) Marked() bool            { panic("api") } // an object with a key that begins with "__is"

// Convert carries src into what dst points to, as a codec would.
func Convert(src, dst any, o EncodeOptions, b BuildOptions) error { panic("api") }
