// Package feed keeps a copy of something that is derived from the log, on every node.
//
//	stream CHAT_<shard> ─► ordered.Reader ─► does it count? ─┐
//	stream CHAT_<shard> ─► ordered.Reader ─► does it count? ─┴► batch ─► Sink.Apply
//
// A feed reads each shard's stream in order. It waits for each event until the node's view has it,
// and leaves out events that do not count. So a sink may ask the view about an event: the view is
// never behind it. The view may be newer than the event. A sink that stores the state of the view
// at that moment is right however often, and however late, an event comes.
//
// # At least once
//
// The position up to which a sink has a shard is stored by the sink itself, in the same transaction
// as the things that it derives. So no event is lost and none that a sink has counted is counted
// again, whenever the process dies. Events come again only after a failed [Sink.Apply].
//
// # Batches
//
// The events of all shards are gathered for a moment, because a sink's transaction costs about the
// same whether it has one event or a hundred. The first event after a pause does not wait.
//
// # Rests
//
// If no user waits for a sink, its feed may be slowed down: [Config.Rest] is called after a
// millisecond of reading or so. A sink rests by itself, within [Sink.Apply].
//
// # What is not here
//
// Whether a copy is still good is for its owner to say. If it is not, the owner makes another sink
// beside it, feeds that one too, and drops the first sink when [Feed.Progress] says that the second
// has everything.
package feed
