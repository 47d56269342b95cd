// Package bridge carries protocol v1 between clients and the log: over WebSocket, and for networks that block it over
// server-sent events with POST and over long polling. It authenticates, translates and delivers; what may be
// said in a channel it does not know.
//
// # A session
//
// A WebSocket connection is a session. One goroutine reads it and is its owner: it decodes commands, hands them to the log, and
// in the end takes the session apart. There is no writing goroutine and no queue of events: the session is a [jetstream.Cursor],
// and while something waits (events behind the cursor, replies in a small queue, a ping) one goroutine flushes it and goes on to
// the next session or away.
// A client that does not read is thus an old position, not memory; after [writeTimeout] of taking nothing it is closed.
//
//	idle ──Wake, reply, ping──► flushing ──nothing more──► idle
//	                            │     ▲
//	                            └─────┘ Wake while flushing: look again
//
// An idle session holds no timer, no context, no buffer but the library's 512 bytes for reading, and one stack of 2 KiB: with
// everything, 6 KiB of live memory and below 10 resident at ten thousand. That is why the handler of net/http, with its deep
// stack and its 8 KiB of buffers, accepts and authenticates and then returns.
//
// # Writing past the library
//
// github.com/coder/websocket does the handshake, reads, answers pings and closes. Our data frames do not pass through it: a
// server's frames are neither masked nor compressed, so the frame of an event is the same bytes for every session, made once
// per node ([jetstream.Entry.Memo]) and written straight to the socket. The library's write path (several
// channel locks, a header and a copy per frame) costs 25 to 40 % of the CPU of a delivery. See [socket] for why the
// two kinds of writes never mix within a frame.
package bridge
