// Package chaos holds the fault tests. Three real processes form a cluster, and users talk
// through it while faults hit the processes. They are killed at random moments and at named
// points of the write path, stopped and continued, stopped gracefully, and upgraded. They lose
// their quorum or their disk, get a slow disk, and receive more messages than they can store. Bits
// of their logs are flipped.
// Afterwards, package check examines everything that the users were told and shown. That
// package knows nothing about how the product works.
//
// The default run is short, but also kills processes. The full run takes as long as the faults
// do:
//
//	NATTERJACK_CHAOS=full go test ./server/chaos -v -timeout 40m
//
// Each test logs its seed. -seed N makes the same plan again: who talks in which channels,
// which fault hits which node, and when. The exact moment at which a message meets a fault
// still depends on the machine. With -race-server the servers run under the race detector. With
// -artifacts their logs are kept.
package chaos
