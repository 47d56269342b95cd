// Package crashpoint kills the process at a named point of the write path. Tests use it to prove
// that nothing acknowledged is lost. It does nothing unless the binary was built with the tag
// "crashpoint", so no shipped binary can be killed by its environment.
package crashpoint

// Point names a place on the way of a message.
type Point string

// The points, in the order in which a message passes them.
const (
	Submitted   Point = "submitted"    // taken by a lane, nothing done yet
	Forwarded   Point = "forwarded"    // on its way to the writer's node
	Decided     Point = "decided"      // seq given, not published
	BatchHalf   Point = "batch_half"   // part of an atomic batch published, not its commit
	Published   Point = "published"    // handed to JetStream, no ack received
	Acked       Point = "acked"        // PubAck received, sender not told
	BeforeApply Point = "before_apply" // delivered to a follower, not in its view
	AfterApply  Point = "after_apply"  // in the view, not in the tail
	AfterTail   Point = "after_tail"   // in the tail, no session woken
)

// All returns all points, so that a test that walks them misses none.
func All() []Point {
	return []Point{Submitted, Forwarded, Decided, BatchHalf, Published, Acked, BeforeApply, AfterApply, AfterTail}
}
