package view

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// ResetReceipts deletes all cursors of a shard, because they are read again from the beginning
// of the stream. The cursors have to be checked afterwards: see [View.ReceiptsAhead].
func (v *View) ResetReceipts(shard int, check ReceiptsCheck) error {
	return v.changeReceipts("reset receipts", shard, func(batch *pebble.Batch, p *receiptsPlace) {
		prefix := appendReceiptsKey(nil, shard)
		_ = batch.DeleteRange(prefix, pastPrefix(prefix), nil)
		*p = receiptsPlace{check: check}
	})
}

// ReceiptsChecked notes that the cursors of a shard that had to be checked have been checked.
func (v *View) ReceiptsChecked(shard int, done ReceiptsCheck) error {
	return v.changeReceipts("note that receipts are checked", shard, func(_ *pebble.Batch, p *receiptsPlace) {
		if p.check == done {
			p.check = ReceiptsCheck{}
		}
	})
}

func (v *View) changeReceipts(what string, shard int, change func(*pebble.Batch, *receiptsPlace)) error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.leave()
	s := &v.shards[shard].receipts
	s.mu.Lock()
	defer s.mu.Unlock()
	place := receiptsPlace{position: s.position.Load(), live: uint64(s.live.Load()), check: s.check}
	batch := v.db.NewBatch()
	change(batch, &place)
	if err := errors.Join(v.commitReceipts(batch, shard, place), batch.Close()); err != nil {
		return fmt.Errorf("%s of shard %d: %w", what, shard, err)
	}
	return nil
}

// ReceiptsToCheck returns which cursors of a shard have to be checked.
func (v *View) ReceiptsToCheck(shard int) ReceiptsCheck {
	s := &v.shards[shard].receipts
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.check
}

// ReceiptsAhead returns up to limit cursors of a shard that are to be checked and are ahead of
// the log: they say more than the last seq that their channel had then. That seq is in Head.
// Such a cursor means that the log has lost its end. The view must have applied the log as far
// as the check says. The search starts at the cursor from, or at the first one if from is nil.
// Next is the cursor to go on from.
func (v *View) ReceiptsAhead(shard int, check ReceiptsCheck, from []byte, limit int) (ahead []ReceiptAhead, next []byte, err error) {
	err = v.read("look for receipts ahead of the log", func(r *reader) error {
		prefix := appendReceiptsKey(nil, shard)
		if from == nil {
			from = prefix
		}
		heads, err := v.newReader() // a channel's events and its cursors lie apart
		if err != nil {
			return err
		}
		var channel string
		var head uint64
		err = r.scan(from, pastPrefix(prefix), false, func() (bool, error) {
			if len(ahead) == limit {
				next = append([]byte(nil), r.it.Key()...)
				return false, nil
			}
			found, err := receiptAt(r, len(prefix))
			if err != nil || found.At > check.Record {
				return true, err
			}
			if found.Channel != channel {
				channel = found.Channel
				if head, err = heads.seqAt(channel, check.Pos); err != nil {
					return false, err
				}
			}
			if found.Delivered > head {
				ahead = append(ahead, ReceiptAhead{found, head})
			}
			return true, nil
		})
		return errors.Join(err, heads.it.Close())
	})
	return ahead, next, err
}

// seqAt returns the last seq that a channel had at a pos.
func (r *reader) seqAt(channel string, pos uint64) (seq uint64, err error) {
	prefix := appendNamed(nil, tagEvent, channel)
	err = r.scan(prefix, pastPrefix(prefix), true, func() (bool, error) {
		at := placeOf(r.it.Key())
		if at.pos <= pos {
			seq = at.seq
		}
		return at.pos > pos, nil
	})
	return seq, err
}

// ReceiptAhead is a cursor, and the last seq of its channel at a pos.
type ReceiptAhead struct {
	Receipt
	Head uint64
}

// receiptAt returns the cursor on which a reader stands. The part of its key after the prefix
// names it.
func receiptAt(r *reader, prefix int) (found Receipt, err error) {
	p := parser{rest: r.it.Key()[prefix:]}
	found.Channel, found.User = p.name(), string(p.rest)
	if p.err != nil {
		return found, p.err
	}
	value, err := r.it.ValueAndErr()
	if err != nil {
		return found, err
	}
	return found, parseReceipt(value, &found)
}
