// Package receipts stores how far each user has got in each of the user's channels: up to which
// message the user has read, and up to which one of the user's devices has received. Both are
// cursors, numbers of messages that only rise. They are not part of a channel's log, and not part
// of a position that a client resumes from.
//
//	Store.Move ─► memory ─► writer ─► stream RECEIPTS_<shard> ─► follower ─► view
//
// The first move is written at once. The next record follows after a pause of at least a
// quarter of a second. It holds everything of a shard that moved in the meantime. So a user who
// scrolls through a channel causes four writes a second, and a group of 500 that reads costs
// one message. Nothing guards a write: a cursor is the highest that any record says. So records
// may come twice, late, and from two nodes at once.
//
// A user sees their own cursor as they moved it, and the cursors of all others as they are
// stored. So when a node dies, at most the last moment of moves is lost. Only the user has seen
// those, and their client sends them again when it connects. A move that cannot be stored is
// refused: at once if the store is full, and after eight seconds if the stream takes no writes
// for another reason.
//
// # Disk and memory
//
// The view of each node holds all cursors, next to the sequence up to which the stream is
// applied. A start continues from there. Memory holds the moves that are not applied yet, and a
// bounded number of the cursors that were requested most recently. All records have one
// subject, because the engine keeps each subject of a stream in memory. So an idle cursor costs
// no memory at all. On disk it costs 25 bytes in a view in a group of 500, 47 bytes in a direct
// channel, and between one and two times 50 to 110 bytes in the stream.
//
// The node that leads a stream cleans it. It stores again, together, those parts of the oldest
// records that still count, and purges the oldest records.
//
// # A log that is not the one that was read
//
// A record names the log's epoch, and does not count in a log with another epoch. A log that was
// restored from a backup may have lost its end, and is then shorter than the log that users had
// read. Cursors that are ahead of their channel are moved back to its last message. This happens
// once, when a view is rebuilt.
package receipts
