// Package codectest is what the tests of the codecs have in common: values as their
// vectors have them, and whether two graphs are the same.
package codectest
