// Package bridge carries protocol v1 between clients and the log. It does so over WebSocket and,
// for networks that block WebSocket, over server-sent events with POST and over long polling. It
// authenticates, translates and delivers. It knows no rules about the messages of a channel.
//
// # A session
//
// A WebSocket connection is a session. One goroutine reads it and is its owner. The owner
// decodes commands, hands them to the log, and closes the session in the end. There is no
// writing goroutine and no queue of events: the session is a [jetstream.Cursor]. While
// something waits (events behind the cursor, replies in a small queue, a ping), one goroutine
// flushes it, and then goes on to the next session or becomes idle. A client that does not read
// is therefore just an old position and costs no memory. After taking nothing for
// [writeTimeout] it is closed.
//
//	idle ──Wake, reply, ping──► flushing ──nothing more──► idle
//	                            │     ▲
//	                            └─────┘ Wake while flushing: look again
//
// An idle session holds no timer and no context. Its only buffer is the library's 512 bytes for
// reading, and it has one stack of 2 KiB. Altogether this is 6 KiB of live memory, and below 10
// KiB resident with ten thousand sessions. This is why the handler of net/http, with its deep
// stack and its 8 KiB of buffers, accepts and authenticates and then returns.
//
// # Attachments
//
// How others see a connection does not depend on its transport: an [attachment] is its row in the
// list of sessions, its part of its user's presence, the users that it follows, and the notices
// that it is to get. A session, a stream of server-sent events and a poll each have one. Over HTTP,
// commands come in requests of their own, which name the stream that they are for.
//
// # Writing past the library
//
// github.com/coder/websocket does the handshake, reads, answers pings and closes. Our data
// frames do not pass through it. A server's frames are neither masked nor compressed, so the
// frame of an event is the same bytes for every session. These bytes are made once per node
// ([jetstream.Entry.Memo]) and written straight to the socket. The library's write path
// (several channel locks, a header and a copy per frame) costs 25 to 40 % of the CPU of a
// delivery. See [socket] for why the two kinds of writes never mix within a frame.
package bridge
