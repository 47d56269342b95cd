package jetstream

import "testing"

// trial is a node of a cluster that is judged, and one peer.
type trial struct {
	*standing
	at []uint64
}

func newTrial(clustered bool) *trial {
	return &trial{standing: newStanding(2, clustered), at: []uint64{10, 10}}
}

// second is a second in which leaders name the ends of shards and the peer reports where it is
// behind. A nil behind is a peer that is not heard.
func (tr *trial) second(ends map[int]uint64, behind []int) {
	for shard, pos := range ends {
		tr.ends(shard, pos)
	}
	if behind != nil {
		tr.said("peer", behind)
	}
	tr.tick(tr.at)
}

func TestStanding(t *testing.T) {
	all := map[int]uint64{0: 10, 1: 10}
	level := []int{}
	for name, tt := range map[string]struct {
		alone   bool
		seconds func(*trial)
		away    bool
		deaf    bool
	}{
		"idle": {seconds: func(tr *trial) {
			for range 60 {
				tr.second(all, level)
			}
		}},
		"an election of nine seconds": {seconds: func(tr *trial) {
			for range 9 {
				tr.second(map[int]uint64{0: 10}, []int{1})
			}
		}, deaf: true},
		"after an election the peer is level first": {seconds: func(tr *trial) {
			for range 9 {
				tr.second(map[int]uint64{0: 10}, []int{1})
			}
			tr.second(map[int]uint64{0: 10}, level)
			tr.second(map[int]uint64{0: 10}, level)
			tr.second(all, level)
		}},
		"the view stands still": {seconds: func(tr *trial) {
			tr.second(all, level)
			for range 6 {
				tr.second(map[int]uint64{0: 10, 1: 11}, level)
			}
		}, away: true, deaf: true},
		"the view stands still in one shard, and another has no leader": {seconds: func(tr *trial) {
			for range 6 {
				tr.second(map[int]uint64{0: 11}, []int{1})
			}
		}, away: true, deaf: true},
		"the view is three seconds late": {seconds: func(tr *trial) {
			for i := range uint64(60) {
				tr.at[0] = 10 + i
				tr.second(map[int]uint64{0: 13 + i, 1: 10}, level)
			}
		}},
		"cut off": {seconds: func(tr *trial) {
			for range 9 {
				tr.second(nil, nil)
			}
		}, away: true, deaf: true},
		"no member of a cluster": {alone: true, seconds: func(tr *trial) {
			for range 60 {
				tr.second(nil, nil)
			}
		}, deaf: true},
		"level again, not for long yet": {seconds: func(tr *trial) {
			for range 9 {
				tr.second(nil, nil)
			}
			tr.second(all, level)
		}, away: true},
		"level again": {seconds: func(tr *trial) {
			for range 9 {
				tr.second(nil, nil)
			}
			for range levelFor {
				tr.second(all, level)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrial(!tt.alone)
			for range 5 {
				tr.second(all, level)
			}
			tt.seconds(tr)
			if tr.away != tt.away {
				t.Errorf("away %t, want %t", tr.away, tt.away)
			}
			if deaf := len(tr.behind(deafAfter-1)) > 0; deaf != tt.deaf {
				t.Errorf("deaf %t, want %t", deaf, tt.deaf)
			}
		})
	}
}
