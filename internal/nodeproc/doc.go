// Package nodeproc runs nodes of the server, and other programs that say when they are ready, as
// the processes they are: it builds them, chooses their ports, writes the configuration of nodes,
// starts and ends them, and keeps their last words.
package nodeproc
