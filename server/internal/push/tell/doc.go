// Package tell tells users of messages who are not looking.
//
//	message ─► Duty "push": facts from the view ─► decide ─► jobs in the queue PUSH ─► worker:
//	decide again ─► wording ─► the sender of the subscription's kind ─► outcome ─► push log
//
// # Jobs
//
// All jobs of a message are stored together, or none: the first of them has the message's position
// as its id. So a message that a new leader decides about again has no further effect.
//
// There are two kinds of jobs. A job to tell names users and the devices of theirs that one
// provider reaches. Its target is the provider, so many users cost one sync of the disk. A job to
// look names users to decide about later: they use another device, or want quiet. When it is due,
// the newest message is looked for that the user would be told of, and that has not been read. So a
// night's messages in a channel are one notification, and a user has at most a few such jobs for a
// channel.
//
// The worker decides again before it tells. A notification that fails for one device, and may
// succeed later, becomes a job of its own, whose target is the device.
//
// # Who blocks whom
//
// Deciding takes half of the node's processors at most, and tries begin at a steady pace, which
// rises only while tries wait for longer than a second. So a message to many users leaves
// processors to users who chat.
//
// The duty waits for no provider. A provider that fails for three devices in a row gets one try at
// a time, and none for growing pauses; its jobs go back into the queue. A device that asks to be
// left alone is. A user has few tries at once. The queue is bounded for each target and in all. If
// there is no room for a provider's job, its users are looked at some minutes later.
package tell
