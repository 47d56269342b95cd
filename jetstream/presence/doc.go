// Package presence knows who is there: on this node from the sessions that open and close, on all others from a bucket that every node
// writes and follows.
//
//	session ─► Tracker.Enter ─► local ─► key user.<user>.<node> ─► bucket PRESENCE ─► roster ─► followers
//	                             (a few seconds later)   lease.<node>  ─┘
//
// The bucket is in memory. A node writes a user's key when the user's state on that node changes, and one key for itself, its
// lease, every few seconds; nothing in the bucket grows with the sessions that are merely open. What a node says of its users holds
// while its lease does: a node that vanishes takes them offline with it, and one that stops says so with one write, however many
// they were; that holds after a few seconds, in which most of them have come to another node. An entry names the run of the node that wrote it, so what a former run has left counts for nothing in the next.
//
// Somebody is as present as the most present of his entries. Being last seen is part of an entry that says offline, and of the lease for
// those whom a node took with it. It is kept for 30 days, and does not survive the loss of all nodes.
//
// A node keeps the whole bucket in memory: see BenchmarkRoster for the bytes per user.
package presence
