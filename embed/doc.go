// Package embed runs the NATS server inside this process: alone, or as a member of a cluster.
//
// A [Server] is the NATS server with its own options, three things decided for it: it leaves signals to the process, it logs to slog,
// and it has two users more than its configuration names, made anew at each start, with random passwords, which may
// connect in process only. One is ours in the chat account; the other, in the system account, moves the
// cluster's metadata leader when the server stops.
//
// # Stopping
//
// A killed leader leaves its stream without one until an election is over, 4 to 9 seconds; one that steps down hands over in
// milliseconds. So a stop is two calls: [Server.StepDown] first, while the process still forwards
// commands to whoever leads next, then, with nothing left to serve, [Server.Close]. The server's own lame duck mode does the
// same in one call, but it closes JetStream a second later whether or not somebody else leads by then, and it does
// nothing at all where there is no TCP listener.
package embed
