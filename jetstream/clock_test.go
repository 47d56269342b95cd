package jetstream

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"natterjack/embed/embedtest"
	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

func TestOffBy(t *testing.T) {
	for _, tt := range []struct{ offsets, want []time.Duration }{
		{nil, nil},
		{[]time.Duration{time.Hour}, nil}, // either clock may be the wrong one
		{[]time.Duration{time.Second, -time.Second}, nil},
		{[]time.Duration{time.Hour, 0}, nil},
		{[]time.Duration{time.Hour, time.Hour}, []time.Duration{time.Hour}},
		{[]time.Duration{3 * time.Second, -3 * time.Second}, []time.Duration{3 * time.Second}},
		{[]time.Duration{-time.Hour, 0, 0, -time.Hour}, nil},
		{[]time.Duration{-time.Hour, -time.Hour, 0, -time.Hour}, []time.Duration{-time.Hour}},
	} {
		want := time.Duration(0)
		if tt.want != nil {
			want = tt.want[0]
		}
		if got := offBy(slices.Clone(tt.offsets)); got != want {
			t.Errorf("%v: off by %v, want %v", tt.offsets, got, want)
		}
	}
}

// TestClock_aheadOfItsPeers runs a node whose clock is an hour ahead. The node reports it, and
// leads nothing until its clock is right.
func TestClock_aheadOfItsPeers(t *testing.T) {
	t.Parallel()
	nodes := embedtest.Cluster(t, 3, embedtest.NoSync)
	logs := make([]*Log, 3)
	var ahead atomic.Int64
	for i, node := range nodes {
		cfg := Config{Replicas: 3, Limits: hurried()}
		if i == 0 {
			cfg.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		}
		logs[i] = buildWith(t, cfg, node, t.TempDir())
		run(t, logs[i])
	}
	for _, l := range logs {
		eventually(t, "ready", func() bool {
			select {
			case <-l.Ready():
				return true
			default:
				return false
			}
		})
	}
	leads := func() (n int) {
		for shard := range logs[0].Shards() {
			if nodes[0].LeadsStream(StreamName(shard)) {
				n++
			}
		}
		return n
	}
	eventually(t, "node 0 leads", func() bool {
		// Node 0 may have to become level before it can lead.
		return leads() > 0 || logs[1].moveLead(t.Context(), 0, nodes[0].Name()) == nil && leads() > 0
	})
	ahead.Store(int64(time.Hour))
	wrong := ""
	for i := 0; wrong == "" && leads() > 0; i++ {
		peer := fmt.Sprint("peer", i)
		if ack := mustSend(t, logs[0], "alice", text(peer, "ahead", "hi")); time.Until(time.UnixMilli(ack.Timestamp)) > time.Minute {
			wrong = peer
		}
	}
	eventually(t, "it leads nothing", func() bool { return leads() == 0 && logs[0].Clock() != nil })
	mustSend(t, logs[0], "alice", text("bob", "1", "hi"))
	if wrong != "" {
		ack := mustSend(t, logs[0], "alice", text(wrong, "right", "hi"))
		if off := time.Until(time.UnixMilli(ack.Timestamp)); off > clockSlack || ack.Seq != 2 {
			t.Errorf("message %d of a channel in which one was dated ahead is %v ahead", ack.Seq, off)
		}
		mustSend(t, logs[0], "alice", text("bob", "2", "hi"))
		// Another node may show the last message a moment later.
		eventually(t, "alice~bob is on top", func() bool {
			listed, _, err := logs[1].Channels(t.Context(), "alice", &wire.ListChannels{})
			return err == nil && listed[0].ID == "alice~bob"
		})
	}
	for _, l := range logs[1:] {
		if err := l.Clock(); err != nil {
			t.Error(err)
		}
	}
	ahead.Store(0)
	eventually(t, "its clock is right", func() bool { return logs[0].Clock() == nil })
}

// TestClock_oneMessageAhead has one message stored while the clock is a day ahead. Once the
// clock is right, everything else is right again within the interval that it names: rates, slow
// mode, invites, timestamps and the order of channels.
func TestClock_oneMessageAhead(t *testing.T) {
	var ahead atomic.Int64
	limits := wire.DefaultLimits()
	l := buildWith(t, Config{Replicas: 1, Limits: limits, Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }},
		embedtest.Start(t, embedtest.NoSync), t.TempDir())
	run(t, l)
	<-l.Ready()
	early, late := secretOf("e"), secretOf("l")
	group, err := l.CreateGroup(t.Context(), "ann", &wire.CreateGroup{ClientID: "g", Name: "toads", Members: []string{"bob"}})
	if err != nil {
		t.Fatal(err)
	}
	pause := 1
	change(t, l, "ann", wire.UpdateChannel{Channel: group.ID, SlowModeS: &pause})
	change(t, l, "ann", wire.CreateInvite{Channel: group.ID, Hash: channel.SecretHash(early), ExpiresS: 3600})
	ahead.Store(int64(24 * time.Hour))
	change(t, l, "ann", wire.CreateInvite{Channel: group.ID, Hash: channel.SecretHash(late), ExpiresS: 60})
	change(t, l, "bob", in(group.ID, "ahead", "x"))
	ahead.Store(0)
	eventually(t, "the view knows", func() bool {
		listed, _, err := l.Channels(t.Context(), "ann", &wire.ListChannels{})
		return err == nil && len(listed) == 1 && time.Until(time.UnixMilli(listed[0].Active)) < clockSlack
	})

	began := time.Now()
	for i := range 2 * limits.ChannelEventsPerS {
		mustSend(t, l, "ann", in(group.ID, fmt.Sprint(i), "x"))
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("twice the channel's rate took %v", took)
	}
	ack := mustSend(t, l, "bob", in(group.ID, "right", "x"))
	if off := time.Until(time.UnixMilli(ack.Timestamp)); off > clockSlack || ack.Seq != uint64(2*limits.ChannelEventsPerS+2) {
		t.Errorf("message %d is %v ahead", ack.Seq, off)
	}
	if _, err := l.Change(t.Context(), "bob", in(group.ID, "too soon", "x")); tooFast(t, err, group.ID) > time.Second {
		t.Errorf("slow mode of a second: %v", err)
	}
	mustSend(t, l, "bob", in(group.ID, "later", "x"))
	mustSend(t, l, "ann", text("cem", "1", "x"))
	listed, _, err := l.Channels(t.Context(), "ann", &wire.ListChannels{})
	if err != nil || len(listed) != 2 || listed[0].ID != "ann~cem" {
		t.Errorf("on top is %+v, %v", listed, err)
	}

	change(t, l, "eve", wire.Join{Channel: group.ID, Secret: early})
	change(t, l, "fay", wire.Join{Channel: group.ID, Secret: late})
	ahead.Store(int64(2 * time.Minute)) // as if that had passed
	if _, err := l.Change(t.Context(), "gus", wire.Join{Channel: group.ID, Secret: late}); !errors.Is(err, channel.Forbidden()) {
		t.Errorf("an invite of a minute, two minutes later: %v", err)
	}
}

func secretOf(c string) string { return strings.Repeat(c, wire.MinSecretLen) }
