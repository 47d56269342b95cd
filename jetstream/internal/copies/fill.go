package copies

import (
	"cmp"
	"context"
	"slices"
)

// Fill returns the records that came behind a position, which ascend, and between them the records
// that the copy has lost and other copies have.
func (r *Reader) Fill(ctx context.Context, after uint64, came []Record) ([]Record, error) {
	doubts := r.Doubts(after, func(yield func(uint64) bool) {
		for i := range came {
			if !yield(came[i].Pos) {
				return
			}
		}
	})
	if len(doubts) == 0 {
		return came, nil
	}
	lost, err := r.Ask(ctx, doubts)
	if err != nil || len(lost.Stretches) == 0 {
		return came, err
	}
	for _, s := range lost.Stretches {
		for s.First <= s.Last {
			records, upto, err := r.Read(ctx, &lost, s)
			if err != nil {
				return nil, err
			}
			came = append(came, records...)
			s.First = upto + 1
		}
	}
	slices.SortFunc(came, func(a, b Record) int { return cmp.Compare(a.Pos, b.Pos) })
	return came, nil
}
