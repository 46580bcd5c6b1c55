// Package archtest holds one test: the import directions of the module, read from
// the source. The linter's depguard says the same; this one needs no linter.
package archtest
