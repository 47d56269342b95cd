// Command bench measures what the server does, beside what its bare engines do, in the same run,
// with the same options, on the same machine:
//
//	go run ./internal/bench [NAME ...]
//
// A figure alone says as much about the machine and its neighbours as about the server; the ratio
// of two that alternate within a minute says something of the server.
//
// Where no bare engine does the same, the second figure is the least that it could be: of ours with
// next to nothing to do, or a write for each change.
//
// The server is built and started here, with a data directory of its own, in its own process. So
// are the bare engines: a NATS server and a WebSocket relay. This process is the load. It checks
// while it measures: a run in which a message was lost, doubled or delivered out of order is an
// error and not a figure.
//
// Each benchmark alternates ours and bare for some runs and reports the median of each figure. It
// prints one line of JSON as it ends, and a table once all have ended.
package main
