package main

import (
	"os"
	"runtime"
)

const (
	// fewCores is the number of cores up to which disk syncs occupy too large a share of them.
	fewCores = 4
	// spare is how many goroutines more than cores may run on such a machine; 0 would leave it
	// to Go. A sync is a system call. During it a goroutine occupies a processor for up to ten
	// milliseconds before the runtime gives the processor to another goroutine. Each shard
	// syncs by itself, so on two cores two syncing shards stop everything.
	spare = 2
)

// useProcessors lets more goroutines run at once than a small machine has cores, unless
// GOMAXPROCS is set.
func useProcessors() {
	if _, set := os.LookupEnv("GOMAXPROCS"); set {
		return
	}
	// Once set, GOMAXPROCS does not follow the limits of a container any more.
	if now := runtime.GOMAXPROCS(0); processors(now) != now {
		runtime.GOMAXPROCS(processors(now))
	}
}

// processors returns how many goroutines may run at once on that many cores.
func processors(cores int) int {
	if cores > fewCores {
		return cores
	}
	return cores + spare
}
