// Package copies has nodes tell each other what their own copies of a stream have. Each node's server keeps a copy, and none compares its own
// with the others': where a disk has forgotten messages, by a flipped bit say, that copy has a hole for good, which looks like an erasure. So
// whoever reads a copy, and meets a hole, asks another node whether it has those messages. If so, they are read from there; if not, they
// were erased.
//
// # What is asked, and of whom
//
// A question goes to all nodes. Each that has a copy says what that one lacks behind a position, as far as there is room for: so one answer
// explains all of the erasures ahead, and is kept. What is gone once does not come back; a kept answer never becomes wrong.
//
// The word of one other copy is enough that something was erased: that two have lost the same is not to be expected. That something is lost is
// looked at twice, some time apart: an erasure takes a moment to reach every copy.
//
// # When nobody answers
//
// Then the reader waits. It costs nothing: where no other copy can be reached, the stream has no quorum and takes no writes. The exception
// is a leader that says for a while that no other copy is current: it goes on as if it were alone. Whoever is alone, with the only copy,
// has nobody to ask. What its own server says to have, and cannot read, is lost for certain, and said to be.
package copies
