package jetstream

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"natterjack/jetstream/view"
)

const (
	// roomEvery is how often the room is measured. Between two measurements a writer counts the
	// bytes that it admits.
	roomEvery = time.Second
	// reservedOf is the divisor for the reserve: a twentieth of the bytes that the engine may
	// store. The reserve is kept for commands that remove things or protect a user.
	reservedOf = 20
	// lastOf is the divisor for the last part of the reserve: a quarter. It is kept for commands
	// that free room. The others could use up the reserve, and then nothing could be deleted.
	lastOf = 4
	// tightDisk is the reserve of a disk in bytes. For a smaller disk it is a tenth of the
	// disk. It is more than [view.Reserve].
	tightDisk = 1 << 30
)

// room is how much may still be stored on this node, as of the last measurement. Its methods
// may be called concurrently.
type room struct {
	state atomic.Int32
	left  atomic.Int64 // bytes that may be added until only the reserve is left
	last  atomic.Int64 // bytes that may be added until only its last part is left
	dirs  []string     // directories that must have room
}

func newRoom(dirs ...string) *room {
	r := &room{dirs: slices.DeleteFunc(dirs, func(dir string) bool { return dir == "" })}
	r.left.Store(math.MaxInt64)
	r.last.Store(math.MaxInt64)
	return r
}

// States of a [room].
const (
	roomy int32 = iota
	tight       // only the reserve is left, for commands that remove or protect
	full        // nothing can be stored, or the view could not follow
)

// Full implements [write.Room].
func (r *room) Full() bool { return r.state.Load() == full }

// Enough implements [write.Room].
func (r *room) Enough() bool { return r.state.Load() == roomy }

// Add implements [write.Room].
func (r *room) Add(bytes int64) bool { return take(&r.left, bytes) }

// Spend implements [write.Room].
func (r *room) Spend(bytes int64) bool { return take(&r.last, bytes) }

func take(from *atomic.Int64, bytes int64) bool {
	if from.Add(-bytes) >= 0 {
		return true
	}
	from.Add(bytes)
	return false
}

// Room returns an error if this node can store nothing.
func (l *Log) Room() error {
	if l.room.Full() {
		return errors.New("jetstream: no storage is left; make room on the disk")
	}
	return nil
}

// watchRoom measures the room until ctx ends.
func (l *Log) watchRoom(ctx context.Context) {
	tick := time.NewTicker(roomEvery)
	defer tick.Stop()
	for {
		left, last, state, broken := l.measure()
		l.room.left.Store(left)
		l.room.last.Store(last)
		if was := l.room.state.Swap(state); was != state {
			l.log.WarnContext(ctx, "storage that is left", "state", [...]string{"enough", "only commands that free storage are accepted", "no command is accepted"}[state], "error", broken)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// measure reads the engine's limits, and the free space of the disks under the streams and the
// view. A file system that does not report its free space is taken to have room.
func (l *Log) measure() (left, last int64, state int32, broken error) {
	left, last = math.MaxInt64, math.MaxInt64
	used, most, broken := l.engine.Storage()
	if most > 0 {
		left, last = beyond(most, used+most/reservedOf), beyond(most, used+most/reservedOf/lastOf)
	}
	for _, dir := range l.room.dirs {
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
		return 0, 0, full, fmt.Errorf("jetstream: %w", broken)
	}
	return left, last, state, nil
}

// Roomy reports whether the disks under some directories have more than their reserve free.
func Roomy(dirs ...string) bool {
	for _, dir := range dirs {
		if n, _ := free(dir); n <= 0 {
			return false
		}
	}
	return true
}

// RoomFor reports whether so many bytes fit on the disk under a directory beside its reserve.
func RoomFor(dir string, bytes int64) bool {
	n, _ := free(dir)
	return n > bytes
}

// free returns how many bytes may be added to the disk under a directory. It is not ok if
// nothing may be written there.
func free(dir string) (n int64, ok bool) {
	usage, err := vfs.Default.GetDiskUsage(dir)
	if err != nil || usage.TotalBytes == 0 {
		return math.MaxInt64, true
	}
	return beyond(usage.AvailBytes, min(tightDisk, usage.TotalBytes/10)), usage.AvailBytes >= view.Reserve(usage.TotalBytes)
}

// beyond returns by how much a exceeds b, or -1 if it does not.
func beyond(a, b uint64) int64 {
	if a < b {
		return -1
	}
	return int64(min(a-b, math.MaxInt64))
}
