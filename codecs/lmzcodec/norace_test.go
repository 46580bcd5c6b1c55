//go:build !race

package lmzcodec_test

const raceEnabled = false
