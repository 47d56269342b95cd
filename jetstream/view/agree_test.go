package view

import (
	"fmt"
	"math"
	"reflect"
	"slices"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"natterjack/server/wire"
)

// agree asks view and model everything about a channel and a user, with random limits.
func agree(t *rapid.T, v *View, s *script, channel, user string) {
	limit := rapid.IntRange(1, 8).Draw(t, "limit")
	for shard, want := range s.m.positions {
		same(t, "position", v.Position(shard), want)
	}
	st, err := v.Channel(channel)
	same(t, "channel "+channel, st, s.m.states[channel], err)
	agreeHistory(t, v, s, user, channel, limit)
	agreePassages(t, v, s, user, channel, limit)
	agreeMessage(t, v, s, user, channel)
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		e, err := v.Find(channel, user, id)
		same(t, "find in "+channel+" by "+user, e, s.m.find(channel, user, id), err)
	}
	ids, err := v.ChannelsOf(user)
	slices.Sort(ids)
	same(t, "channels of "+user, ids, s.m.channelsOf(user), err)
	agreeList(t, v, s, user, limit)
	agreeMissed(t, v, s, user, limit)
	agreeMedia(t, v, s, user, channel, limit)
	agreeProfiles(t, v, s, user)
}

func agreeMessage(t *rapid.T, v *View, s *script, user, channel string) {
	at := target{channel, rapid.Uint64Range(0, seqOf(s.m.states[channel])+1).Draw(t, "seq")}
	m, err := v.Message(channel, at.seq)
	same(t, fmt.Sprint("message ", at), m, s.m.messages[at], err)
	for _, e := range s.m.sent {
		if e.Channel == channel {
			agreeSent(t, v, s, e)
		}
	}
	versions, _, err := v.Edits(channel, at.seq, 0, math.MaxInt)
	same(t, fmt.Sprint("edits of ", at), versions, s.m.versions(at), err)
	shows, err := v.Shows(user, channel, at.seq)
	same(t, fmt.Sprint(user, " is shown ", at), shows, s.m.shows(user, channel, at.seq), err)
	unread, mentions, err := v.Counts(user, channel, at.seq)
	wantUnread, wantMentions := s.m.counts(user, channel, at.seq)
	same(t, "unread by "+user, unread, wantUnread, err)
	same(t, "mentions of "+user, mentions, wantMentions)
	var wantPins []Event
	if st := s.m.states[channel]; st != nil {
		for _, seq := range slices.Backward(st.Pins) {
			if s.m.messages[target{channel, seq}] != nil && s.m.shows(user, channel, seq) {
				wantPins = append(wantPins, s.m.row(t, target{channel, seq}))
			}
		}
	}
	pins, err := pinsOf(v, user, channel)
	same(t, "pins", pins, wantPins, err)
	for shard, want := range s.m.erasures {
		erasures, err := v.Erasures(shard, 0, 10_000)
		same(t, "erasures", erasures, want, err)
	}
}

// agreeSent asks for the message of an event that created it, or that is void.
func agreeSent(t *rapid.T, v *View, s *script, e Event) {
	record, err := wire.DecodeRecord(e.Record)
	if err != nil {
		t.Fatal(err)
	}
	m, err := v.MessageOf(e.Channel, &record, e.Pos)
	same(t, fmt.Sprint("message of the event at ", e.Pos), m, s.m.messages[target{e.Channel, record.Seq}], err)
}

func agreeList(t *rapid.T, v *View, s *script, user string, limit int) {
	read := rapid.Uint64Range(0, 9).Draw(t, "read")
	var behind *Mark
	for more := true; more; {
		var listed []Listed
		var err error
		listed, more, err = v.List(user, Listing{Behind: behind, Limit: limit}, func(string) uint64 { return read })
		want, wantMore := s.m.list(t, user, behind, limit, read)
		same(t, "list of "+user, listed, want, err)
		same(t, "more of the list of "+user, more, wantMore)
		if more {
			last := listed[len(listed)-1]
			behind = &Mark{last.Active, last.State.ID}
		}
	}
}

func agreeHistory(t *rapid.T, v *View, s *script, user, channel string, limit int) {
	top := seqOf(s.m.states[channel]) + 2
	for _, q := range [][2]uint64{
		{0, 0},
		{rapid.Uint64Range(0, top).Draw(t, "before"), 0},
		{0, rapid.Uint64Range(0, top).Draw(t, "after")},
	} {
		page, more, err := v.History(user, channel, Window{Before: q[0], After: q[1], Limit: limit})
		want, wantMore := s.m.history(t, user, channel, q[0], q[1], limit)
		if page == nil {
			page = []Event{}
		}
		same(t, fmt.Sprint("history of ", channel, q), page, want, err)
		same(t, fmt.Sprint("more history of ", channel, q), more, wantMore)
	}
}

func agreeMissed(t *rapid.T, v *View, s *script, user string, limit int) {
	after := make([]uint64, len(s.pos))
	total := 0
	for shard, top := range s.pos {
		after[shard] = rapid.Uint64Range(0, top).Draw(t, "after")
		span := Span{Shard: shard, After: after[shard], Upto: rapid.Uint64Range(after[shard], top+1).Draw(t, "upto")}
		same(t, "missed by "+user, missed(t, v, user, span, limit), s.m.missed(user, span))
		total += len(s.m.missed(user, Span{Shard: shard, After: after[shard], Upto: top}))
	}
	count, err := v.CountMissed(user, after, limit)
	same(t, "count missed by "+user, count, min(total, limit), err)
}

// missed reads a span to its end, in pieces.
func missed(t *rapid.T, v *View, user string, span Span, limit int) (all []Event) {
	maxBytes := rapid.SampledFrom([]int{1, 300, 1 << 20}).Draw(t, "max bytes")
	for more := true; more; {
		var events []Event
		var err error
		if events, more, err = v.Missed(user, span, limit, maxBytes); err != nil {
			t.Fatal(err)
		}
		if len(events) > limit || more && len(events) == 0 {
			t.Fatalf("%d events, more %v", len(events), more)
		}
		all = append(all, events...)
		if len(events) > 0 {
			span.After = events[len(events)-1].Pos
		}
	}
	return all
}

func same[T any](t *rapid.T, what string, got, want T, errs ...error) {
	for _, err := range errs {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	if !reflect.DeepEqual(want, got) { // cmp explains, but is slow
		t.Fatalf("%s (-want +got):\n%s", what, gocmp.Diff(want, got))
	}
}
