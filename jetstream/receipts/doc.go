// Package receipts keeps how far each user has got in each of his channels: what he has read, and what a device of his has
// received. Both are cursors, numbers of messages that only rise; they are no part of a channel's log and of no position that a
// client resumes from.
//
//	Store.Move ─► memory ─► writer ─► stream RECEIPTS_<shard> ─► follower ─► view
//
// What is said is written at once, and then again after a pause of a quarter of a second at the earliest: everything of a shard that
// moved meanwhile as one record, so that who scrolls through a channel writes four times a second, and a group of 500 that reads costs one
// message. Nothing guards a write: a cursor is the highest that any record says, so records may come twice, late, and from two
// nodes at once.
//
// A user sees his own cursor as he said it, everybody else as it was stored. So a node that dies takes back at most a moment of
// what only its user has seen, and he says it again when he connects. What could not be stored is refused: at once where the store is full,
// and after eight seconds where the stream takes no writes for another reason.
//
// # Disk and memory
//
// The view of each node holds all cursors, beside the sequence up to which the stream is applied: a start goes on from there. Memory holds
// what was said and is not applied yet, and a bounded number of cursors that were asked for last. All records have one subject,
// for the engine keeps each subject of a stream in memory. So an idle cursor costs no memory at all; on disk it costs
// 25 bytes in a view in a group of 500, 47 in a direct channel, and between one and two times 50 to 110 in the stream.
//
// The node that leads a stream cleans it: what counts of the oldest records is stored anew, together, and they are purged.
//
// # A log that is not the one that was read
//
// A record names the log's epoch, and counts for no other. A log that has lost its end, restored from a backup, is shorter than what was
// read in it: cursors ahead of their channel are brought back to its last message, once, when a view is made anew.
package receipts
