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
package search
