// Package uploads keeps the records of uploads: which user has reserved room for which file, in
// which channel, and in which state the upload is. A record lives from the reservation until the
// file is in a message or given up, at most some days. All nodes share the records, in a KV bucket,
// and each node has all of them in memory, so that it can tell at once how much room is reserved.
//
// A record is changed only by a node that has seen its last revision. So two nodes that work on
// one upload cannot undo each other's work.
//
// The key of a record has only the begin of the file's id. A file that is reserved again, once its
// record is over, has another id under the same key. Tickets of the first are then as invalid as
// after its removal. Each node knows whether it may have missed a change, see [Records.Fresh].
package uploads
