// Package view is a node's materialized state of the log, in Pebble: messages by channel and seq, channels, memberships
// both ways, the index of client ids, and for each shard the position up to which all that has been applied, stored in
// the same batch. Reads, resume, permission checks and the live feed all come from this one position, so
// there is no race between history and live. A view is disposable: deleted, it is rebuilt from the streams; a view of another
// schema version deletes itself.
package view
