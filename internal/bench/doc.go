// Command bench measures the server beside its bare engines, in the same run, with the same
// options, on the same machine:
//
//	go run ./internal/bench [NAME ...]
//
// A single figure says as much about the machine and its neighbours as about the server. The
// ratio of two figures that alternate within a minute says something about the server.
//
// If no bare engine does the same work, the second figure is the least that it could be: our
// server with next to nothing to do, or one write for each change.
//
// The command builds and starts the server in its own process, with its own data directory. It
// does the same with the bare engines: a NATS server and a WebSocket relay. The process of the
// command makes the load. It checks while it measures: if a message was lost, delivered twice
// or delivered out of order, the run ends with an error and gives no figure.
//
// Each benchmark alternates ours and bare for some runs and reports the median of each figure.
// It prints one line of JSON when it ends, and a table when all have ended.
package main
