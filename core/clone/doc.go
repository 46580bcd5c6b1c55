// Package clone is the structured-clone algorithm, once for every codec.
//
// Between a Go value and a wire stand [Events]: a flat stream of leaves, container
// heads and ends, labels and references. [Walk] turns any Go value into events,
// counting depth and nodes, finding aliases and cutting cycles. A codec's writer is an
// Events; its reader drives a [Builder], which is one too and yields a [Document].
//
// A Document is a parsed message whose parts become Go values later. [Document.Build]
// builds one [Node] into the Go type that is asked for; all builds of one document
// share one identity table, so that what was one object stays one pointer.
//
// The algorithm follows the HTML standard's StructuredSerialize and
// StructuredDeserialize (section 2.7), with functions left to a hook.
package clone
