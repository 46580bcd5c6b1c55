// Package archtest holds tests of the source itself: the import directions of the
// module (the linter's depguard says the same; these need no linter), and that nobody
// waits by sleeping.
package archtest
