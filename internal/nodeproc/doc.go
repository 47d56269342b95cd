// Package nodeproc runs nodes of the server, and other programs that report when they are
// ready, as real processes. It builds them, chooses their ports, writes the configuration of
// nodes, starts and ends them, and keeps the end of their output.
package nodeproc
