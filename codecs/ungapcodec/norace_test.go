//go:build !race

package ungapcodec_test

const raceEnabled = false
