// Package webserver is what the programs of this module that speak HTTP have in
// common: where they listen, whom they answer, and how they end.
package webserver
