// Package presence knows which users are online. It learns about users on this node from the
// sessions that open and close, and about users on other nodes from a bucket that every node
// writes and follows.
//
//	session ─► Tracker.Enter ─► local ─► user.<user>.<node> ─► bucket ─► roster ─► subscribers
//	                        (a few seconds later) lease.<node> ─┘
//
// The bucket is in memory. A node writes a user's key when the user's state on that node
// changes. Every few seconds it also writes one key for itself, its lease. Sessions that merely
// stay open cause no writes.
//
// The entries of a node are valid while its lease is. If a node vanishes, its users go offline
// when the lease lapses. A node that stops says so with one write, however many users it has.
// That takes effect after a few seconds, in which most users have connected to another node. An
// entry names the run of the node that wrote it, so entries of a former run do not count in the
// next run.
//
// A user has the state of the most present of the user's entries. The last-seen time is part of
// an entry that says offline: it is when a session that others could see was last heard. If the
// user went offline with a node, it comes from the lease. It
// is kept for 30 days and does not survive the loss of all nodes.
//
// The bucket tells nothing of invisible users. A node tells the others which it has by a message
// that is not stored, for decisions that the user alone sees, such as when to send a notification.
//
// A node keeps the whole bucket in memory. BenchmarkRoster measures the bytes per user.
package presence
