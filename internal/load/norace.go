//go:build !race

package main

// memoryGrowth is the part by which the memory of the relay may grow under load.
const memoryGrowth = 0.1

// underRace says whether this is a build of the race detector, which takes memory and
// time of its own.
const underRace = false
