// Package view is a node's materialized state of the log, in Pebble: messages by channel and seq, channels, memberships
// both ways, the index of client ids, and for each shard the position up to which all that has been applied, stored in
// the same batch. Reads, resume, permission checks and the live feed all come from this one position, so
// there is no race between history and live. A view is disposable: deleted, it is rebuilt from the streams; one of another
// schema version, epoch or number of shards is deleted by [Open]. What is merely an index of events is made anew from those in the
// view where its version is another.
//
// # Changes
//
// Events are kept as they came, for a resume replays them. What they make of a message is kept beside it, for messages that were
// changed alone; pages show that. A deletion is different: it takes the content out of the stored message and its edits, leaves a
// tombstone, and notes what the stream still has. Pebble's files hold the text until they are next merged.
//
// # Who sees what
//
// A membership is a stretch of a channel's log, from the event that began it to the event that ended it, both included. Whoever was a
// member more than once sees each of the stretches, in pages and when he resumes. A channel that is deleted leaves its last event alone,
// for those who were members then.
//
// # Durability
//
// A batch goes to Pebble's write-ahead log without an fsync. After the death of the process or a power cut the view is as it
// was a moment earlier, position included, and catches up from the log. The log is what must not lose.
//
// # What does not count
//
// A shard never stops for one event. One that does not follow on its channel's last (see [channel.Head.Follows]) is void, and so is one
// of which no frame can be made that a client could read: its record is not an object of JSON on one line, or a known member has
// another type. What is void is logged, counted, left out of every answer, changes nothing, and is owed to the eraser. Kinds and members
// that this version does not know are no such case: they are kept and delivered.
package view

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// schema names the layout of events, heads, channels, settings and erasures, and the rules that made them. Whoever changes one of
// those raises it, and every node reads all of its view from the log again, which takes long. What else there is has a version of
// its own: see [projections].
const schema = 7

// Options are what a view is made of. Shards and Epoch must be those of the log.
type Options struct {
	Shards     int
	ShardOf    func(channel string) int // by slots, evenly, where nil
	Epoch      string
	CacheBytes int64        // of stored blocks kept in memory; as the machine has memory where 0
	StateBytes int64        // of channels kept in memory; the same
	Logger     *slog.Logger // none where nil
	Watched    func() bool  // reports whether anybody asks for [Applied.Members]; always where nil

	fs          vfs.FS // the system's where nil; tests have another
	recentAbove int    // see recency.above; 250 where 0
	recentMost  int    // see recency.most; maxRecent where 0
	projections []projection
}

// Event is one event of the log, as the stream holds it.
type Event struct {
	Pos     uint64
	Channel string
	Kind    wire.Kind // as the record says; whoever applies an event may leave it out
	Record  []byte    // the stored payload; must not be written to
	Unsure  bool      // where it cannot be read it is not void yet, for somebody else may have it whole: see [UnreadableError]
}

// UnreadableError is that of an event whose record cannot be read, and which is [Event.Unsure].
type UnreadableError struct {
	Pos uint64
	Err error
}

func (e *UnreadableError) Error() string { return fmt.Sprintf("view: event at %d: %v", e.Pos, e.Err) }

// Applied is an event that the view has taken in, and what its channel is after it. Its recipients are the members, and Parted, whom
// the event itself has made cease to be members, or to wait to be one.
type Applied struct {
	Event
	Sender  string
	Head    channel.Head
	Deleted bool     // the channel
	Unknown bool     // who the members are, for nobody has asked; see [Options.Watched]
	members []string // unless they are named
	named   bool     // the members are those in the channel's name
	Parted  []string
	Before  uint64 // pos of the channel's last event before this one, or 0
}

// Members are those of the channel after the event, ascending; none where they are unknown.
func (a *Applied) Members() []string {
	if a.named {
		return usersOf(a.Channel)
	}
	return a.members
}

// Span is a stretch of a shard, or of one of its channels: the events with After < pos ≤ Upto.
type Span struct {
	Shard       int
	Channel     string // all where it is empty
	After, Upto uint64
}

// ErrClosed is the answer of a view that was closed.
var ErrClosed = errors.New("view: closed")

// View answers from what has been applied. All methods may be called concurrently, [View.Apply] by one goroutine a shard.
type View struct {
	db      *pebble.DB
	lock    io.Closer // of its directory
	disk    *disk
	log     *slog.Logger
	shardAt func(channel string) int
	shards  []shard
	watched func() bool
	recency recency
	known   known

	open   sync.RWMutex // held for reading while the database is used
	closed bool         // guarded by open
}

// shard is what a view holds in memory of one shard.
type shard struct {
	position atomic.Uint64 // stored after the states of the same batch are in the cache
	held     uint64        // how many events the stream has had up to position; owned by the goroutine that applies
	voided   atomic.Uint64 // how many of them were void, since the view was opened
	states   cache
	round    round // owned by the goroutine that applies
	receipts receipts
}

// Position is the highest pos applied of a shard. Whoever has read it sees at least that much in every later query.
func (v *View) Position(shard int) uint64 { return v.shards[shard].position.Load() }

// enter keeps the database open until leave. Pebble ends the process when it is used after its end, and sessions may outlive
// a view by a moment.
func (v *View) enter() error {
	v.open.RLock()
	if v.closed {
		v.open.RUnlock()
		return ErrClosed
	}
	return nil
}

func (v *View) leave() { v.open.RUnlock() }

// Voided is how many events of a shard were void since the view was opened: there should be none but where two writers met.
func (v *View) Voided(shard int) uint64 { return v.shards[shard].voided.Load() }

func (v *View) shardIndex(ch string) int { return v.shardAt(ch) }

// shardOf is what is in memory of the shard in which a channel lives.
func (v *View) shardOf(ch string) *shard { return &v.shards[v.shardIndex(ch)] }
