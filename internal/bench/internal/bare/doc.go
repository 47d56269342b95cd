// Package bare is what the server is measured against: the engines it is built on, with nothing of ours around them.
// A [Relay] is coder/websocket without storage, an [Engine] is the NATS server without sockets, and both run in processes of their own.
package bare
