// Package copies lets nodes tell each other which messages their own copies of a stream have. Each
// node's server keeps a copy, and none compares its copy with the others. If a disk loses messages,
// by a flipped bit for example, that copy has a hole for good, which looks like an erasure. So a
// reader that meets a hole in its copy asks another node whether it has those messages. If so, they
// are read from there. If not, they were erased.
//
// # The question, and who answers it
//
// A question goes to all nodes. Each node with a copy answers which messages that copy lacks after
// a position, as far as there is room. So one answer explains many erasures ahead, and the reader
// keeps it. An erased message does not come back, so a kept answer stays correct.
//
// One other copy is enough to establish an erasure, because two copies are not expected to lose
// the same messages. A loss is checked twice, some time apart, because an erasure takes a
// moment to reach every copy.
//
// # When no node answers
//
// Then the reader waits. That costs nothing: if no other copy can be reached, the stream has no
// quorum and takes no writes. The exception is a leader that reports for a while that no other
// copy is current. Then the reader continues as if its copy were the only one. With only one
// copy there is no node to ask. If the reader's own server reports messages that it cannot
// read, they are lost for certain, and the reader says so in the log.
package copies
