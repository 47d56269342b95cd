package main

import (
	"os"
	"runtime"
)

const (
	// fewCores is up to how many cores a sync of the disk holds too many of them.
	fewCores = 4
	// spare is how many goroutines more than there are cores may run there; 0 leaves it to Go. A sync is a system call in which a
	// goroutine keeps its place for up to ten milliseconds before the runtime gives it to another, and each shard syncs by
	// itself: on two cores, two shards that sync stop everything.
	spare = 2
)

// useProcessors lets more goroutines run at once than a small machine has cores, where GOMAXPROCS does not say otherwise.
func useProcessors() {
	if _, set := os.LookupEnv("GOMAXPROCS"); set {
		return
	}
	if now := runtime.GOMAXPROCS(0); processors(now) != now { // set once, it no longer follows the limits of a container
		runtime.GOMAXPROCS(processors(now))
	}
}

// processors is how many goroutines may run at once on so many cores.
func processors(cores int) int {
	if cores > fewCores {
		return cores
	}
	return cores + spare
}
