// Package wire is protocol v1, shared by the server and every Go client: frames, error codes,
// close codes, limits, and the grammar of names. It encodes, decodes and validates; it does
// nothing else.
//
// # Flow
//
//	client                                   server
//	  │ connect {token, resume}                │   first frame, within Limits.ConnectTimeout
//	  │──────────────────────────────────────► │
//	  │ welcome {session, positions, limits}   │   recovered: missed events follow
//	  │ ◄──────────────────────────────────────│
//	  │ send {ref, channel | to, client_id}    │   the reply carries the same ref
//	  │──────────────────────────────────────► │
//	  │ ack {ref, id, seq, pos}                │   the message is stored (PubAck)
//	  │ ◄──────────────────────────────────────│
//	  │ event {shard, pos, channel, seq, …}    │   to all sessions of all members
//	  │ ◄──────────────────────────────────────│
//	  │ ping → pong                            │   any frame counts as a pong
//
// Any command may carry a ref. An event also goes to the sender's own sessions. The server sends
// pings; any frame from the client counts as an answer. A stream of server-sent events carries no
// frames from its client, so there any POST to [PathFrames] that names the session counts, on
// whichever node. Only the answers show that the client is there: a session that leaves a ping
// without an answer goes on, but its user's presence does without it until it is heard again.
//
// # Framing
//
// A frame is one JSON object whose member "type" names it. Over WebSocket a text message holds one
// frame, or several separated by '\n' if they wait together. Over server-sent events each "data:"
// line is a frame. A long poll and a POST carry one frame a line. Clients skip frames and members
// they do not know. The server refuses unknown frames and members, because it must not silently
// lose parts that it does not understand.
//
// # Numbers
//
// seq, pos, ref and times are JSON integers, uint64 or int64 in Go. Clients in languages whose only
// number type is a double keep them exact up to 2^53. A shard that takes a million events a second
// gets there after 285 years. The client chooses a ref freely, and the reply repeats it unchanged.
//
// # Files
//
// The bytes of files are never part of a frame. A client gives [ReserveUpload], makes the requests
// of the answer, to another server that stores files, and gives [CompleteUpload] until that is
// answered with a ticket. A [Send] then names the file in content.attachments, with the ticket.
// Whoever sees the message asks for a URL by [GetMedia], which is valid for some minutes:
//
//	client                                  server                      storage
//	  │ reserve_upload {channel, size, sha256} │                            │
//	  │ ──────────────────────────────────────►│                            │
//	  │ upload {media, url, headers}           │                            │
//	  │ ◄──────────────────────────────────────│                            │
//	  │ PUT url, with these headers            │                            │
//	  │ ───────────────────────────────────────────────────────────────────►│
//	  │ complete_upload {media}                │ fetches, cleans, stores    │
//	  │ ──────────────────────────────────────►│ ──────────────────────────►│
//	  │ attachment {attachment, ticket}        │                            │
//	  │ ◄──────────────────────────────────────│                            │
//	  │ send {…, content: {attachments: [{id, ticket}]}}
//	  │ ──────────────────────────────────────►│
//
// # Position
//
// A channel belongs to one shard. pos is the event's place in that shard; it is ascending but not
// dense. A client that stores the highest pos it has seen in each shard, and the epoch it was told,
// can resume on any node after any absence.
package wire
