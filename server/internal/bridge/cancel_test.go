package bridge

import (
	"context"
	"fmt"
	"testing"

	"natterjack/server/wire"
)

// TestCancel gives up reads that are under way and that wait for their turn, and leaves all others
// alone.
func TestCancel(t *testing.T) {
	b := &barrier{release: make(chan struct{})}
	r := newRig(t, Config{Log: &fakeLog{history: b.history}})
	c := r.connect(t, "alice")
	const all = maxCallers + 2
	for ref := 1; ref <= all; ref++ {
		c.send(fmt.Sprintf(`{"type":"history","ref":%d,"channel":"alice~bob"}`, ref))
	}
	eventually(t, func() bool { return b.running() == maxCallers })
	for _, ref := range []uint64{all, 2} { // one waits, and one is under way
		c.send(fmt.Sprintf(`{"type":"cancel","command":%d}`, ref))
		c.expectError(wire.CodeSuperseded, ref)
	}
	c.send(`{"type":"cancel","command":99}`) // there is none
	eventually(t, func() bool { return b.running() == maxCallers })
	close(b.release)
	for seen := map[uint64]bool{}; len(seen) < all-2; {
		p := expect[wire.Page](c)
		if seen[p.Ref.Ref] || p.Ref.Ref == 2 || p.Ref.Ref == all {
			t.Fatalf("an answer to %d", p.Ref.Ref)
		}
		seen[p.Ref.Ref] = true
	}
	c.send(`{"type":"cancel","ref":7}`)
	c.expectError(wire.CodeInvalid, 7)
}

// TestCancel_commit does not give up a command that may have been carried out.
func TestCancel_commit(t *testing.T) {
	release, begun := make(chan struct{}), make(chan struct{})
	log := &fakeLog{createGroup: func(ctx context.Context) error {
		close(begun)
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	c := newRig(t, Config{Log: log}).connect(t, "alice")
	c.send(`{"type":"create_group","ref":1,"client_id":"g","name":"n","members":[]}`)
	<-begun
	c.send(`{"type":"cancel","command":1}` + "\n" + `{"type":"list_channels","ref":2}`)
	if l := expect[wire.Channels](c); l.Ref.Ref != 2 {
		t.Errorf("answered %+v", l)
	}
	close(release)
	if g := expect[wire.Channel](c); g.Ref.Ref != 1 {
		t.Errorf("answered %+v", g)
	}
}
