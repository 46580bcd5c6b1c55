//go:build !race

package msgpackcodec_test

const raceEnabled = false
