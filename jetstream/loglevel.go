package jetstream

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"natterjack/server/wire"
)

// shippedLevel is the highest level of the log that this version reads and writes. A developer
// who adds a kind of event, or a member that changes the meaning of an event, must raise it and
// name in [shippedLevelOf] what needs it.
const shippedLevel = 5

// noteLevel is the level from which on notes are written, which no client may get. Until then
// nothing is noted. No command is refused for that.
const noteLevel = 2

// requestLevel is the level from which on the commands of users who wait to join are noted. A node
// that does not know what such a note refers to would answer a retry with the note's own ack.
const requestLevel = 3

// attachmentLevel is the level from which on messages have attachments. A writer that does not know
// attachments would remove them with an edit, and a view would count none of them.
const attachmentLevel = 3

// profileLevel is the level from which on there are profiles, and pictures of groups. A view that
// does not know them would remove their files, and a writer would forget a group's picture.
const profileLevel = 4

// pushLevel is the level from which on there are subscriptions to push. A node that does not know
// them would show their secrets to the user's other devices.
const pushLevel = 5

// shippedLevelOf returns the level of the log that a command needs.
func shippedLevelOf(cmd wire.Command) int {
	if content := contentOf(cmd); content != nil && len(content.Attachments) > 0 {
		return attachmentLevel
	}
	switch c := cmd.(type) {
	case wire.SubscribePush, wire.UnsubscribePush:
		return pushLevel
	case wire.SetProfile:
		return profileLevel
	case wire.UpdateChannel:
		if c.Picture != nil {
			return profileLevel
		}
	}
	return 1
}

// raiseAfter is how long all nodes must have said that they speak a higher level before the log
// is raised to it. It is long enough for a node that is about to start to be heard. It is
// counted in ticks of [levelEvery].
const raiseAfter = 10

// dialect holds the level at which the log may be written. Each node reports the highest level
// that it speaks. Once all nodes speak a higher level than the log's, the node that leads the
// first stream raises the log, in that stream's metadata. Until then no event of that level is
// written, because an older writer or an older view would not know it. A node that is older
// than the log does not start.
type dialect struct {
	js    jetstream.JetStream
	own   int                    // the highest level that this node speaks
	needs func(wire.Command) int // returns the level that a command needs
	log   atomic.Int64           // the log's level, as far as this node knows

	// Ticks in a row in which all nodes spoke a higher level than the log's. Only the goroutine
	// that calls tick uses it.
	agreed int
}

// newDialect returns the dialect of a node of this version, or in tests of another version.
func newDialect(js jetstream.JetStream, cfg *Config, at int) *dialect {
	d := &dialect{js: js, own: logLevel, needs: levelOf}
	if cfg.level != 0 {
		d.own, d.needs = cfg.level, cfg.levelOf
	}
	d.log.Store(int64(at))
	return d
}

// knows reports whether all nodes know the events of a level.
func (d *dialect) knows(level int) bool { return d.log.Load() >= int64(level) }

// admit refuses a command that needs a higher level than the log has.
func (d *dialect) admit(change wire.Command) error {
	if int64(d.needs(change)) <= d.log.Load() {
		return nil
	}
	return wire.Errorf(wire.CodeUnavailable, "this server is being upgraded, and not all of its nodes know %s yet; nothing was stored, retry later",
		change.Type()).After(time.Minute)
}

// tick raises the log if this node leads its first stream. Otherwise it checks whether the log
// has been raised.
func (d *dialect) tick(ctx context.Context, leads bool, peers map[string]*peer) error {
	common := d.own
	for _, p := range peers {
		common = min(common, p.speaks)
	}
	if int64(common) <= d.log.Load() {
		d.agreed = 0
		return nil
	}
	if d.agreed++; d.agreed < raiseAfter {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, levelTimeout)
	defer cancel()
	stream, err := d.js.Stream(ctx, StreamName(0))
	if err != nil {
		return fmt.Errorf("look at which level the log is: %w", err)
	}
	cfg := stream.CachedInfo().Config
	at, err := strconv.Atoi(cfg.Metadata[metaLevel])
	if err == nil && at < common && leads {
		at = common
		cfg.Metadata = maps.Clone(cfg.Metadata)
		cfg.Metadata[metaLevel] = strconv.Itoa(common)
		_, err = d.js.UpdateStream(ctx, cfg)
	}
	if err != nil {
		return fmt.Errorf("raise the log to level %d: %w", common, err)
	}
	d.log.Store(int64(at))
	return nil
}
