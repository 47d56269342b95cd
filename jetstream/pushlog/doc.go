// Package pushlog keeps for each user of which messages they were told, of which not, and why.
//
//	Append ─► stream PUSH_LOG, pushlog.<user>.<told|not> ─► States, Entries
//
// The results of notifying devices have a subject of their own, so that the many messages of which
// a user is not notified cannot push them out. Each subject has a bounded number of messages, all
// of them end after a week, and one message holds what happened to a user in some seconds. So a
// busy group costs little disk.
//
// Nothing waits for the log: it is for users and operators who ask why. A node that dies may lose
// the entries that it has not stored yet.
package pushlog
