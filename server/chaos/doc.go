// Package chaos holds the fault tests: three real processes form a cluster, people talk through it,
// and something is done to the processes meanwhile. They are killed at random moments and at named
// points of the write path, stopped and continued, stopped gracefully, upgraded, cut off from their
// quorum and from their disk, left with a slow one, and told more than they can store. Afterwards
// everything that everybody was told and shown is held against package check, which knows nothing
// of how the product works.
//
// The default run is short and still kills processes. The full one takes as long as the faults do:
//
//	NATTERJACK_CHAOS=full go test ./server/chaos -v -timeout 30m
//
// Each test logs its seed; -seed N makes the same plan again: who talks in which channels, what is
// done to whom, and when. The moment at which a message meets a fault remains the machine's. With
// -race-server the servers run under the race detector; with -artifacts their logs are kept.
package chaos
