// Package embed runs the NATS server inside this process: alone, or as a member of a cluster.
//
// A [Server] is the NATS server with its own options, but with three differences. It leaves
// signals to the process. It logs to slog. It has two users in addition to those of its
// configuration. They are made at each start, with random passwords, and may connect in process
// only. One is ours in the chat account. The other, in the system account, moves the cluster's
// metadata leader when the server stops.
//
// # Stopping
//
// When a leader is killed, its stream has no leader until an election is over, which takes 4 to
// 9 seconds. A leader that steps down hands over within milliseconds. So a stop is two calls.
// The first is [Server.StepDown], while the process still forwards commands to the next
// leaders. The second, when nothing is left to serve, is [Server.Close]. The server's own lame
// duck mode does the same in one call. But it closes JetStream a second later, whether or not
// another server leads by then, and it does nothing at all if there is no TCP listener.
package embed
