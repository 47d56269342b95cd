package index

import (
	"fmt"
	"maps"
	"slices"

	bleve "github.com/blevesearch/bleve_index_api"
)

// Change gives the state of a message now, or says that it is gone.
type Change struct {
	Put     *Message
	Channel string // of the message that is gone, if Put is nil
	Seq     uint64 // of the message that is gone, or 0 if the whole channel is
	// Reworded says that the message had other words before, which must leave the files of the
	// index. If only its marks have changed, there is no hurry: merges take out the old entry.
	Reworded bool
}

// Batch holds the changes in some shards.
type Batch struct {
	Changes   []Change          // the last one of a message counts
	Positions map[string]uint64 // how far each shard was read
	Stored    map[string]int64  // when the log stored the event there, in Unix nanoseconds
}

// Apply applies a batch: all of it or nothing. When it returns, searches see the changes and
// positions, and they are on disk or get there as [Options] say. A position never goes back while
// the index is open.
func (x *Index) Apply(b Batch) error {
	return x.use(func() error {
		x.write.Lock()
		defer x.write.Unlock()
		batch, err := x.batch(b)
		if err != nil || batch == nil {
			return err
		}
		before, err := x.count()
		if err != nil {
			return err
		}
		if err := x.put(batch); err != nil {
			return err
		}
		if err := x.refresh(); err != nil {
			return err
		}
		after, err := x.count()
		replaced, mayOwe := owedBy(batch, b.Changes)
		x.owed.Add(min(before+replaced-after, mayOwe))
		return err
	})
}

// owedBy returns how many messages a batch adds or replaces, and how many it removes or rewords.
// The index may have had fewer of these.
func owedBy(batch *bleve.Batch, changes []Change) (puts, mayOwe uint64) {
	for _, doc := range batch.IndexOps {
		if doc != nil {
			puts++
		} else {
			mayOwe++
		}
	}
	for i := range changes {
		if c := &changes[i]; c.Put != nil && c.Reworded {
			mayOwe++
		}
	}
	return puts, mayOwe
}

// batch returns the changes for Bleve to write, or nil if there are none.
func (x *Index) batch(b Batch) (batch *bleve.Batch, err error) {
	v := x.acquire()
	defer closeInto(v, &err)
	batch = bleve.NewBatch()
	turn := x.leisure.Begin()
	defer turn.Rest()
	for _, c := range b.Changes {
		turn.Step()
		switch {
		case c.Put != nil:
			batch.Update(c.Put.document())
		case c.Seq > 0:
			batch.Delete(id(c.Channel, c.Seq))
		default:
			if err := x.removeChannel(v, batch, c.Channel); err != nil {
				return nil, fmt.Errorf("remove a channel from the search index: %w", err)
			}
		}
	}
	for _, shard := range slices.Sorted(maps.Keys(b.Positions)) {
		if pos := b.Positions[shard]; pos > v.position(shard) {
			batch.SetInternal(positionKey(shard), numberOf(pos))
			batch.SetInternal(storedKey(shard), numberOf(uint64(b.Stored[shard])))
		}
	}
	if len(batch.IndexOps) == 0 && len(batch.InternalOps) == 0 {
		return nil, nil //nolint:nilnil // there is nothing to write
	}
	_, mayOwe := owedBy(batch, b.Changes)
	batch.SetInternal(owedKey, numberOf(x.owed.Load()+mayOwe))
	return batch, nil
}

// removeChannel removes all documents of a channel, including documents that were added before in
// the same batch.
func (x *Index) removeChannel(v *view, batch *bleve.Batch, channel string) error {
	prefix := string(channelHash(channel))
	for name := range batch.IndexOps {
		if len(name) >= hashBytes && name[:hashBytes] == prefix {
			batch.Delete(name)
		}
	}
	for _, p := range v.parts {
		e := evaluator{part: p}
		docs, err := e.term(fieldChannel, channel)
		if err != nil {
			return err
		}
		for it := docs.Iterator(); it.HasNext(); {
			name, err := p.snapshot.DocID(uint64(it.Next()))
			if err != nil {
				return err
			}
			batch.Delete(string(name))
		}
	}
	return nil
}
