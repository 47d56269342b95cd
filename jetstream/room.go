package jetstream

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

const (
	// roomEvery is how often it is looked how much room there is. Between two looks a writer counts what it lets in itself.
	roomEvery = time.Second
	// reservedOf is the part of what the engine may store, a twentieth, that is kept for what takes away, or protects somebody.
	reservedOf = 20
	// tightDisk is the same of a disk: with less free, or a tenth of a smaller disk. It is more than [view.Reserve].
	tightDisk = 1 << 30
)

// room is how much may still be stored on this node, as of a moment ago. Its methods may be called concurrently.
type room struct {
	state atomic.Int32
	left  atomic.Int64 // bytes that may be added until it is tight
}

func newRoom() *room {
	r := new(room)
	r.left.Store(math.MaxInt64)
	return r
}

// States of a [room].
const (
	roomy int32 = iota
	tight       // there is a reserve left, for what takes away
	full        // nothing can be stored, or nothing that is could be followed
)

// Room is an error where this node can store nothing.
func (l *Log) Room() error {
	if l.room.state.Load() == full {
		return errors.New("jetstream: no room is left to store")
	}
	return nil
}

// watchRoom looks how much room there is until ctx ends.
func (l *Log) watchRoom(ctx context.Context) {
	tick := time.NewTicker(roomEvery)
	defer tick.Stop()
	for {
		left, state, broken := l.measure()
		l.room.left.Store(left)
		if was := l.room.state.Swap(state); was != state {
			l.log.WarnContext(ctx, "room to store", "state", [...]string{"enough", "what adds is refused", "everything is refused"}[state], "error", broken)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// measure looks at the engine's limits, and at the disks beneath the streams and the view. A file system that does not say how much
// is free is taken to have space.
func (l *Log) measure() (left int64, state int32, broken error) {
	left = math.MaxInt64
	used, most, broken := l.engine.Storage()
	if most > 0 {
		left = beyond(most, used+most/reservedOf)
	}
	for _, dir := range l.dirs {
		n, ok := free(dir)
		left = min(left, n)
		if !ok {
			state = full
		}
	}
	if left <= 0 {
		state = max(state, tight)
	}
	if broken != nil {
		return 0, full, fmt.Errorf("jetstream: %w", broken)
	}
	return left, state, nil
}

// Roomy reports whether there is room on the disks beneath some directories for more than what takes away.
func Roomy(dirs ...string) bool {
	for _, dir := range dirs {
		if n, _ := free(dir); n <= 0 {
			return false
		}
	}
	return true
}

// free is how much may be added to the disk beneath a directory, and not ok where nothing may.
func free(dir string) (n int64, ok bool) {
	usage, err := vfs.Default.GetDiskUsage(dir)
	if err != nil || usage.TotalBytes == 0 {
		return math.MaxInt64, true
	}
	return beyond(usage.AvailBytes, min(tightDisk, usage.TotalBytes/10)), usage.AvailBytes >= view.Reserve(usage.TotalBytes)
}

// beyond is by how much a is more than b.
func beyond(a, b uint64) int64 {
	if a < b {
		return -1
	}
	return int64(min(a-b, math.MaxInt64))
}

// admit refuses a command for which there is no room, and counts one that adds.
func (r *room) admit(c *command) error {
	if r.state.Load() == full {
		return storageFull()
	}
	if !channel.Adds(c.change) {
		return nil
	}
	if n := int64(c.bytes()); r.left.Add(-n) < 0 {
		r.left.Add(n)
		return wire.Errorf(wire.CodeStorageFull, "hardly any storage is left, and that is for deleting and leaving; nothing was stored, retry later").After(5 * time.Second)
	}
	return nil
}

// refuse answers the commands of a round at once where nothing can be stored, and returns those of which something may have been.
func (r *room) refuse(round []*command) []*command {
	if r.state.Load() != full {
		return round
	}
	rest := round[:0]
	for _, c := range round {
		if c.tried {
			rest = append(rest, c)
		} else {
			c.answer(wire.Ack{}, storageFull())
		}
	}
	return rest
}

func storageFull() error {
	return wire.Errorf(wire.CodeStorageFull, "the server's storage is full; nothing was stored, retry later").After(5 * time.Second)
}
