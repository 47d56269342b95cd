// Package digests keeps what digests by mail need: which messages a user has missed, the address of
// the user, and how far they have been told. All nodes share it.
//
//	MISSED    missed.<user>           a message each, in the order in which they were noted
//	DIGESTS   digest.state.<user>     how far the user has been told
//	          digest.address.<user>   address and language, as the identity provider tells them
//
// # What was missed
//
// A note of a missed message is appended and never changed, so that a duty that notes one message
// for hundreds of users reads nothing before it writes. A message that is noted twice within some
// minutes is noted once, and [Store.Missed] returns a message once however often it was noted. Of
// each user the newest [MostMissed] notes are kept, for [MissedAge]. A note has the name of a
// channel and a seq, and nothing of the message.
//
// # How far
//
// A state is changed only by a node that has read the last one. So two nodes that have a job for
// the same user cannot both begin a digest.
//
// # Addresses
//
// An address is neither in the log nor in the user's profile. The log keeps all that was ever said,
// and profiles are there for others to see. Here an address takes the place of the one before, and
// nothing is left of that. An address that no token has named for [AddressAge] is dropped, so that
// mail to users who have left ends by itself. No operation returns an address, and no log line has
// one.
package digests
