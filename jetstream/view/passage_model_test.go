package view

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// changes returns the changes of a channel and its pins that a user is shown: all that they have
// missed if they have missed everything.
func (m *model) changes(user, id string) (all []stored) {
	stays := m.members[userChannel{user, id}]
	for _, e := range m.events {
		about := channel.About(&e.record)
		during := slices.ContainsFunc(stays, func(m membership) bool { return e.Pos >= m.since && e.Pos <= m.until && !m.refused })
		if e.Channel == id && during && (e.Kind == wire.KindMeta || e.Kind == wire.KindPin) &&
			m.concerns(user, id, about) && !m.hidden[user][target{id, about}] {
			all = append(all, e)
		}
	}
	return all
}

// pager reads a channel in pages and compares the changes in them with those of the model.
type pager struct {
	v        *View
	m        *model
	user, id string
	whole    Window // without a place
}

// agreePassages reads all of a channel in pages, from its end and from a message to both ends. The
// pages have every change once, in its place, whatever the sizes of the pages are.
func agreePassages(t *rapid.T, v *View, s *script, user, id string, limit int) {
	p := pager{v: v, m: s.m, user: user, id: id, whole: Window{Limit: limit, Changes: 1000, ChangeBytes: 1 << 20}}
	middle := rapid.Uint64Range(1, seqOf(s.m.states[id])+2).Draw(t, "middle")
	around := p.whole
	around.Around = middle
	for _, w := range []Window{p.whole, around} {
		w.Bytes = rapid.SampledFrom([]int{0, 300}).Draw(t, "bytes")
		first := p.read(t, w)
		p.agree(t, fmt.Sprintf("%+v", w), slices.Concat(p.before(t, first), first.Changes, p.after(t, first)))
	}
	split := p.whole
	split.Before = middle + 1
	lower := p.read(t, split)
	split.Before, split.After = 0, middle
	upper := p.read(t, split)
	p.agree(t, fmt.Sprint("split at ", middle), slices.Concat(p.before(t, lower), lower.Changes, upper.Changes, p.after(t, upper)))
	p.bounded(t)
}

// read reads a page. Its messages are those of History, and its changes are in their places.
func (p *pager) read(t *rapid.T, w Window) Passage {
	got, err := p.v.Passage(p.user, p.id, w)
	if err != nil {
		t.Fatal(err)
	}
	if w.Around == 0 {
		want, more, err := p.v.History(p.user, p.id, w)
		same(t, "messages", got.Messages, want, err)
		same(t, "more", got.More, more)
	}
	got.More, got.MoreAfter = got.More && w.After == 0, got.MoreAfter || got.More && w.After != 0
	for _, c := range got.Changes {
		at := p.m.find1(func(e stored) bool { return e.Pos == c.Pos && e.Channel == p.id })
		if at == nil {
			t.Fatalf("a change at %d, where there is none", c.Pos)
		}
		later := slices.IndexFunc(got.Messages, func(m Event) bool { return recordSeq(t, m) > at.seq })
		if later < 0 {
			later = len(got.Messages)
		}
		same(t, fmt.Sprint("place of ", c.Pos), c.Behind, later-1)
	}
	return got
}

// before returns the changes of all pages before one.
func (p *pager) before(t *rapid.T, next Passage) (all []Happened) {
	for next.More {
		w := p.whole
		w.Before = recordSeq(t, next.Messages[0])
		next = p.read(t, w)
		all = slices.Concat(next.Changes, all)
	}
	return all
}

// after returns the changes of all pages after one.
func (p *pager) after(t *rapid.T, last Passage) (all []Happened) {
	for last.MoreAfter {
		w := p.whole
		w.After = recordSeq(t, last.Messages[len(last.Messages)-1])
		last = p.read(t, w)
		all = append(all, last.Changes...)
	}
	return all
}

func (p *pager) agree(t *rapid.T, what string, got []Happened) {
	var events, want []Event
	for _, c := range got {
		events = append(events, c.Event)
	}
	for _, e := range p.m.changes(p.user, p.id) {
		want = append(want, e.Event)
	}
	same(t, fmt.Sprintf("changes of %s for %s, %s", p.id, p.user, what), events, want)
}

// bounded reads a page with room for few changes. It has the newest ones, at least one, and says if
// older ones are left out.
func (p *pager) bounded(t *rapid.T) {
	all := p.read(t, p.whole).Changes
	few := p.whole
	few.Changes = rapid.IntRange(1, 4).Draw(t, "changes")
	few.ChangeBytes = rapid.SampledFrom([]int{1, 500, 1 << 20}).Draw(t, "change bytes")
	got := p.read(t, few)
	same(t, "the newest changes", got.Changes, slices.Clip(all[len(all)-len(got.Changes):]))
	same(t, "left", got.Left, len(got.Changes) < len(all))
	size := 0
	for _, c := range got.Changes {
		size += len(c.Record)
	}
	if len(got.Changes) > few.Changes || len(got.Changes) > 1 && size > few.ChangeBytes || len(all) > 0 && len(got.Changes) == 0 {
		t.Fatalf("%d changes of %d bytes, room for %d of %d", len(got.Changes), size, few.Changes, few.ChangeBytes)
	}
}

func recordSeq(t *rapid.T, e Event) uint64 {
	r, err := wire.DecodeRecord(e.Record)
	if err != nil {
		t.Fatal(err)
	}
	return r.Seq
}
