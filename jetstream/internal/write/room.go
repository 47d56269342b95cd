package write

import (
	"time"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Room is how much may still be stored on this node.
type Room interface {
	// Full reports whether nothing can be stored.
	Full() bool
	// Enough reports whether more is left than the reserve.
	Enough() bool
	// Add counts bytes that are about to be stored. It refuses them if only the reserve is left.
	Add(bytes int64) bool
	// Spend counts bytes that may be stored from the reserve. It refuses them if only the last
	// part of it is left, which is kept for commands that free room.
	Spend(bytes int64) bool
}

// admit refuses a command for which there is no room, and counts the bytes of others. Commands that
// free room are not counted.
func admit(r Room, c *Command) error {
	if r.Full() {
		return StorageFull()
	}
	if channel.Frees(c.change) {
		return nil
	}
	bytes := int64(c.bytes())
	if !r.Spend(bytes) {
		return wire.Errorf(wire.CodeStorageFull, "hardly any storage is left, and it is kept for deleting; nothing was stored, retry later").After(5 * time.Second)
	}
	if channel.Adds(c.change) && !r.Add(bytes) {
		return wire.Errorf(wire.CodeStorageFull, "hardly any storage is left, and it is kept for deleting and leaving; nothing was stored, retry later").After(5 * time.Second)
	}
	return nil
}

// refuse returns the commands of a round that are to be tried. If nothing can be stored, these
// are only the commands that an earlier try may have stored, and refuse answers the others at
// once.
func refuse(r Room, round []*Command) []*Command {
	if !r.Full() {
		return round
	}
	rest := round[:0]
	for _, c := range round {
		if c.tried {
			rest = append(rest, c)
		} else {
			c.answer(wire.Ack{}, StorageFull())
		}
	}
	return rest
}

// StorageFull returns the answer for a command for which there is no room at all.
func StorageFull() error {
	return wire.Errorf(wire.CodeStorageFull, "the server's storage is full; nothing was stored, retry later").After(5 * time.Second)
}
