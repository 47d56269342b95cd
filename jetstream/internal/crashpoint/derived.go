package crashpoint

// The points behind the log, where something is derived from it. A node passes them only if it
// has a duty and a queue that have something to do.
const (
	DutyDone    Point = "duty_done"    // a duty has decided, and its position is not stored
	FeedTaken   Point = "feed_taken"   // a feed has gathered events, and its sink has none of them
	FeedApplied Point = "feed_applied" // the sink has them, and no position says so yet
	JobStored   Point = "job_stored"   // a job is in its queue
	JobDone     Point = "job_done"     // a worker has done a job, and not acknowledged it
)
