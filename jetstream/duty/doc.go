// Package duty does something for each event of the log, once in the cluster.
//
//	stream CHAT_<shard> ─► ordered.Reader ─► does it count? ─► Doer.Do ─► position in DUTIES
//
// The node that leads a shard does its duties. It reads the shard's stream in order, waits for each
// event until its own view has it, leaves out events that do not count, and hands the rest to
// [Doer.Do]. So Do may ask the view, which is never behind the event.
//
// # At least once
//
// The position up to which a duty is done is a message in the stream DUTIES: one subject for each
// duty and shard, and one message for each subject. It is written at most once a second. A node
// that takes over goes on behind it, so the events of the last second come again. In its first
// seconds it writes the position at once, so that they come twice, and not a third time if it dies,
// too. Do decides what has to be done, and stores that, usually as jobs in a queue. It never waits
// for a third party: a duty that stands still is a duty that does nothing for anybody.
//
// # Two leaders
//
// A leader that is cut off goes on for some seconds beside the new one. A position says that
// everything up to it was done. That is true whichever node has written it. So the highest position
// counts. Each write names the record that it replaces, and the stream refuses it if there is
// another one by now. The writer then reads that one first. So a position never goes back, and
// never goes beyond what some node has done.
//
// There is one exception. A log that has lost its end, for example because it was restored from a
// backup, may end before the position. The position is then moved back to that end, because the
// numbers behind it will be given again. If they have been given again already, the stream has
// another event at the position than it had, which was stored at another time. The position is then
// moved back before the first event that is later than the one that is lost.
//
// # Failures
//
// Do is tried again with growing pauses until it succeeds. Meanwhile this duty stands still in
// this shard. All else goes on: other duties, other shards, and chat.
package duty
