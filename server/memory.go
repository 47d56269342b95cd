package main

import (
	"os"
	"runtime/debug"
)

// gcPercent is how much garbage may gather before it is collected, in percent of the memory in use, where GOGC does not say
// otherwise. Most of a busy node's memory is connections on which nothing happens, and each costs what it holds and as much garbage
// again by Go's own 100. Under the highest load that two cores take, collecting was about 3 % of the CPU by either.
const gcPercent = 75

func limitGarbage() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(gcPercent)
	}
}
