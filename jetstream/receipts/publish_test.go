package receipts

import (
	"errors"
	"fmt"
	"testing"

	"natterjack/embed/embedtest"
)

// TestPublisher_batch: the sequences of a batch are those of its messages, and one write in conflict keeps none of the others back.
func TestPublisher_batch(t *testing.T) {
	node := embedtest.Start(t, embedtest.NoSync)
	start(t, node, 1)
	p := &publisher{shard: 0, conn: node.Conn}
	writes := make([]write, batchFrom)
	for i := range writes {
		writes[i] = write{key: key{"alice~bob", fmt.Sprint("u", i)}, Mark: Mark{Read: uint64(i + 1), Delivered: uint64(i + 1)}}
	}
	last, err := p.batch(t.Context(), writes)
	if err != nil {
		t.Fatalf("batch: %v", err)
	}
	check := func(i int, r result) {
		t.Helper()
		m, rev, err := p.last(t.Context(), writes[i].key)
		if err != nil || r.err != nil || m != writes[i].Mark || rev != r.rev {
			t.Errorf("write %d: %v at %d, %v; put says %+v", i, m, rev, err, r)
		}
	}
	for i, r := range results(len(writes), last, nil) {
		check(i, r)
		writes[i].after = r.rev
		writes[i].Read++
		writes[i].Mark = writes[i].merge(Mark{})
	}
	writes[3].after--
	if _, err := p.batch(t.Context(), writes); !errors.Is(err, errConflict) {
		t.Errorf("batch: %v, want %v", err, errConflict)
	}
	for i, r := range p.put(t.Context(), writes) {
		if i != 3 {
			check(i, r)
		} else if !errors.Is(r.err, errConflict) {
			t.Errorf("write %d: %+v, want a conflict", i, r)
		}
	}
	if m, rev, err := p.last(t.Context(), key{"alice~bob", "nobody"}); m != (Mark{}) || rev != 0 || err != nil {
		t.Errorf("last of nothing: %v %d %v", m, rev, err)
	}
}
