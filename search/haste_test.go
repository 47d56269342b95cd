package search

import (
	"testing"
	"time"

	"natterjack/server/wire"
)

// TestHaste builds an edition beside writers, at leisure and in haste, at so many events a second.
func TestHaste(t *testing.T) {
	for name, at := range map[string]struct {
		left, written, leisure, haste float64
		hurries                       bool // at all
		most                          time.Duration
	}{
		"few write":       {left: 1e6, written: 500, leisure: 2500, haste: 10_000, most: 520 * time.Second},
		"many write":      {left: 1e6, written: 5000, leisure: 2500, haste: 10_000, hurries: true, most: 900 * time.Second},
		"nothing to read": {left: 0, written: 0, leisure: 2500, haste: 10_000, most: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			var h haste
			began := time.Now()
			now, left, hurried := began, at.left, false
			for left > 0 && now.Sub(began) <= at.most {
				speed := at.leisure
				if h.building(now, uint64(left)) {
					speed, hurried = at.haste, true
				}
				left += (at.written - speed) * lookEvery.Seconds()
				now = now.Add(lookEvery)
			}
			if left > 0 {
				t.Errorf("%.0f events are left after %v", left, at.most)
			}
			if hurried != at.hurries {
				t.Errorf("hurried: %v", hurried)
			}
		})
	}
}

// TestHaste_inUse lets an index in use fall far behind the log, and then catch up.
func TestHaste_inUse(t *testing.T) {
	var h haste
	for _, step := range []struct {
		left uint64
		want bool
	}{{0, false}, {mostBehind, false}, {mostBehind + 1, true}, {mostBehind/2 + 1, true}, {mostBehind / 2, false}, {mostBehind, false}} {
		if got := h.inUse(step.left); got != step.want {
			t.Errorf("%d events behind: hurries: %t", step.left, got)
		}
	}
}

// TestKeep_givesWay builds an index beside users, and shows that it rests, and no more once it is
// in use.
func TestKeep_givesWay(t *testing.T) {
	f := pond()
	f.busy = true
	n := run(t, f, t.TempDir(), "e")
	n.level()
	use, _ := n.editions()
	built := use.leisure.Spent()
	if built.Worked == 0 || built.Rested == 0 {
		t.Errorf("it was built without a rest: %+v", built)
	}
	f.put(wire.KindMessage, "gtoads", 4, "carol", "a new pond")
	n.level()
	if got := n.seqs("alice", "new pond"); got != "gtoads/4" {
		t.Errorf("found %q", got)
	}
	if after := use.leisure.Spent(); after.Worked != built.Worked {
		t.Errorf("it rests although the node is not busy: %+v", after)
	}
	f.mu.Lock()
	f.stride = 1e6
	f.mu.Unlock()
	await(t, "a rest of the index of a busy node", func() bool {
		f.put(wire.KindMessage, "gtoads", 5, "carol", "a newer pond")
		return use.leisure.Spent().Rested > built.Rested
	})
}

// TestRebuilding_inUse tells of an index in use that it lacks messages only if it has done so for
// some time.
func TestRebuilding_inUse(t *testing.T) {
	f := pond()
	n := run(t, f, t.TempDir(), "e")
	n.level()
	use, _ := n.editions()
	use.stop()
	use.running.Wait()
	f.put(wire.KindMessage, "gtoads", 4, "carol", "a new pond")
	if got := rebuilding(use, nil); got != nil {
		t.Errorf("at once: %+v", got)
	}
	await(t, "word that the index is behind", func() bool { // its keeper may have looked just before
		use.noteLevel(time.Now().Add(-behindFor))
		got := rebuilding(use, nil)
		return got != nil && got.Of == got.Done+1
	})
}
