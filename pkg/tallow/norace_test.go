//go:build !race

package tallow_test

const raceDetector = false
