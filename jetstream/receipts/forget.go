package receipts

import (
	"context"
	"fmt"
	"slices"
)

// Parting is a user who has ceased to be a member of a channel.
type Parting struct{ Channel, User string }

// Forget makes every node, and the stream, forget cursors of one shard at their present
// positions. A cursor that moves in the meantime stays.
func (s *Store) Forget(ctx context.Context, shard int, gone []Parting) error {
	var writes []write
	for _, g := range gone {
		r, err := s.cfg.View.Receipt(g.Channel, g.User)
		if err != nil {
			return fmt.Errorf("forget cursors: %w", err)
		}
		if r.At != 0 {
			writes = append(writes, write{key: key{g.Channel, g.User}, after: r.At})
		}
	}
	for some := range slices.Chunk(writes, maxRecord) {
		if _, err := s.shards[shard].stream.put(ctx, some); err != nil {
			return fmt.Errorf("forget cursors: %w", err)
		}
	}
	return nil
}
