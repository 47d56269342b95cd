package view

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// Receipt is how far a user has got in a channel, as seqs. A message that was read counts as
// delivered.
type Receipt struct {
	Channel, User   string
	Read, Delivered uint64
	At              uint64 // the last record in the stream of receipts that says all of this
}

// ReceiptMove is the move of a cursor that a record of the stream of receipts has. It moves the
// cursor up. If After is set, it replaces the cursor instead, unless something has moved the cursor
// since the record at After. A replacement with nothing deletes the cursor.
type ReceiptMove struct {
	Receipt // At is this record's own sequence
	After   uint64
}

// ReceiptMoved is a cursor before and after a move.
type ReceiptMoved struct{ Before, After Receipt }

// receipts holds the part of a shard's receipts that a view keeps in memory. It holds no cursors.
type receipts struct {
	position atomic.Uint64
	live     atomic.Int64

	mu    sync.Mutex // guards check, and the place on disk where all of this is stored
	check ReceiptsCheck
}

// receiptsPlace is how far the receipts of a shard are applied. It is stored with them.
type receiptsPlace struct {
	position uint64 // all records up to here are applied
	live     uint64 // the size of all cursors, see receiptSize
	check    ReceiptsCheck
}

// ReceiptsCheck says which cursors may refer to messages that the log has lost: those stored by
// Record or before. Record was the last record when the log ended at Pos. The zero value means
// that there is nothing to check.
type ReceiptsCheck struct{ Record, Pos uint64 }

// receiptSize returns about how many bytes a cursor takes in the stream, in a record of many
// cursors.
func receiptSize(r *Receipt) int64 { return int64(45 + len(r.Channel) + len(r.User)) }

// fold returns the cursor after a move. Where At does not move, an earlier record still counts,
// because the later one says less than is known.
func (r Receipt) fold(m *ReceiptMove) Receipt {
	if m.After != 0 {
		if r.At != m.After {
			return r
		}
		r.Read, r.Delivered, r.At = m.Read, max(m.Read, m.Delivered), m.At
		if r.none() {
			r.At = 0
		}
		return r
	}
	next := r
	next.Read = max(r.Read, m.Read)
	next.Delivered = max(r.Delivered, m.Delivered, next.Read)
	if next.Read == m.Read && next.Delivered == max(m.Delivered, m.Read) {
		next.At = m.At
	}
	return next
}

func (r *Receipt) none() bool { return r.Read == 0 && r.Delivered == 0 }

// ReceiptsPosition returns the last record of a shard's stream of receipts that is applied.
func (v *View) ReceiptsPosition(shard int) uint64 { return v.shards[shard].receipts.position.Load() }

// ReceiptsSize returns about how many bytes a shard's cursors would take in its stream if the
// stream held each of them once.
func (v *View) ReceiptsSize(shard int) int64 { return v.shards[shard].receipts.live.Load() }

// ApplyReceipts takes in records of one shard's stream of receipts, in their order, and commits
// them in one batch with the new position. It calls tell with the cursors that the records were
// about, one for each move, before readers can see them. It is for one goroutine a shard. After
// an error nothing has been applied.
func (v *View) ApplyReceipts(shard int, moves []ReceiptMove, upto uint64, tell func([]ReceiptMoved)) error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.leave()
	if err := v.disk.room(); err != nil {
		return err
	}
	s := &v.shards[shard].receipts
	batch := v.db.NewBatch()
	moved, grown, err := v.foldReceipts(batch, shard, moves)
	if err == nil {
		tell(moved)
		s.mu.Lock()
		defer s.mu.Unlock()
		place := receiptsPlace{position: upto, live: uint64(max(0, s.live.Load()+grown)), check: s.check}
		err = v.commitReceipts(batch, shard, place)
	}
	if err = errors.Join(err, batch.Close()); err != nil {
		return fmt.Errorf("apply receipts to shard %d: %w", shard, err)
	}
	return nil
}

// foldReceipts puts the cursors that moves change into a batch. Grown is how many bytes the
// cursors take more than before.
func (v *View) foldReceipts(batch *pebble.Batch, shard int, moves []ReceiptMove) (moved []ReceiptMoved, grown int64, err error) {
	moved = make([]ReceiptMoved, 0, len(moves))
	met := make(map[userChannel]Receipt, len(moves))
	err = v.readEntered("read receipts", func(r *reader) error {
		for i := range moves {
			m := &moves[i]
			if v.shardIndex(m.Channel) != shard {
				continue // two goroutines would apply to one channel
			}
			k := userChannel{m.User, m.Channel}
			before, found := met[k]
			if !found {
				if before, err = r.receipt(shard, m.Channel, m.User); err != nil {
					return err
				}
			}
			after := before.fold(m)
			met[k] = after
			moved = append(moved, ReceiptMoved{before, after})
			if after == before {
				continue
			}
			r.key = appendReceiptKey(r.key[:0], shard, m.Channel, m.User)
			if after.none() {
				_ = batch.Delete(r.key, nil) // a batch is memory until it is committed
			} else {
				_ = batch.Set(r.key, appendReceipt(nil, &after), nil)
			}
			grown += sizeIfThere(&after) - sizeIfThere(&before)
		}
		return nil
	})
	return moved, grown, err
}

func sizeIfThere(r *Receipt) int64 {
	if r.none() {
		return 0
	}
	return receiptSize(r)
}

// commitReceipts commits a batch together with the place that the receipts have reached. The
// caller holds the lock.
func (v *View) commitReceipts(batch *pebble.Batch, shard int, p receiptsPlace) error {
	_ = batch.Set(appendReceiptsPlaceKey(nil, shard), appendReceiptsPlace(nil, p), nil)
	if err := batch.Commit(pebble.NoSync); err != nil {
		return err
	}
	v.shards[shard].receipts.set(p)
	return nil
}

// set takes over the state on disk. The caller holds the lock, or no other goroutine has the view
// yet.
func (s *receipts) set(p receiptsPlace) {
	s.check = p.check
	s.live.Store(int64(p.live))
	s.position.Store(p.position)
}

// loadReceipts reads the place that a shard's receipts have reached.
func (v *View) loadReceipts(shard int) error {
	return v.read("read position of receipts", func(r *reader) error {
		r.key = appendReceiptsPlaceKey(r.key[:0], shard)
		value, err := r.get()
		if value == nil || err != nil {
			return err
		}
		p, err := parseReceiptsPlace(value)
		v.shards[shard].receipts.set(p)
		return err
	})
}

// Receipt returns a user's cursor in a channel. Its At is 0 if there is no cursor.
func (v *View) Receipt(channel, user string) (found Receipt, err error) {
	err = v.read("read receipt", func(r *reader) error {
		found, err = r.receipt(v.shardIndex(channel), channel, user)
		return err
	})
	return found, err
}

// Receipts returns the cursors of a channel, ascending by user: all of them, or only the cursors of
// the given users.
func (v *View) Receipts(channel string, users ...string) (found []Receipt, err error) {
	shard := v.shardIndex(channel)
	err = v.read("read receipts", func(r *reader) error {
		if len(users) == 0 {
			found, err = r.receiptsOf(shard, channel)
			return err
		}
		for _, user := range slices.Compact(slices.Sorted(slices.Values(users))) {
			one, err := r.receipt(shard, channel, user)
			if err != nil {
				return err
			}
			if !one.none() {
				found = append(found, one)
			}
		}
		return nil
	})
	return found, err
}

// Places returns how far users have got in a channel, ascending by user: all users who have a
// cursor or have sent a message, or only the given users. A user who sends a message has seen
// everything before it, so each cursor is at least at its user's own last message. Nothing is
// stored for that.
func (v *View) Places(channel string, users ...string) (found []Receipt, err error) {
	shard := v.shardIndex(channel)
	err = v.read("read places", func(r *reader) error {
		if len(users) == 0 {
			found, err = r.places(shard, channel)
			return err
		}
		for _, user := range slices.Compact(slices.Sorted(slices.Values(users))) {
			one, err := r.receipt(shard, channel, user)
			if err != nil {
				return err
			}
			sent, err := r.own(channel, user)
			if err != nil {
				return err
			}
			if one.raise(sent); !one.none() {
				found = append(found, one)
			}
		}
		return nil
	})
	return found, err
}

// raise moves a cursor up to a message that its user has sent.
func (r *Receipt) raise(sent uint64) {
	r.Read, r.Delivered = max(r.Read, sent), max(r.Delivered, sent)
}

// places returns the places of all users who have got somewhere in a channel.
func (r *reader) places(shard int, channel string) ([]Receipt, error) {
	stored, err := r.receiptsOf(shard, channel)
	if err != nil {
		return nil, err
	}
	all := map[string]Receipt{}
	for _, one := range stored {
		all[one.User] = one
	}
	prefix := appendNamed(nil, tagOwn, channel)
	err = r.scan(prefix, pastPrefix(prefix), false, func() (bool, error) {
		p := parser{rest: r.it.Key()[len(prefix):]}
		user := p.name()
		value, err := r.it.ValueAndErr()
		if err = errors.Join(err, p.end()); err != nil {
			return false, err
		}
		sent, err := parseNumber(value)
		one := all[user]
		one.Channel, one.User = channel, user
		one.raise(sent)
		all[user] = one
		return true, err
	})
	return slices.SortedFunc(maps.Values(all), func(a, b Receipt) int { return strings.Compare(a.User, b.User) }), err
}

func (r *reader) receipt(shard int, channel, user string) (Receipt, error) {
	found := Receipt{Channel: channel, User: user}
	r.key = appendReceiptKey(r.key[:0], shard, channel, user)
	value, err := r.get()
	if value == nil || err != nil {
		return found, err
	}
	return found, parseReceipt(value, &found)
}

func (r *reader) receiptsOf(shard int, channel string) (all []Receipt, err error) {
	prefix := appendReceiptKey(nil, shard, channel, "")
	err = r.scan(prefix, pastPrefix(prefix), false, func() (bool, error) {
		found := Receipt{Channel: channel, User: string(r.it.Key()[len(prefix):])}
		value, err := r.it.ValueAndErr()
		if err == nil {
			err = parseReceipt(value, &found)
		}
		all = append(all, found)
		return true, err
	})
	return all, err
}
