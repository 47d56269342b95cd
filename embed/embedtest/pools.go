package embedtest

import "runtime"

// EmptyPools empties every sync.Pool, which takes two collections. The NATS client keeps its
// timers in one. A timer from a synctest bubble cannot be used outside of it, nor in another
// bubble. Call it before and after a bubble in which the client runs.
func EmptyPools() {
	runtime.GC()
	runtime.GC()
}
