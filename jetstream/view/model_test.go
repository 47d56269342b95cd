package view

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// model is the simplest thing that answers as a view does: it keeps every event and looks at all of them.
type model struct {
	shards    int
	positions []uint64
	states    map[string]*channel.State
	joined    map[[2]string]uint64 // user, channel
	events    []stored             // in the order applied; of each shard in the order of pos
}

type stored struct {
	Event
	shard  int
	record wire.Record
}

func newModel(shards int) *model {
	return &model{
		shards: shards, positions: make([]uint64, shards),
		states: make(map[string]*channel.State), joined: make(map[[2]string]uint64),
	}
}

// apply takes an event as good, unless readable is false.
func (m *model) apply(e Event, r wire.Record, readable bool) {
	shard := wire.ShardOf(e.Channel, m.shards)
	if e.Pos <= m.positions[shard] {
		return
	}
	m.positions[shard] = e.Pos
	before := m.states[e.Channel]
	if !readable {
		m.states[e.Channel] = channel.Apply(before, e.Channel, "", e.Pos, &wire.Record{})
		return
	}
	after := channel.Apply(before, e.Channel, e.Kind, e.Pos, &r)
	m.states[e.Channel] = after
	m.events = append(m.events, stored{Event: e, shard: shard, record: r})
	for _, user := range after.Members {
		if !before.Member(user) {
			m.joined[[2]string{user, e.Channel}] = e.Pos
		}
	}
}

func (m *model) find(ch, sender, clientID string) *Event {
	for _, e := range slices.Backward(m.events) {
		if e.Channel == ch && e.record.Sender == sender && e.record.ClientID == clientID && clientID != "" {
			return &e.Event
		}
	}
	return nil
}

func (m *model) history(ch string, before, after uint64, limit int) (page []Event, more bool) {
	for _, e := range m.events {
		if e.Channel == ch && e.Kind == wire.KindMessage && e.record.Seq > after && (before == 0 || e.record.Seq < before) {
			page = append(page, e.Event)
		}
	}
	if len(page) <= limit {
		return page, false
	}
	if after != 0 {
		return page[:limit], true
	}
	return page[len(page)-limit:], true
}

func (m *model) channelsOf(user string) (ids []string) {
	for key := range m.joined {
		if key[0] == user {
			ids = append(ids, key[1])
		}
	}
	slices.Sort(ids)
	return ids
}

func (m *model) recent(user string, limit int) (states []*channel.State, more bool) {
	for _, id := range m.channelsOf(user) {
		states = append(states, m.states[id])
	}
	slices.SortStableFunc(states, func(a, b *channel.State) int { return cmp.Compare(b.Active, a.Active) })
	if len(states) > limit {
		return states[:limit], true
	}
	return states, false
}

func (m *model) missed(user string, s Span) (events []Event) {
	for _, e := range m.events {
		joined, member := m.joined[[2]string{user, e.Channel}]
		if e.shard == s.Shard && member && e.Pos >= joined && e.Pos > s.After && e.Pos <= s.Upto {
			events = append(events, e.Event)
		}
	}
	return events
}

// script draws what a log may hold: events of a few channels and users, some from newer nodes, some that nobody can
// read, and tells the model of each.
type script struct {
	m     *model
	pos   []uint64
	now   int64
	users []string
	ids   []string
}

func newScript(shards int) *script {
	s := &script{m: newModel(shards), pos: make([]uint64, shards), now: 1_790_000_000_000}
	s.users = []string{"ann", "bob", "cem", "dot", "annabel"}
	for i, a := range s.users {
		for _, b := range s.users[i:] {
			s.ids = append(s.ids, wire.DirectChannel(a, b))
		}
	}
	for i := range 4 {
		s.ids = append(s.ids, channel.GroupID("ann", fmt.Sprint(i)))
	}
	return s
}

// draw makes the next event of some channel.
func (s *script) draw(t *rapid.T) (shard int, e Event) {
	ch := rapid.SampledFrom(s.ids).Draw(t, "channel")
	shard = wire.ShardOf(ch, s.m.shards)
	s.pos[shard] += rapid.Uint64Range(1, 3).Draw(t, "leap")
	s.now += rapid.Int64Range(-2, 5).Draw(t, "time")
	e = Event{Pos: s.pos[shard], Channel: ch, Kind: wire.KindMessage}
	r := wire.Record{
		ID: fmt.Sprint(e.Pos), Timestamp: s.now, Sender: rapid.SampledFrom(s.users).Draw(t, "sender"),
		ClientID: rapid.SampledFrom([]string{"", "1", "2", "3", "4"}).Draw(t, "client id"),
	}
	st := s.m.states[ch]
	readable := true
	choice := rapid.IntRange(0, 19).Draw(t, "choice")
	switch {
	case choice == 0:
		e.Record, readable = []byte(rapid.SampledFrom([]string{"", "{", "[]", `{"seq":"x"}`, "{\n}"}).Draw(t, "garbage")), false
	case choice == 1:
		r.Seq, readable = rapid.Uint64Range(0, seqOf(st)).Draw(t, "old seq"), false
	case choice <= 3:
		e.Kind = wire.Kind(rapid.SampledFrom([]string{"reaction", "edit"}).Draw(t, "newer kind"))
	case st == nil || st.Kind == "" || choice <= 5:
		e.Kind = wire.KindMeta
		r.Meta = &wire.Meta{Action: wire.ActionCreated, Kind: wire.Group, Name: "g", Members: s.members(t, ch)}
	default:
		r.Seq = seqOf(st) + rapid.SampledFrom([]uint64{1, 1, 1, 1, 5}).Draw(t, "hole")
		r.Content = &wire.Content{Text: rapid.SampledFrom([]string{"", "こんばんは", "a rather long text"}).Draw(t, "text")}
	}
	if e.Record == nil && choice != 0 {
		e.Record = encode(t, &r)
	}
	s.m.apply(e, r, readable)
	return shard, e
}

func (s *script) members(t *rapid.T, ch string) []string {
	if a, b, direct := wire.DirectUsers(ch); direct {
		return slices.Compact([]string{a, b})
	}
	members := rapid.SliceOfNDistinct(rapid.SampledFrom(s.users), 1, len(s.users), rapid.ID).Draw(t, "members")
	slices.Sort(members)
	return members
}

func seqOf(st *channel.State) uint64 {
	if st == nil {
		return 0
	}
	return st.Seq
}

func encode(t interface{ Fatal(...any) }, r *wire.Record) []byte {
	data, err := wire.EncodeRecord(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestViewAnswersAsTheModel applies random logs in random batches, some twice, with the view closed and opened in between and
// a cache too small to hold much, and asks everything.
func TestViewAnswersAsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{Shards: rapid.IntRange(1, 3).Draw(t, "shards"), StateBytes: 2000, fs: vfs.NewMem()}
		v := open1(t, o)
		defer func() { shut(t, v) }()
		s := newScript(o.Shards)
		last := make([][]Event, o.Shards)
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				agree(t, v, s, rapid.SampledFrom(s.ids).Draw(t, "asked channel"), rapid.SampledFrom(s.users).Draw(t, "asked user"))
			},
			"apply": func(t *rapid.T) {
				batches := make([][]Event, o.Shards)
				for range rapid.IntRange(1, 12).Draw(t, "events") {
					shard, e := s.draw(t)
					batches[shard] = append(batches[shard], e)
				}
				for shard, events := range batches {
					apply(t, v, shard, slices.Concat(last[shard], events))
					last[shard] = events
				}
			},
			"apply again": func(t *rapid.T) {
				shard := rapid.IntRange(0, o.Shards-1).Draw(t, "shard")
				if applied := apply(t, v, shard, last[shard]); len(applied) != 0 {
					t.Fatalf("applied %d events twice", len(applied))
				}
			},
			"reopen": func(t *rapid.T) {
				shut(t, v)
				v = open1(t, o)
			},
		})
	})
}

func open1(t *rapid.T, o Options) *View {
	v, err := Open("view", o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func shut(t *rapid.T, v *View) {
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
}

func apply(t *rapid.T, v *View, shard int, events []Event) []Applied {
	applied, err := v.Apply(shard, events, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range applied {
		if a.State == nil || a.State.Pos != a.Pos || a.State.ID != a.Channel {
			t.Fatalf("event %d of %s came with state %+v", a.Pos, a.Channel, a.State)
		}
	}
	return applied
}

// agree asks view and model everything about a channel and a user, with limits drawn.
func agree(t *rapid.T, v *View, s *script, ch, user string) {
	limit := rapid.IntRange(1, 8).Draw(t, "limit")
	for shard, want := range s.m.positions {
		same(t, "position", v.Position(shard), want)
	}
	st, err := v.Channel(ch)
	same(t, "channel "+ch, st, s.m.states[ch], err)
	agreeHistory(t, v, s, ch, limit)
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		e, err := v.Find(ch, user, id)
		same(t, "find in "+ch+" by "+user, e, s.m.find(ch, user, id), err)
	}
	ids, err := v.ChannelsOf(user)
	slices.Sort(ids)
	same(t, "channels of "+user, ids, s.m.channelsOf(user), err)
	recent, more, err := v.Recent(user, limit)
	wantRecent, wantMore := s.m.recent(user, limit)
	same(t, "recent channels of "+user, recent, wantRecent, err)
	same(t, "more recent channels of "+user, more, wantMore)
	agreeMissed(t, v, s, user, limit)
}

func agreeHistory(t *rapid.T, v *View, s *script, ch string, limit int) {
	top := seqOf(s.m.states[ch]) + 2
	for _, q := range [][2]uint64{
		{0, 0},
		{rapid.Uint64Range(0, top).Draw(t, "before"), 0},
		{0, rapid.Uint64Range(0, top).Draw(t, "after")},
	} {
		page, more, err := v.History(ch, q[0], q[1], limit)
		want, wantMore := s.m.history(ch, q[0], q[1], limit)
		same(t, fmt.Sprint("history of ", ch, q), page, want, err)
		same(t, fmt.Sprint("more history of ", ch, q), more, wantMore)
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
