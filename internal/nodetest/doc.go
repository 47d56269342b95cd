// Package nodetest runs nodes of the server as real processes, single or as a cluster, for the
// tests that kill, freeze and stop them. A node keeps its data and its ports when it is started
// again. No process outlives the test, or the test's process.
package nodetest
