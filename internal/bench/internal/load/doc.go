// Package load makes the traffic of a benchmark and checks what comes of it.
//
// It must be cheap, for it runs on the cores of the server it measures. So it brings its own WebSocket client on a
// net.Conn instead of coder/websocket, whose client costs more than the server does: frames are made once and only
// their numbers are written anew; they are masked with the key zero, which RFC 6455 requires to be unpredictable for the
// sake of proxies, of which there are none here; what arrives is searched for the few members that count instead of
// being decoded. Nothing is judged while traffic flows: a session notes what it saw, and [Verify] and [Collect] read the notes afterwards.
package load
