// Package receipts keeps how far each user has got in each of his channels: what he has read, and what a device of his has
// received. Both are cursors, numbers of messages that only rise; they are no part of a channel's log and of no position that a
// client resumes from.
//
//	Store.Move ─► accepted ─► writer ─► stream RECEIPTS_<shard> ─► follower ─► table
//
// A stream holds the last value of each subject receipt.<shard>.<channel>.<user>. What is accepted is written at once, and then again
// after a pause of half a second at the earliest: everything of a shard that moved meanwhile together, so that who scrolls through a channel
// writes twice a second, and a group of 500 that reads costs one atomic batch. Each write is a compare-and-set on the value
// last seen, and merges into it: two nodes that move the same cursor at once end at the higher one, in any order.
//
// A user sees his own cursor as it was accepted, everybody else as it was stored. So a node that dies takes back at most half a second of
// what only its user has seen, and he says it again when he connects.
//
// # Memory
//
// Every node holds every cursor: 38 bytes each in a group of 500, 80 in a direct channel (BenchmarkTable_memory), besides the 150
// or so that JetStream needs for a subject. Only members move cursors, and [Store.Forget] takes them out when a membership ends, so there
// are about as many as there are memberships. They are read anew at each start: kept on disk they would have to be followed all the same.
package receipts
