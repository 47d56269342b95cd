package view

import (
	"bytes"
	"fmt"
	"math"
)

// CountMissed counts the events that a user has missed after a position in each shard, up to
// atMost. A result of atMost means that many or more. The cost grows with [View.CountScanned], and
// with the smaller of the count and atMost.
func (v *View) CountMissed(user string, after []uint64, atMost int) (count int, err error) {
	if len(after) != len(v.shards) {
		return 0, fmt.Errorf("count what was missed: %d positions for %d shards", len(after), len(v.shards))
	}
	err = v.read("count what was missed", func(r *reader) error {
		for shard, pos := range after {
			if pos >= v.Position(shard) {
				continue
			}
			gaps, err := r.gaps(v, user, Span{Shard: shard, After: pos, Upto: math.MaxUint64})
			if err != nil {
				return err
			}
			for i := 0; i < len(gaps) && count < atMost; i++ {
				n, err := r.count(gaps[i], atMost-count)
				if err != nil {
					return err
				}
				count += n
			}
		}
		return nil
	})
	return min(count, atMost), err
}

// CountScanned returns how many memberships of a user, present and former, [View.CountMissed]
// looks at for the same positions. It reads their keys only: less than a thirtieth of the cost.
func (v *View) CountScanned(user string, after []uint64) (n int, err error) {
	err = v.read("count memberships", func(r *reader) error {
		for shard, pos := range after {
			if pos >= v.Position(shard) {
				continue
			}
			for _, prefix := range [2][]byte{formerKeys(user, shard), appendMemberKey(nil, user, shard, "")} {
				ok := r.it.SeekGE(prefix)
				for ; ok && bytes.HasPrefix(r.it.Key(), prefix); ok = r.it.Next() {
					n++
				}
			}
		}
		return r.it.Error()
	})
	return n, err
}

// count counts the events in a gap, up to limit.
func (r *reader) count(g gap, limit int) (n int, err error) {
	at, err := r.start(g)
	if err != nil {
		return 0, err
	}
	r.key = appendEventKey(r.key[:0], g.channel, at)
	ok := r.it.SeekGE(r.key)
	for ; ok && n < limit && bytes.HasPrefix(r.it.Key(), r.key[:len(r.key)-placeLen]); ok = r.it.Next() {
		e, err := r.eventAt(g.channel)
		if err != nil {
			return 0, err
		}
		if e.Pos > g.upto {
			break
		}
		lacks, err := g.lacks(&e)
		if err != nil {
			return 0, err
		}
		if !lacks {
			n++
		}
	}
	return n, r.it.Error()
}
