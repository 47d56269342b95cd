package view

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// model is the simplest possible view: it keeps all events and looks at all of them.
type model struct {
	shards    int
	positions []uint64
	held      []uint64
	states    map[string]*channel.State
	members   map[userChannel][]membership
	events    []stored // in the order applied; of each shard in the order of pos
	sent      []Event  // events that create messages, and those of them that are void
	messages  map[target]*channel.Message
	present   map[target][]string        // whom @here mentions
	hidden    map[string]map[target]bool // by user
	erasures  [][]Erasure
	seenBy    map[shardPos][]string // members after an event
	dropped   map[shardPos][]string // files that an event took from messages and channels, ascending
	profiles  map[string]channel.Profile
	pictures  map[string]given // by channel
}

type shardPos struct {
	shard int
	pos   uint64
}

type stored struct {
	Event
	shard  int
	seq    uint64 // of the channel, after the event
	record wire.Record
}

func newModel(shards int) *model {
	return &model{
		shards: shards, positions: make([]uint64, shards), held: make([]uint64, shards), erasures: make([][]Erasure, shards),
		states: make(map[string]*channel.State), members: make(map[userChannel][]membership), messages: make(map[target]*channel.Message),
		present: make(map[target][]string), hidden: make(map[string]map[target]bool), seenBy: make(map[shardPos][]string),
		dropped: make(map[shardPos][]string), profiles: make(map[string]channel.Profile), pictures: make(map[string]given),
	}
}

// apply takes an event as good, unless readable is false.
func (m *model) apply(t *rapid.T, e Event, r wire.Record, readable bool) {
	shard := evenly(m.shards)(e.Channel)
	if e.Pos <= m.positions[shard] {
		return
	}
	m.positions[shard] = e.Pos
	m.held[shard]++
	if readable && r.Kind == wire.KindMessage {
		m.sent = append(m.sent, e)
	}
	before := m.states[e.Channel]
	var head channel.Head
	if before != nil {
		head = before.Head
	}
	missing := (e.Pos - head.Pos) - (m.held[shard] - head.Held)
	if !readable || head.Follows(e.Pos, missing, &r) != nil {
		m.erasures[shard] = append(m.erasures[shard], Erasure{Pos: e.Pos, Channel: e.Channel, Positions: []uint64{e.Pos}})
		return
	}
	after := channel.Apply(before, e.Channel, e.Pos, &r)
	after.Held = m.held[shard]
	m.states[e.Channel] = after
	m.move(before, after, channel.When(&r))
	if r.Kind == wire.KindNote {
		m.note(after, e.Channel, r.Note)
	} else {
		m.seenBy[shardPos{shard, e.Pos}] = m.witnesses(after.Members, e.Channel, channel.About(&r))
	}
	if after.Deleted && before != nil && !before.Deleted {
		m.wipe(after, shard)
	}
	m.pictured(shardPos{shard, e.Pos}, &r, after)
	m.events = append(m.events, stored{Event: e, shard: shard, seq: after.Seq, record: r})
	if seq := channel.About(&r); seq != 0 && !after.Deleted {
		m.fold(t, target{e.Channel, seq}, m.events[len(m.events)-1])
	}
}

// note takes in the users whom @here mentions in a message. The first note of a message counts.
func (m *model) note(after *channel.State, id string, n *wire.Note) {
	if at := (target{id, n.Seq}); m.present[at] == nil && len(n.Present) > 0 && !after.Deleted {
		m.present[at] = n.Present
	}
}

// witnesses returns those of some members who may be told of an event about a message, or of an
// event about none.
func (m *model) witnesses(members []string, channel string, seq uint64) []string {
	blind := func(user string) bool { return !m.concerns(user, channel, seq) }
	if !slices.ContainsFunc(members, blind) {
		return members
	}
	var witnesses []string
	for _, user := range members {
		if !blind(user) {
			witnesses = append(witnesses, user)
		}
	}
	return witnesses
}

// concerns reports whether an event about a message concerns a user: the message was sent while
// the user was a member.
func (m *model) concerns(user, channel string, seq uint64) bool {
	_, _, direct := wire.DirectUsers(channel)
	return seq == 0 || direct || m.heard(user, channel, seq)
}

func (m *model) heard(user, channel string, seq uint64) bool {
	return slices.ContainsFunc(m.members[userChannel{user, channel}], func(m membership) bool { return seq > m.joined && seq <= m.left })
}

func (m *model) move(before, after *channel.State, at int64) {
	for _, user := range after.Members {
		if key := (userChannel{user, after.ID}); !before.Member(user) {
			m.members[key] = append(m.members[key], membership{since: after.Pos, joined: after.Seq, until: math.MaxUint64, left: math.MaxUint64, at: at})
		}
	}
	for key, all := range m.members {
		last := &all[len(all)-1]
		if key.channel != after.ID || last.over() || after.Member(key.user) {
			continue
		}
		if after.Deleted {
			last.since, last.joined = after.Pos, after.Seq
		}
		last.until, last.left = after.Pos, after.Seq
	}
	if before == nil {
		return
	}
	for _, user := range before.Requested {
		if key := (userChannel{user, after.ID}); !slices.Contains(after.Requested, user) && !after.Member(user) {
			m.members[key] = append(m.members[key], membership{since: after.Pos, until: after.Pos, joined: after.Seq, left: after.Seq, refused: true})
		}
	}
}

func (m *model) wipe(after *channel.State, shard int) {
	owed := Erasure{Pos: after.Pos, Channel: after.ID, All: true}
	m.events = slices.DeleteFunc(m.events, func(e stored) bool {
		if e.Channel == after.ID {
			owed.Positions = append(owed.Positions, e.Pos)
		}
		return e.Channel == after.ID
	})
	for t, message := range m.messages {
		if t.channel == after.ID {
			m.drop(shardPos{shard, after.Pos}, filesOf(message))
		}
	}
	maps.DeleteFunc(m.messages, func(t target, _ *channel.Message) bool { return t.channel == after.ID })
	maps.DeleteFunc(m.present, func(t target, _ []string) bool { return t.channel == after.ID })
	m.erasures[shard] = append(m.erasures[shard], owed)
}

func (m *model) fold(t *rapid.T, at target, e stored) {
	before := m.messages[at]
	after := channel.Fold(before, e.Pos, &e.record)
	if after == before {
		return
	}
	m.messages[at] = after
	m.drop(shardPos{e.shard, e.Pos}, slices.DeleteFunc(filesOf(before), func(id string) bool { return slices.Contains(filesOf(after), id) }))
	if before != nil && before.Content != nil && channel.MentionsHere(before.Content) && (after.Content == nil || !channel.MentionsHere(after.Content)) {
		delete(m.present, at) // an edit that mentions @here again is another mention
	}
	if e.Kind != wire.KindDelete {
		return
	}
	delete(m.present, at)
	owed := Erasure{Pos: e.Pos, Channel: e.Channel}
	again := before != nil && before.Deleted
	for i := range m.events {
		if e := &m.events[i]; m.about(e, at) && (e.Kind == wire.KindMessage || e.Kind == wire.KindEdit && !again) {
			e.record.Content = nil
			e.Record = encode(t, &e.record)
			owed.Positions = append(owed.Positions, e.Pos)
		}
	}
	if len(owed.Positions) > 0 {
		m.erasures[e.shard] = append(m.erasures[e.shard], owed)
	}
}

// about reports whether an event makes or edits a message. An edit before it does not count.
func (m *model) about(e *stored, at target) bool {
	if e.Channel != at.channel || channel.About(&e.record) != at.seq {
		return false
	}
	return e.Kind == wire.KindMessage || m.find1(func(o stored) bool {
		return o.Kind == wire.KindMessage && o.Channel == at.channel && o.record.Seq == at.seq && o.Pos < e.Pos
	}) != nil
}

func (m *model) find1(matches func(stored) bool) *stored {
	for i := range slices.Backward(m.events) {
		if matches(m.events[i]) {
			return &m.events[i]
		}
	}
	return nil
}

func (m *model) find(channel, sender, clientID string) *Event {
	e := m.find1(func(e stored) bool {
		return e.Channel == channel && e.record.Sender == sender && e.record.ClientID == clientID && clientID != ""
	})
	if e == nil {
		return nil
	}
	return &e.Event
}

// row returns a message as History does.
func (m *model) row(t *rapid.T, at target) Event {
	folded := m.messages[at]
	record := wire.Record{
		Kind: wire.KindMessage, Version: folded.Version, ID: folded.ID, ClientID: folded.ClientID, Sender: folded.Sender, Seq: folded.Seq, Timestamp: folded.Timestamp,
		Content: folded.Content, Folded: folded.Folded,
	}
	e := m.find1(func(e stored) bool {
		return e.Kind == wire.KindMessage && e.Channel == at.channel && e.Pos == folded.Pos
	})
	if e != nil {
		return e.Event
	}
	return Event{Pos: folded.Pos, Channel: at.channel, Kind: wire.KindMessage, Record: encode(t, &record)}
}

func (m *model) shows(user, channel string, seq uint64) bool {
	return !m.hidden[user][target{channel, seq}] && m.heard(user, channel, seq)
}

func (m *model) history(t *rapid.T, user, channel string, before, after uint64, limit int) (page []Event, more bool) {
	page = []Event{}
	for seq := uint64(1); seq <= seqOf(m.states[channel]); seq++ {
		at := target{channel, seq}
		if m.messages[at] != nil && m.shows(user, channel, seq) && seq > after && (before == 0 || seq < before) {
			page = append(page, m.row(t, at))
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

func (m *model) versions(at target) (versions []Version) {
	if folded := m.messages[at]; folded == nil || folded.Deleted {
		return nil
	}
	for i := range m.events {
		if e := &m.events[i]; (e.Kind == wire.KindMessage || e.Kind == wire.KindEdit) && m.about(e, at) {
			versions = append(versions, Version{Timestamp: e.record.Timestamp, Content: e.record.Content})
		}
	}
	return versions
}

func (m *model) channelsOf(user string) (ids []string) {
	for _, st := range m.states {
		if st.Member(user) {
			ids = append(ids, st.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func (m *model) counts(user, channel string, read uint64) (unread uint64, mentions int) {
	st, all := m.states[channel], m.members[userChannel{user, channel}]
	if !st.Member(user) {
		return 0, 0
	}
	read = max(read, all[len(all)-1].joined)
	for at, message := range m.messages { // includes messages that the log has erased
		if at.channel == channel && message.Sender == user {
			read = max(read, at.seq)
		}
	}
	if read >= st.Seq {
		return 0, 0
	}
	for seq := read + 1; seq <= st.Seq; seq++ {
		folded, present := m.messages[target{channel, seq}], m.present[target{channel, seq}]
		if folded != nil && folded.Content != nil && !m.hidden[user][target{channel, seq}] && slices.ContainsFunc(folded.Content.Mentions, func(m wire.Mention) bool {
			return m.Kind == wire.MentionChannel || m.Kind == wire.MentionUser && m.User == user ||
				m.Kind == wire.MentionHere && slices.Contains(present, user)
		}) {
			mentions++
		}
	}
	return st.Seq - read, mentions
}

func (m *model) list(t *rapid.T, user string, behind *Mark, limit int, read uint64) (listed []Listed, more bool) {
	var marks []Mark
	for _, id := range m.channelsOf(user) {
		all := m.members[userChannel{user, id}]
		mark := Mark{max(m.states[id].Said, all[len(all)-1].at), id}
		if behind == nil || behind.compare(mark) < 0 {
			marks = append(marks, mark)
		}
	}
	slices.SortFunc(marks, Mark.compare)
	for _, mark := range marks[:min(limit, len(marks))] {
		l := Listed{State: m.states[mark.ID], Active: mark.Active}
		l.Unread, l.Mentions = m.counts(user, mark.ID, read)
		all := m.members[userChannel{user, mark.ID}]
		for seq := l.State.Seq; seq > all[len(all)-1].joined && l.Last == nil; seq-- {
			if last := (target{mark.ID, seq}); m.messages[last] != nil && !m.hidden[user][last] {
				l.Last = new(m.row(t, last))
			}
		}
		listed = append(listed, l)
	}
	return listed, len(marks) > limit
}

func (m *model) missed(user string, s Span) (events []Event) {
	for _, e := range m.events {
		member := slices.ContainsFunc(m.members[userChannel{user, e.Channel}], func(m membership) bool { return e.Pos >= m.since && e.Pos <= m.until })
		if e.shard == s.Shard && member && e.Kind != wire.KindNote && m.concerns(user, e.Channel, channel.About(&e.record)) && e.Pos > s.After && e.Pos <= s.Upto {
			events = append(events, e.Event)
		}
	}
	return events
}

// TestViewAnswersAsTheModel applies random logs in random batches, some twice, reopens the view
// in between, with a cache too small to hold much, and compares all answers.
func TestViewAnswersAsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		watched := false
		o := Options{Shards: rapid.IntRange(1, 3).Draw(t, "shards"), StateBytes: 900, fs: vfs.NewMem(), Watched: func() bool { return watched }, recentAbove: rapid.IntRange(1, 20).Draw(t, "recent above"), recentMost: rapid.IntRange(1, 40).Draw(t, "recent most")}
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
					watched = rapid.Bool().Draw(t, "watched")
					for _, a := range apply(t, v, shard, slices.Concat(last[shard], events)) {
						if watched && a.Unknown {
							t.Fatalf("nobody knows who may see %+v", a)
						}
						if !a.Unknown {
							same(t, fmt.Sprintf("members after %+v", a), slices.Clip(a.Members()), s.m.seenBy[shardPos{shard, a.Pos}])
						}
					}
					last[shard] = events
				}
			},
			"hide": func(t *rapid.T) {
				shard, e := s.hide(t)
				apply(t, v, shard, []Event{e})
			},
			"apply again": func(t *rapid.T) {
				shard := rapid.IntRange(0, o.Shards-1).Draw(t, "shard")
				if applied := apply(t, v, shard, last[shard]); len(applied) != 0 {
					t.Fatalf("applied %d events twice", len(applied))
				}
			},
			"reopen": func(t *rapid.T) {
				if rapid.IntRange(0, 3).Draw(t, "forgets") == 0 {
					forgetVoid(t, v)
				}
				shut(t, v)
				v = open1(t, o)
				if err := v.Warm(context.Background(), nil); err != nil {
					t.Fatal(err)
				}
			},
		})
	})
}

// forgetVoid makes a view of one that has not noted void events.
func forgetVoid(t *rapid.T, v *View) {
	if err := v.db.DeleteRange([]byte{tagVoid}, []byte{tagVoid + 1}, pebble.NoSync); err != nil {
		t.Fatal(err)
	}
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
		if a.Head.Pos != a.Pos {
			t.Fatalf("event %d of %s came with head %+v", a.Pos, a.Channel, a.Head)
		}
	}
	return applied
}
