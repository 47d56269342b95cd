package receipts

import (
	"fmt"

	"github.com/go-json-experiment/json"
)

// Mark is how far a user has got in a channel, in seqs. What was read was delivered.
type Mark struct{ Read, Delivered uint64 }

// merge is the further of two in each respect.
func (m Mark) merge(o Mark) Mark {
	m.Read = max(m.Read, o.Read)
	m.Delivered = max(m.Delivered, o.Delivered, m.Read)
	return m
}

// covers reports whether merging o would change nothing.
func (m Mark) covers(o Mark) bool { return m.merge(o) == m }

// value is a mark as the stream holds it.
type value struct {
	Read      uint64 `json:"read"`
	Delivered uint64 `json:"delivered"`
	Timestamp int64  `json:"timestamp"` // of the write, Unix milliseconds
}

func encode(m Mark, at int64) ([]byte, error) {
	return json.Marshal(value{Read: m.Read, Delivered: m.Delivered, Timestamp: at})
}

// decode reads leniently: a newer node of the cluster may have written it.
func decode(data []byte) (Mark, error) {
	var v value
	if err := json.Unmarshal(data, &v); err != nil {
		return Mark{}, fmt.Errorf("decode mark: %w", err)
	}
	return Mark{}.merge(Mark{Read: v.Read, Delivered: v.Delivered}), nil
}
