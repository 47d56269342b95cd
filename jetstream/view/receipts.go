package view

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// Receipt is how far a user has got in a channel, in seqs. What was read was delivered.
type Receipt struct {
	Channel, User   string
	Read, Delivered uint64
	At              uint64 // where the stream of receipts last said all of this
}

// ReceiptMove is what a record of the stream of receipts says of a cursor. It moves the cursor up; or, where After is set, it
// replaces the cursor, if nothing has moved that since the record at After. A cursor that is replaced by nothing is gone.
type ReceiptMove struct {
	Receipt // At is the record's own place
	After   uint64
}

// ReceiptMoved is a cursor before and after a move.
type ReceiptMoved struct{ Before, After Receipt }

// receipts is what a view holds in memory of a shard's receipts: nothing of any of them.
type receipts struct {
	position atomic.Uint64
	live     atomic.Int64

	mu    sync.Mutex // guards following, and the place on disk where all of this is
	check ReceiptsCheck
}

// receiptsPlace is where the receipts of a shard have got. It is stored with them.
type receiptsPlace struct {
	position uint64 // all records up to here are applied
	live     uint64 // what the cursors take, see receiptSize
	check    ReceiptsCheck
}

// ReceiptsCheck says which cursors may be of a past that the log has lost: those up to a record, which was the last when the log ended at
// pos. It is zero where there is nothing to check.
type ReceiptsCheck struct{ Record, Pos uint64 }

// receiptSize is about what a cursor takes in the stream, in a record of many.
func receiptSize(r *Receipt) int64 { return int64(45 + len(r.Channel) + len(r.User)) }

// fold is the cursor after a move. Where At does not move, an earlier record still counts: the later one says less than is known.
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

// ReceiptsPosition is the last record of a shard's stream of receipts that is applied.
func (v *View) ReceiptsPosition(shard int) uint64 { return v.shards[shard].receipts.position.Load() }

// ReceiptsSize is about what a shard's cursors would take in its stream, if that held each of them once.
func (v *View) ReceiptsSize(shard int) int64 { return v.shards[shard].receipts.live.Load() }

// ApplyReceipts takes in records of one shard's stream of receipts, in their order, in one batch with the new position. It calls tell with
// the cursors that they were about, one for each move, before they can be read. It is for one goroutine a shard. After an error
// nothing has been applied.
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

// foldReceipts puts the cursors that moves change into a batch. Grown is by how much the cursors take more than before.
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

// commitReceipts makes a batch count, with the place that the receipts have got to. The caller holds the lock.
func (v *View) commitReceipts(batch *pebble.Batch, shard int, p receiptsPlace) error {
	_ = batch.Set(appendReceiptsPlaceKey(nil, shard), appendReceiptsPlace(nil, p), nil)
	if err := batch.Commit(pebble.NoSync); err != nil {
		return err
	}
	v.shards[shard].receipts.set(p)
	return nil
}

// set takes over what is on disk. The caller holds the lock, or nobody else has the view yet.
func (s *receipts) set(p receiptsPlace) {
	s.check = p.check
	s.live.Store(int64(p.live))
	s.position.Store(p.position)
}

// loadReceipts reads where a shard's receipts have got.
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

// Receipt is a user's cursor in a channel; without a place where there is none.
func (v *View) Receipt(channel, user string) (found Receipt, err error) {
	err = v.read("read receipt", func(r *reader) error {
		found, err = r.receipt(v.shardIndex(channel), channel, user)
		return err
	})
	return found, err
}

// Receipts are the cursors of a channel, by user, ascending: of all, or of some users.
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
