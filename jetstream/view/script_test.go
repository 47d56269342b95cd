package view

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// script draws what a log may hold: events of a few channels and users, some from newer nodes,
// some that no client can read. It tells the model of each event.
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
	if rapid.IntRange(0, 14).Draw(t, "of whom") == 0 {
		return s.profile(t)
	}
	channel := rapid.SampledFrom(s.ids).Draw(t, "channel")
	shard = evenly(s.m.shards)(channel)
	s.pos[shard] += rapid.Uint64Range(1, 3).Draw(t, "leap")
	s.now += rapid.Int64Range(-2, 5).Draw(t, "time")
	e = Event{Pos: s.pos[shard], Channel: channel, Kind: wire.KindMessage}
	r := wire.Record{
		ID: fmt.Sprint(e.Pos), Timestamp: s.now, Sender: rapid.SampledFrom(s.users).Draw(t, "sender"),
		ClientID: rapid.SampledFrom([]string{"", "1", "2", "3", "4"}).Draw(t, "client id"),
	}
	st := s.m.states[channel]
	readable := true
	s.number(t, shard, st, &r)
	choice := rapid.IntRange(0, 29).Draw(t, "choice")
	switch {
	case choice == 0:
		e.Record, readable = []byte(rapid.SampledFrom([]string{"", "{", "[]", `{"seq":"x"}`, "{\n}"}).Draw(t, "garbage")), false
	case choice == 2:
		e.Kind = wire.Kind(rapid.SampledFrom([]string{"thread", "poll"}).Draw(t, "newer kind"))
	case !st.Exists() || choice <= 4:
		e.Kind, r.Meta = wire.KindMeta, s.creation(t, channel)
	case choice <= 9:
		e.Kind, r.Meta = wire.KindMeta, s.move(t, channel)
	case choice <= 18:
		e.Kind = s.change(t, channel, &r)
	case choice == 19:
		e.Kind, r.Note = wire.KindNote, &wire.Note{Seq: rapid.Uint64Range(0, r.Last+2).Draw(t, "noted"), Present: s.members(t, channel)}
	default:
		r.Seq, r.Last = r.Last+1, 0
		r.Content = s.content(t)
	}
	if r.Kind = e.Kind; e.Record == nil && choice != 0 {
		e.Record = encode(t, &r)
	}
	s.m.apply(t, e, r, readable)
	return shard, e
}

// number draws the numbers of an event. Mostly they are those of the next event, and sometimes
// numbers that fit only where events are erased, or nowhere.
func (s *script) number(t *rapid.T, shard int, st *channel.State, r *wire.Record) {
	var head channel.Head
	if st != nil {
		head = st.Head
	}
	leap := rapid.SampledFrom([]uint64{0, 0, 0, 0, 0, 0, 0, 1, 2, 9}).Draw(t, "gone")
	r.Version, r.Last = head.Version+1+leap, head.Seq+rapid.Uint64Range(0, leap).Draw(t, "messages gone")
	switch rapid.IntRange(0, 19).Draw(t, "doubt") {
	case 0:
		r.Version = rapid.Uint64Range(0, head.Version).Draw(t, "old version")
	case 1:
		r.Last = rapid.Uint64Range(0, head.Seq+3).Draw(t, "any seq")
	case 2:
		r.After = rapid.Uint64Range(1, 4).Draw(t, "after")
	default:
	}
}

func (s *script) creation(t *rapid.T, channel string) *wire.Meta {
	m := &wire.Meta{Action: wire.ActionCreated, Kind: wire.Group, Name: "g", Members: s.members(t, channel)}
	if _, _, direct := wire.DirectUsers(channel); direct {
		m.Kind, m.Name = wire.Direct, ""
	}
	return m
}

// move returns a change of a channel itself. The rules do not judge events that are in a log.
func (s *script) move(t *rapid.T, channel string) *wire.Meta {
	action := rapid.SampledFrom([]wire.Action{
		wire.ActionAdded, wire.ActionAdded, wire.ActionJoined, wire.ActionRequested, wire.ActionLeft, wire.ActionRemoved, wire.ActionBanned, wire.ActionUnbanned,
		wire.ActionRole, wire.ActionUpdated, wire.ActionDeleted, "newer",
	}).Draw(t, "action")
	m := &wire.Meta{Action: action, Role: wire.RoleAdmin, Name: "h"}
	if slow := rapid.IntRange(0, 1).Draw(t, "slow"); action == wire.ActionUpdated {
		m.Settings = &wire.GroupSettings{Name: new("h"), Topic: new("t"), SlowModeS: &slow}
		if rapid.Bool().Draw(t, "pictured") {
			m.Settings.Picture = scriptPicture(t)
		}
	}
	if action != wire.ActionDeleted {
		m.Members = s.members(t, channel)
	}
	return m
}

// hide makes the event by which a user hides a message, or shows it again.
func (s *script) hide(t *rapid.T) (shard int, e Event) {
	user := rapid.SampledFrom(s.users).Draw(t, "hider")
	at := target{channel: rapid.SampledFrom(s.ids).Draw(t, "channel of the hidden")}
	at.seq = rapid.Uint64Range(1, max(1, seqOf(s.m.states[at.channel]))).Draw(t, "hidden")
	set := &wire.Setting{Name: fmt.Sprint(wire.SettingHide, at.channel, "/", at.seq), Value: rapid.SampledFrom([]string{"", "1", "1"}).Draw(t, "value")}
	own := wire.OwnChannel(user)
	shard = evenly(s.m.shards)(own)
	s.pos[shard]++
	r := wire.Record{Kind: wire.KindSetting, Version: 1, ID: fmt.Sprint(s.pos[shard]), Timestamp: s.now, Sender: user, Setting: set}
	if st := s.m.states[own]; st != nil {
		r.Version = st.Version + 1
	}
	e = Event{Pos: s.pos[shard], Channel: own, Kind: wire.KindSetting, Record: encode(t, &r)}
	s.m.apply(t, e, r, true)
	if s.m.hidden[user] == nil {
		s.m.hidden[user] = map[target]bool{}
	}
	s.m.hidden[user][at] = set.Value != ""
	return shard, e
}

// change returns a change of a message that may or may not exist.
func (s *script) change(t *rapid.T, channel string, r *wire.Record) wire.Kind {
	r.Target = rapid.Uint64Range(1, max(1, seqOf(s.m.states[channel]))).Draw(t, "target")
	r.Remove = rapid.Bool().Draw(t, "remove")
	kind := rapid.SampledFrom([]wire.Kind{wire.KindEdit, wire.KindEdit, wire.KindDelete, wire.KindReaction, wire.KindPin}).Draw(t, "change")
	switch kind {
	case wire.KindEdit:
		r.Content = s.content(t)
	case wire.KindReaction:
		r.Emoji = rapid.SampledFrom([]string{"👍", "🐸"}).Draw(t, "emoji")
	case wire.KindDelete:
		if m := s.m.messages[target{channel, r.Target}]; m != nil {
			r.Erased = &wire.Erased{ID: m.ID, Sender: m.Sender, Timestamp: m.Timestamp, Said: s.m.states[channel].Said}
		} else {
			r.Erased = &wire.Erased{ID: "gone", Sender: "ann", Timestamp: 5}
		}
	default:
	}
	return kind
}

func (s *script) content(t *rapid.T) *wire.Content {
	c := &wire.Content{Text: rapid.SampledFrom([]string{"こんばんは", "a rather long text", "short", "see https://a.example/b."}).Draw(t, "text")}
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3}).Draw(t, "attachments") {
		c.Attachments = append(c.Attachments, rapid.SampledFrom(scriptFiles).Draw(t, "attachment"))
	}
	for range rapid.IntRange(0, 2).Draw(t, "mentions") {
		c.Mentions = append(c.Mentions, rapid.SampledFrom([]wire.Mention{
			{Kind: wire.MentionUser, User: "ann", Length: 1},
			{Kind: wire.MentionUser, User: "bob", Length: 1},
			{Kind: wire.MentionHere, Length: 1},
			{Kind: wire.MentionChannel, Length: 1},
		}).Draw(t, "mention"))
	}
	return c
}

// scriptFiles are the files that messages may have, sometimes one twice.
var scriptFiles = []wire.Attachment{
	{ID: "f1", Kind: wire.AttachmentImage, Size: 1},
	{ID: "f2", Kind: wire.AttachmentVideo, Size: 20},
	{ID: "f3", Kind: wire.AttachmentVoice, Size: 300},
	{ID: "f4", Kind: "newer", Size: 4000},
}

func scriptIDs() (ids []string) {
	for _, f := range scriptFiles {
		ids = append(ids, f.ID)
	}
	return ids
}

func (s *script) members(t *rapid.T, channel string) []string {
	if a, b, direct := wire.DirectUsers(channel); direct {
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
