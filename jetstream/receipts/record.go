package receipts

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// record is what a message of a stream says: cursors that have moved, of any number of channels.
type record struct {
	Epoch     string      `json:"epoch"`     // of the log that the seqs are of
	Timestamp int64       `json:"timestamp"` // of the record, Unix milliseconds
	Channels  []inChannel `json:"channels"`
}

type inChannel struct {
	Channel string  `json:"channel"`
	Cursors []moved `json:"cursors"`
}

// moved is one cursor, and how far it has got at least. With After it is replaced instead, if nothing has moved it since that record; one
// that is replaced by nothing is gone.
type moved struct {
	User      string `json:"user"`
	Read      uint64 `json:"read,omitzero"`
	Delivered uint64 `json:"delivered,omitzero"`
	After     uint64 `json:"after,omitzero"` // sequence of the cursor's last record
}

// write is a cursor that is to be stored. After is that of [moved].
type write struct {
	key
	Mark
	after uint64
}

// encode makes a record of writes, and brings them into its order.
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

// decode reads the moves of a record at a sequence: leniently, for a newer node of the cluster may have written it. Those of another
// epoch are about another log, and none.
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
