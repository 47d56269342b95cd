package duty

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/internal/api"
)

// TestDuty_lostEnd gives out numbers again that the duty has passed.
func TestDuty_lostEnd(t *testing.T) {
	r := newRig(t, embedtest.Start(t, embedtest.NoSync))
	for range 3 {
		r.publish(0, "message")
	}
	did := &diary{}
	cfg := Config{Begin: AtFirst, Doer: did}
	_, stop := r.run(cfg)
	did.awaitDone(t, 0, 1, 2, 3)
	stop()
	if err := r.js.DeleteStream(t.Context(), streamName(0)); err != nil {
		t.Fatal(err)
	}
	r = newRig(t, r.node)
	r.publish(0, "message")
	r.ends = 1
	_, _ = r.run(cfg)
	await(t, "the position to go back", func() bool { return r.position(0) == 1 })
	r.publish(0, "message")
	did.awaitDone(t, 0, 1, 2, 3, 2)
}

// TestDuty_regrown goes back where the log has lost its end, if the log has grown beyond the
// position again before the duty begins. A log that is whole is not gone through again.
func TestDuty_regrown(t *testing.T) {
	r := newRig(t, embedtest.Start(t, embedtest.NoSync))
	for range 3 {
		r.publish(0, "message")
	}
	did := &diary{}
	cfg := Config{Begin: AtFirst, Doer: did}
	_, stop := r.run(cfg)
	did.awaitDone(t, 0, 1, 2, 3)
	stop()
	r.publish(0, "message")
	_, stop = r.run(cfg)
	did.awaitDone(t, 0, 1, 2, 3, 4)
	stop()
	if err := r.js.DeleteStream(t.Context(), streamName(0)); err != nil {
		t.Fatal(err)
	}
	r = newRig(t, r.node)
	for range 5 {
		r.publish(0, "message")
	}
	_, _ = r.run(cfg)
	did.awaitDone(t, 0, 1, 2, 3, 4, 1, 2, 3, 4, 5)
}

// TestDuty_clocks goes on where a node with an unknown clock has stored its position. Only the
// stream's own times tell whether the log has lost its end.
func TestDuty_clocks(t *testing.T) {
	for name, c := range map[string]struct {
		ahead  time.Duration // how far the clock of the stream's leader was ahead
		erased bool          // the event at the position is
		loses  bool          // the log loses all, and is given five events anew
		want   []uint64
	}{
		"whole":                          {want: []uint64{4}},
		"erased":                         {erased: true, want: []uint64{4}},
		"lost":                           {loses: true, want: []uint64{1, 2, 3, 4, 5}},
		"lost, and erased":               {loses: true, erased: true, want: []uint64{1, 2, 4, 5}},
		"lost, of a leader that is late": {loses: true, ahead: time.Hour, want: []uint64{3, 4, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, embedtest.Start(t, embedtest.NoSync))
			for range 3 {
				r.publish(0, "message")
			}
			r.leave(0, c.ahead)
			if c.loses {
				if err := r.js.DeleteStream(t.Context(), streamName(0)); err != nil {
					t.Fatal(err)
				}
				r = newRig(t, r.node)
				for range 4 {
					r.publish(0, "message")
				}
			}
			if c.erased {
				if err := api.Delete(t.Context(), r.node.Conn, streamName(0), 3); err != nil {
					t.Fatal(err)
				}
			}
			last := r.publish(0, "message")
			did := &diary{}
			_, stop := r.run(Config{Begin: AtFirst, Doer: did})
			did.awaitDone(t, 0, c.want...)
			stop()
			if got := r.position(0); got != last {
				t.Errorf("the position is %d, want %d", got, last)
			}
		})
	}
}

// leave stores that another node has done all events of a shard. The clock of the stream's leader
// was ahead when it stored them.
func (r *rig) leave(shard int, ahead time.Duration) {
	r.tb.Helper()
	m, err := api.Last(r.tb.Context(), r.node.Conn, streamName(shard), fmt.Sprintf("chat.%d.alice~bob", shard))
	if err != nil {
		r.tb.Fatal(err)
	}
	body, err := json.Marshal(record{Epoch: "epoch", Node: "another", Pos: m.Sequence, Event: m.Time.Add(ahead)})
	if err == nil {
		_, err = r.js.CreateOrUpdateStream(r.tb.Context(), StreamConfig(1))
	}
	if err == nil {
		_, err = r.js.Publish(r.tb.Context(), Subject("test", shard), body)
	}
	if err != nil {
		r.tb.Fatal(err)
	}
}
