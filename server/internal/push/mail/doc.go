// Package mail sends users digests of missed messages.
//
//	duty "push" ─► Missed: note in the stream MISSED, job in the queue MAIL, not before it is due
//	  ─► worker: which notes are unread and worth telling? ─► letter ─► post ─► state, push log
//
// # When
//
// A message is in a digest if it mentions the user, or was sent to them alone, and they have not
// read it for [Config.After]. A user gets a digest each [Config.Every] at most. While they want
// quiet, they get none; the next one has the messages that would have been in it. Messages that
// they read meanwhile, on any device, are in none. Neither are messages that are deleted, muted or
// sent by a blocked user by then, because the worker decides again.
//
// # At least once, and at most twice
//
// A job looks at all notes of its user, and comes again until there are none. Before a mail is
// sent, the state says that it begins, and with it until when no other node may send it. If its end
// is not known, because the node died or the server did not answer, it is sent once more, with the
// same id, by which mail programs know it. After that it counts as told. Only a node that dies
// twice in the moment before a mail leaves it loses that mail.
//
// # Who waits for whom
//
// The duty writes two records and waits for no server outside of the cluster. A mail server that
// hangs, refuses the password or the sender, or is not there costs the queue a place for the time
// of a try, and then one try for growing pauses. The log says so to the operator. An error of a
// server about one recipient does not affect other recipients: with 4xx the digest comes again, for
// a day, and with 5xx it is dropped. The next one to that recipient is a day away.
//
// # The address
//
// It comes from a verified claim of the identity provider, and nowhere else: users cannot have mail
// sent to others. See package digests for where it is kept, and why there.
package mail
