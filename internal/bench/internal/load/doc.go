// Package load makes the traffic of a benchmark and checks its results.
//
// It must be cheap, because it runs on the cores of the server that it measures. So it has its
// own WebSocket client on a net.Conn. The client of coder/websocket costs more than the server
// does. Frames are made once, and only their numbers are written anew. They are masked with the
// key zero. RFC 6455 requires an unpredictable key for the sake of proxies, but here are no
// proxies. Incoming frames are not decoded, but searched for the few members that count.
// Nothing is checked while traffic flows: a session takes notes, and [Verify] and [Collect]
// read the notes afterwards.
package load
