// Package wire is protocol v1, shared by the server and every Go client: frames, error codes, close codes, limits,
// and the grammar of names. It encodes, decodes and validates; it does nothing else.
//
// # Flow
//
//	client                                   server
//	  │ connect {token, resume}                │   first frame, within Limits.ConnectTimeout
//	  │──────────────────────────────────────► │
//	  │ welcome {session, positions, limits}   │   recovered says whether what was missed follows
//	  │ ◄──────────────────────────────────────│
//	  │ send {ref, channel | to, client_id}    │   any command carries ref; its one reply carries the same ref
//	  │──────────────────────────────────────► │
//	  │ ack {ref, id, seq, pos}                │   the message is stored (PubAck), not merely accepted
//	  │ ◄──────────────────────────────────────│
//	  │ event {shard, pos, channel, seq, …}    │   to every session of every member, the sender's own included
//	  │ ◄──────────────────────────────────────│
//	  │ ping → pong                            │   the server's; any frame from the client counts as an answer
//
// # Framing
//
// A frame is one JSON object whose member "type" names it. Over WebSocket a text message holds one frame or several,
// separated by '\n', when they wait together; over server-sent events each "data:" line is a frame; a long poll and a
// POST carry one frame a line. Clients skip frames and members they do not know. The server refuses them
// instead: what it does not understand it must not silently lose.
//
// # Numbers
//
// seq, pos, ref and times are JSON integers, uint64 or int64 in Go. Clients in languages whose only number is a double keep
// them exact up to 2^53: a shard that takes a million events a second gets there after 285 years. A ref is the client's own
// choice and comes back as it was.
//
// # Position
//
// A channel lives in one shard; pos is the event's place in that shard, ascending but not dense. A client that keeps the
// highest pos it has seen in each shard, and the epoch it was told, can resume on any node after any absence.
package wire
