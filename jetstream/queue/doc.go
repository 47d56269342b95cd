// Package queue keeps jobs until they are done: at once or not before a time, and again if they
// fail. It is for everything that asks a third party, which may be slow, broken or gone.
//
//	Put ─► stream QUEUE_<NAME> ─► consumer ─► a node ─► Worker.Do ─► ack
//	               ▲                             │ failed     └─ given up ─► stream DEAD
//	               └─ again, one try older ◄─────┘
//
// The nodes share one consumer, so each job goes to one of them. It is acknowledged after it was
// done. If its node dies, another node gets it after [ackWait]. So a job is done at least once, and
// a worker must bear to do one twice.
//
// # Not before
//
// A job that comes too early is sent back with the time that is left, and so is one that has no
// place yet, or whose worker has to wait. That needs no room, so a full queue goes on. A job that
// was tried and failed is stored again, with the number of tries in its headers, and only then
// acknowledged: the engine's own count of deliveries also counts deliveries that came too early. A
// job that is stored twice because a node died in between is done twice.
//
// # Once
//
// A job that is put again under the same id within the queue's window is the same job. The stream
// remembers ids in memory, and after a restart the ids of the jobs that it still has. So an id that
// was done may be put again after a restart.
//
// # Bounds
//
// Each target has a subject of its own, and a bounded number of jobs in the stream. All of a queue
// is bounded in jobs, and in bytes if it is configured so. Beyond that the stream refuses a job,
// and [Queue.Put] says so: it never drops one that it has, and it shares nothing with the streams
// of chat.
//
// On a node, a target has a few tries at once, and a few jobs more that wait for their turn there.
// All others go back for about as long as their turn is away. After some failures in a row a target
// gets one try at a time, with growing pauses. So a target that hangs costs a place or two, and all
// other targets go on.
//
// # Dead letters
//
// A job that has expired, that was tried too often, or that its worker gives up, is moved to the
// stream DEAD, with the reason. The oldest dead letters of a target are dropped, and so are those
// that are a month old. Nothing reads the stream but operators.
package queue
