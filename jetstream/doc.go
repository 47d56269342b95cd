// Package jetstream is the log and the only package that speaks JetStream.
//
// # The way of a message
//
//	Log.Submit ─► lane ─► writer ─► stream CHAT_<shard> ─► follower ─► view ─► tail ─► Cursor.Next
//
// A channel is a subject in one of a fixed number of streams: chat.<slot>.<channel>. Each shard has
// a lane on every node. The lane takes the commands that wait, and commits them as one round. If
// this node is the shard's writer, the round is committed here. Otherwise it goes to the node
// that is the writer, in one NATS request.
//
// The writer runs beside the stream's leader and numbers the events that it publishes. It does not
// fence its publishes. Every node folds the log by the same rule, and that rule says which events
// count. So a second writer or a second copy of an event has no effect. Having one writer is an
// optimisation, and correctness never depends on it.
//
// A follower reads each shard, in order, into the view and then into the tail. A [Cursor] is one
// reader's place in the log.
package jetstream
