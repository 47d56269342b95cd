package view

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"natterjack/server/wire"
)

const (
	raceShards   = 2
	raceChannels = 12 // in each shard
	raceBatches  = 60
	raceFirst    = raceChannels // pos at which all channels are created
)

// TestReadersBesideApply has every batch add one message to every channel of its shard, so that
// a position tells what must be visible. Readers may never see less, and no channel may move
// backwards. The caches hold next to nothing.
func TestReadersBesideApply(t *testing.T) {
	v := newView(t, Options{Shards: raceShards, StateBytes: 1600, fs: vfs.NewMem(), recentAbove: 1})
	channels := raceChannelsOf(t)
	var writers, readers sync.WaitGroup
	var done atomic.Bool
	for shard, ids := range channels {
		writers.Go(func() { writeRace(t, v, shard, ids) })
	}
	for i := range 3 {
		readers.Go(func() {
			r := raceReader{v: v, channels: channels, seen: make(map[string]uint64), rng: rand.New(rand.NewPCG(uint64(i), 1))}
			for !done.Load() && !t.Failed() {
				r.look(t)
			}
		})
	}
	writers.Wait()
	done.Store(true)
	readers.Wait()
}

// raceChannelsOf returns direct channels of ann, by shard.
func raceChannelsOf(t *testing.T) [][]string {
	t.Helper()
	channels := make([][]string, raceShards)
	for i := 0; len(channels[0]) < raceChannels || len(channels[1]) < raceChannels; i++ {
		channel := wire.DirectChannel("ann", fmt.Sprint("peer", i))
		if shard := evenly(raceShards)(channel); len(channels[shard]) < raceChannels {
			channels[shard] = append(channels[shard], channel)
		}
	}
	return channels
}

func writeRace(t *testing.T, v *View, shard int, ids []string) {
	t.Helper()
	var events []Event
	for i, channel := range ids {
		_, peer, _ := wire.DirectUsers(channel)
		events = append(events, created(t, uint64(i+1), channel, "ann", peer))
	}
	for seq := uint64(1); seq <= raceBatches+1; seq++ {
		if _, err := v.Apply(shard, events, 0); err != nil {
			t.Error(err)
			return
		}
		events = events[:0]
		for i, channel := range ids {
			events = append(events, message(t, raceFirst+(seq-1)*raceChannels+uint64(i+1), channel, seq))
		}
	}
}

type raceReader struct {
	v        *View
	channels [][]string
	seen     map[string]uint64 // seq
	rng      *rand.Rand
}

// look reads a position and then checks that a channel shows what must be known at that
// position.
func (r *raceReader) look(t *testing.T) {
	t.Helper()
	shard := r.rng.IntN(raceShards)
	channel := r.channels[shard][r.rng.IntN(raceChannels)]
	pos := r.v.Position(shard)
	if pos == 0 {
		return
	}
	seq := (pos - raceFirst) / raceChannels
	st, err := r.v.Channel(channel)
	if err != nil || st == nil || st.Seq < max(seq, r.seen[channel]) || len(st.Members) != 2 {
		t.Errorf("channel at pos %d, after seq %d: %+v, %v", pos, r.seen[channel], st, err)
		return
	}
	r.seen[channel] = st.Seq
	if seq == 0 {
		return
	}
	page, _, err := r.v.History("ann", channel, Window{Limit: 3})
	if err != nil || len(page) == 0 || page[len(page)-1].Pos <= pos-raceChannels {
		t.Errorf("history at pos %d: %v, %v", pos, positions(page), err)
	}
	r.list(t, pos, seq)
	e, err := r.v.Find(channel, "ann", fmt.Sprint(seq))
	if err != nil || e == nil {
		t.Errorf("message %d at pos %d: %v, %v", seq, pos, e, err)
	}
	after := pos - 2*min(raceChannels, pos/2)
	missed, more, err := r.v.Missed("ann", Span{Shard: shard, After: after, Upto: pos}, 1000, 1<<20)
	if err != nil || more || uint64(len(missed)) != pos-after {
		t.Errorf("missed from %d to %d: %v, %v", after, pos, positions(missed), err)
	}
}

// list asks for all of ann's channels, from the index or from memory. None may be missing, and each
// must show everything up to the position.
func (r *raceReader) list(t *testing.T, pos, seq uint64) {
	t.Helper()
	shown, more, err := r.v.List("ann", Listing{Limit: 1000}, unread)
	if err != nil || more || len(shown) < raceChannels {
		t.Errorf("list at pos %d: %d channels, %v", pos, len(shown), err)
	}
	top, _, err := r.v.List("ann", Listing{Limit: 1}, unread)
	if err != nil || len(top) != 1 || uint64(top[0].Active) < pos*1000 {
		t.Errorf("top of the list at pos %d, seq %d: %+v, %v", pos, seq, top, err)
	}
}

// TestListIsOfOneMoment lists channels while messages come. The number of messages, of unread
// ones, and the last message are of one moment, although memory holds newer states.
func TestListIsOfOneMoment(t *testing.T) {
	v := newView(t, Options{fs: vfs.NewMem()})
	const channel, messages = "ann~bob", 2000
	must(v.Apply(0, []Event{created(t, 1, channel, "ann", "bob"), message(t, 2, channel, 1)}, 0))(t)
	var readers sync.WaitGroup
	var done atomic.Bool
	for range 3 {
		readers.Go(func() {
			for !done.Load() && !t.Failed() {
				lookAtList(t, v)
			}
		})
	}
	for seq := uint64(2); seq <= messages && !t.Failed(); seq++ {
		must(v.Apply(0, []Event{message(t, 1+seq, channel, seq)}, 0))(t)
	}
	done.Store(true)
	readers.Wait()
}

// lookAtList lists the channel of bob, who has read nothing that ann has sent.
func lookAtList(t *testing.T, v *View) {
	t.Helper()
	shown, _, err := v.List("bob", Listing{Limit: 10}, unread)
	if err != nil || len(shown) != 1 || shown[0].Last == nil {
		t.Errorf("%+v, %v", shown, err)
		return
	}
	last, err := wire.DecodeRecord(shown[0].Last.Record)
	if seq := shown[0].State.Seq; err != nil || shown[0].Unread != seq || last.Seq != seq {
		t.Errorf("%d messages, %d unread, the last is %d; %v", seq, shown[0].Unread, last.Seq, err)
	}
}
