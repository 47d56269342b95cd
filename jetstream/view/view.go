// Package view is a node's materialized state of the log, in Pebble. It holds messages by channel
// and seq, channels, memberships by user and by channel, and the index of client ids. For each
// shard it also holds the position up to which the log is applied, stored in the same batch. Reads,
// resume, permission checks and the live feed all use this one position, so there is no race
// between history and live. A view is disposable: if it is deleted, it is rebuilt from the streams.
// [Open] deletes a view of another schema version, epoch or number of shards. A part that only
// indexes events is rebuilt from the events in the view when its version differs.
//
// # Changes
//
// Events are kept as they came, because a resume replays them. For a message that was changed, the
// result of the changes is stored beside the events, and pages show that result. A deletion is
// different: it removes the content from the stored message and its edits, leaves a tombstone, and
// notes the messages that the stream still has. Pebble's files hold the text until they are next
// merged.
//
// # Who sees what
//
// A membership is a stretch of a channel's log, from the event that began it to the event that
// ended it, both included. A user who was a member more than once sees each of the stretches,
// in pages and on resume. Of a deleted channel only its last event remains, for the users who
// were members then.
//
// # Durability
//
// A batch goes to Pebble's write-ahead log without an fsync. After the death of the process or
// a power cut the view is as it was a moment earlier, including its position, and catches up
// from the log. Only the log must not lose anything.
//
// # Events that do not count
//
// A shard never stops because of one event. An event is void if it does not follow its
// channel's last event (see [channel.Head.Follows]). It is also void if no client could read a
// frame made from it: its record is not an object of JSON on one line, or a known member has
// another type. A void event is logged and counted, left out of every answer, changes nothing,
// and is owed to the eraser. Kinds and members that this version does not know do not make an
// event void: they are kept and delivered.
package view

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// schema is the version of the layout of events, heads, channels, settings and erasures, and of
// the rules that made them. Raise it when you change one of those. Every node then reads its
// whole view from the log again, which takes long. Everything else has a version of its own:
// see [projections].
const schema = 10

// Options configure a view. Shards and Epoch must be those of the log.
type Options struct {
	Shards     int
	ShardOf    func(channel string) int // if nil, slots are spread evenly
	Epoch      string
	CacheBytes int64        // of stored blocks in memory; if 0, depends on the machine's memory
	StateBytes int64        // of channels in memory; if 0, the same
	Files      int          // that may be open; if 0, 1,000
	Logger     *slog.Logger // if nil, no logs
	// Watched reports whether anybody asks for [Applied.Members]. Nil means always.
	Watched func() bool
	// Clock returns this node's time, and whether it is known to be right. Nil means the
	// system's.
	Clock func() (now time.Time, right bool)
	// Looks is told each key that a reader looks for, and for each channel that is asked of memory
	// the key of its head. It is for tests; it may be nil.
	Looks func(key []byte)

	fs          vfs.FS // nil means the system's; tests use another
	recentAbove int    // see recency.above; 0 means 250
	recentMost  int    // see recency.most; 0 means maxRecent
	projections []projection
}

// Event is one event of the log, as the stream holds it.
type Event struct {
	Pos     uint64
	Channel string
	Kind    wire.Kind // as the record says; the caller of Apply may leave it out
	Record  []byte    // the stored payload; must not be written to
	// Unsure means that an unreadable record is not void yet, because another copy of the
	// stream may have it whole: see [UnreadableError].
	Unsure bool
	// Refused means that the event was missed by a user who never was a member: it refused the
	// user's request to join.
	Refused bool
}

// UnreadableError is the error for an event that is [Event.Unsure] and whose record cannot be
// read.
type UnreadableError struct {
	Pos uint64
	Err error
}

func (e *UnreadableError) Error() string { return fmt.Sprintf("view: event at %d: %v", e.Pos, e.Err) }

// Applied is an event that the view has taken in, with the state of its channel afterwards. Its
// recipients are the members, Parted, and Refused.
type Applied struct {
	Event
	Sender  string
	Head    channel.Head
	Deleted bool // the channel is deleted
	// Unknown means that the members are not known, because no session asks for them. See
	// [Options.Watched].
	Unknown bool
	members []string // set unless named is true
	named   bool     // the members are those in the channel's name
	Joined  []string // users whose membership began with the event
	Parted  []string // users whose membership ended with the event
	Refused []string // users who are not members, and whose request to join ended with the event
	Before  uint64   // pos of the channel's event before this one, or 0
}

// Members returns the channel's members after the event, ascending, or none if they are
// unknown. For an event about a message they are the members who may see that message.
func (a *Applied) Members() []string {
	if a.named {
		return usersOf(a.Channel)
	}
	return a.members
}

// Span is a stretch of a shard, or of one of its channels: the events with After < pos ≤ Upto.
type Span struct {
	Shard       int
	Channel     string // if empty, all channels
	After, Upto uint64
}

// ErrClosed is returned by a view that was closed.
var ErrClosed = errors.New("view: closed")

// View answers from the events that have been applied. All methods may be called concurrently, but
// [View.Apply] by only one goroutine a shard.
type View struct {
	db      *pebble.DB
	lock    io.Closer // on the view's directory
	disk    *disk
	log     *slog.Logger
	shardAt func(channel string) int
	shards  []shard
	watched func() bool
	clock   func() (now time.Time, right bool)
	looks   func(key []byte)
	recency recency
	known   known

	open   sync.RWMutex // held for reading while the database is used
	closed bool         // guarded by open
}

// shard holds the part of one shard that a view keeps in memory.
type shard struct {
	position atomic.Uint64 // stored after the states of the same batch are in the cache
	// held is how many events the stream has had up to position. The goroutine that applies
	// owns it.
	held     uint64
	voided   atomic.Uint64 // how many of them were void since the view was opened
	noted    uint64        // void events above this pos are noted
	states   cache
	dating   sync.Mutex // held while dates change on disk and here
	dates    atomic.Pointer[dates]
	round    round // owned by the goroutine that applies
	receipts receipts
}

// Position returns the highest pos applied of a shard. After a caller has read it, every later
// query shows at least that much.
func (v *View) Position(shard int) uint64 { return v.shards[shard].position.Load() }

// enter keeps the database open until leave. Pebble ends the process if it is used after it was
// closed, and sessions may outlive a view by a moment.
func (v *View) enter() error {
	v.open.RLock()
	if v.closed {
		v.open.RUnlock()
		return ErrClosed
	}
	return nil
}

func (v *View) leave() { v.open.RUnlock() }

// Voided returns how many events of a shard were void since the view was opened. It should be 0
// unless two writers met.
func (v *View) Voided(shard int) uint64 { return v.shards[shard].voided.Load() }

func (v *View) shardIndex(channel string) int { return v.shardAt(channel) }

// shardOf returns the shard to which a channel belongs.
func (v *View) shardOf(channel string) *shard { return &v.shards[v.shardIndex(channel)] }
