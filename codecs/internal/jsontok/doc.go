// Package jsontok reads and writes the tokens of JSON as JavaScript does: its
// numbers, its well-formed strings, and nothing that JSON.parse would refuse.
//
// A Go string of this package is WTF-8: UTF-8 in which a lone surrogate, which a
// JavaScript string may hold, has its three byte form.
package jsontok
