// Package search finds messages, people and channels for the users of a node.
//
//	log ─► feed ─► edition of the index (messages as they are now, position)
//	user ─► query ─► index (candidates) ─► view (may they see it? what does it say now?) ─► hits
//
// A node has an index of all messages. A feed of the log keeps it up to date. The index holds no
// text and decides nothing about permission: each candidate is looked up in the node's view as the
// user sees it, and is a hit only if the view shows the user the message, and the message, as it is
// now, is what the query asks for. So a message that was edited, deleted, or left behind with its
// channel is gone from all answers at once, however far the index is.
//
// # Editions
//
// An edition is an index that was built once, from the beginning of the log, and that a feed keeps
// up to date. If it cannot be read, is of another version, or of another log, a new edition is
// built beside it and takes its place once it has everything. Until then searches use the best
// edition that there is, and say that the index is being rebuilt.
//
// An edition that is being built gives way to users: while the node takes in events, all work for
// it together gets a quarter of one core, a millisecond at a time. That goes for reading the log,
// for looking messages up, and for Bleve's segments and merges alike. It is written to disk every
// 16,000 messages instead of every two seconds. When no event has come for a quarter of a second,
// it gets all the CPU there is. If it comes no nearer to the end of the log, because more is
// written than a quarter of a core can index, it takes all it needs, ten seconds at a time. Once it
// has everything, nothing rests any more. How long it has worked and rested beside users is in the
// node's log then.
package search
