// Package bare holds the engines that the server is built on, with nothing of ours around them.
// The server is measured against them. A [Relay] is coder/websocket without storage, and an
// [Engine] is the NATS server without sockets. Both run in their own processes.
package bare
