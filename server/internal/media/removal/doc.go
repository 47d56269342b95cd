// Package removal deletes the files that no message has any more.
//
//	event ─► duty: which files has it dropped? ─► job
//	   a minute later: does a message have it? ─► withdraw it
//	   a minute later: does a message have it? ─► remove it
//
// An event that deletes a message, edits a file out of it, or deletes a channel does not name the
// files. The view of each node notes them when it applies the event. The duty puts them into jobs,
// on the node that leads the shard. A minute later, any node asks its own view whether another
// message has the file, such as one that it was forwarded to. If not, the file cannot be attached
// by a ticket any more: its record says so to all nodes, for good. Once everything that was taken
// before is in the log, the view is asked a last time, and the file is removed. A file whose
// tickets have expired, which is so a day after its upload, is removed at the first look. While
// storage is down the job is tried again, for a month.
//
// A ticket that is used until the file is withdrawn keeps it. After that its user is told to upload
// the file again, and that upload is a file of its own, with an id of its own. So no removal can
// hit a file that was uploaded later, however late the removal comes.
//
// A node whose view was built after the messages had been erased knows nothing of their files. If
// it leads at that moment, they stay until the daily comparison of storage and messages finds them.
// So does a file whose message and channel were deleted while no node did the duty.
package removal
