package receipts

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// record is the content of a message in the stream: cursors that have moved, in any number of
// channels.
type record struct {
	Epoch     string      `json:"epoch"`     // of the log whose seqs the record uses
	Timestamp int64       `json:"timestamp"` // of the record, Unix milliseconds
	Channels  []inChannel `json:"channels"`
}

type inChannel struct {
	Channel string  `json:"channel"`
	Cursors []moved `json:"cursors"`
}

// moved is one cursor, with a lower bound of how far it has got. With After it replaces the
// cursor instead, unless something has moved the cursor since that record. A cursor that is
// replaced by nothing is gone.
type moved struct {
	User      string `json:"user"`
	Read      uint64 `json:"read,omitzero"`
	Delivered uint64 `json:"delivered,omitzero"`
	After     uint64 `json:"after,omitzero"` // sequence of the cursor's last record
}

// write is a cursor that is to be stored. After is as in [moved].
type write struct {
	key
	Mark
	after uint64
}

// encode makes a record of writes. It sorts writes into the record's order.
func encode(epoch string, at int64, writes []write) ([]byte, error) {
	slices.SortFunc(writes, func(a, b write) int {
		return cmp.Or(cmp.Compare(a.channel, b.channel), cmp.Compare(a.user, b.user))
	})
	r := record{Epoch: epoch, Timestamp: at}
	for i, w := range writes {
		if i == 0 || w.channel != writes[i-1].channel {
			r.Channels = append(r.Channels, inChannel{Channel: w.channel})
		}
		in := &r.Channels[len(r.Channels)-1]
		in.Cursors = append(in.Cursors, moved{User: w.user, Read: w.Read, Delivered: w.Delivered, After: w.after})
	}
	return json.Marshal(r)
}

// decode reads the moves of a record that has this sequence. It accepts members that it does
// not know, because a newer node of the cluster may have written them. A record of another
// epoch belongs to another log, and has no moves.
func decode(epoch string, data []byte, seq uint64) ([]view.ReceiptMove, error) {
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("decode record of receipts: %w", err)
	}
	if r.Epoch != epoch {
		return nil, nil
	}
	var moves []view.ReceiptMove
	for _, in := range r.Channels {
		if !wire.ValidChannel(in.Channel) {
			continue
		}
		for _, c := range in.Cursors {
			if !wire.ValidUser(c.User) {
				continue
			}
			m := view.Receipt{Channel: in.Channel, User: c.User, Read: c.Read, Delivered: c.Delivered, At: seq}
			moves = append(moves, view.ReceiptMove{Receipt: m, After: c.After})
		}
	}
	return moves, nil
}
