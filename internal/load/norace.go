//go:build !race

package main

// memoryGrowth is the part by which the memory of the relay may grow under load.
const memoryGrowth = 0.1
