// Package nodetest runs nodes of the server as the processes they are, alone or as a cluster, for the tests that kill, freeze and stop
// them. A node keeps its data and its ports through all its lives. Nothing of it outlives the test, nor the test's process.
package nodetest
