// Package jetstream is the log and the only package that speaks JetStream.
//
// # The way of a message
//
//	Log.Submit ─► lane ─► writer ─► stream CHAT_<shard> ─► follower ─► view ─► tail ─► Cursor.Next
//
// A channel is a subject in one of a fixed number of streams: chat.<slot>.<channel>. Each shard has a lane on every node:
// it takes the commands that wait, and commits them as one round, here where this node is the shard's writer, or on the
// node that is, by one NATS request. The writer runs beside the stream's leader, numbers what it publishes, and fences nothing: the
// log is folded everywhere by one rule, which says what counts, so a second writer and a second copy come to nothing. Being the
// writer is an optimisation, correctness never rests on it. A follower reads each shard, in order, into the view and then into
// the tail; a [Cursor] is one reader's place in it.
package jetstream
