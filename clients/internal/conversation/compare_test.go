package conversation

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	natter "natterjack/clients/go"
)

// list compares the channels that a device is shown, and their unread counts.
func (w *world) list(t *rapid.T) {
	p, c := w.someone(t)
	w.compareList(t, p, c)
}

// look compares a channel as a device is shown it.
func (w *world) look(t *rapid.T) {
	p, c := w.someone(t)
	r := w.room(t, p)
	w.compareHistory(t, r, p, c)
	w.compareChannel(t, r, p, c)
	w.compareReceipts(t, r, p, c)
}

// lookAll compares every channel for every user on every device.
func (w *world) lookAll(t *rapid.T) {
	for _, p := range w.people {
		for i, d := range p.devices {
			c := w.client(t, d)
			w.compareList(t, p, c)
			shut := w.shut(p, c)
			for _, r := range w.rooms {
				if !shut[r] {
					w.compareHistory(t, r, p, c)
				}
				w.compareMirror(t, r, p, d)
				if i == 0 && !shut[r] {
					w.compareChannel(t, r, p, c)
					w.compareReceipts(t, r, p, c)
				}
			}
		}
		w.comparePresence(t, p, p.devices[0].client)
	}
}

// shut returns the channels that a person is not in, and that a device's server refuses to show
// them, as it should. It asks for all of them at once: each member of a cluster waits for a moment
// before it refuses, because it may not know yet what the person has seen elsewhere.
func (w *world) shut(p *person, c client) map[*room]bool {
	var asking sync.WaitGroup
	answers := map[*room]*[3]error{}
	for _, r := range w.rooms {
		if r.open(p.name) {
			continue
		}
		got := new([3]error)
		answers[r] = got
		asking.Go(func() {
			_, got[0] = c.History(w.ctx, r.id, natter.Around{Before: uint64(len(r.messages)) + 1, Limit: 10})
		})
		asking.Go(func() { _, got[1] = c.Channel(w.ctx, r.id) })
		asking.Go(func() { _, got[2] = c.Receipts(w.ctx, r.id) })
	}
	asking.Wait()
	shut := map[*room]bool{}
	for r, got := range answers {
		shut[r] = isForbidden(got[0]) && isForbidden(got[1]) && isForbidden(got[2])
	}
	return shut
}

func isForbidden(err error) bool {
	e, ok := errors.AsType[*natter.Error](err)
	return ok && e.Code == forbidden
}

// finish ends a run: all servers are started, on a cluster one of them again, and all agree.
func (w *world) finish(t *rapid.T) {
	if w.servers.several() && w.servers.kills == 0 {
		w.die(t)
	}
	w.back(t)
}

// listed is a channel in a user's list.
type listed struct {
	Active   int64
	Unread   uint64
	Mentions int
	Mute     string
	Top      bool
	Last     *shown
}

func (w *world) compareList(t *rapid.T, p *person, c client) {
	want := map[string]listed{}
	for _, r := range w.rooms {
		if !r.open(p.name) {
			continue
		}
		l := listed{Active: r.active(p.name), Mute: p.settings["mute/"+r.id], Top: p.has("top/" + r.id), Last: r.last(p)}
		l.Unread, l.Mentions = r.unread(p)
		want[r.id] = l
	}
	w.shows(t, w.servers.several(), "", p.name+"'s list", want, func() any {
		list, err := c.Channels(w.ctx, 100)
		w.agree(t, none, err)
		got := map[string]listed{}
		for _, info := range list.Channels {
			l := listed{Active: info.Active, Unread: info.Unread, Mentions: info.Mentions, Mute: info.Mute, Top: info.Top}
			if info.Last != nil {
				l.Last = new(show(info.Last))
			}
			got[info.ID] = l
		}
		return got
	})
}

// history is the whole history of a channel that a user is shown, or the reason of a refusal.
type history struct {
	Refused refusal
	Events  []shown
}

func (w *world) compareHistory(t *rapid.T, r *room, p *person, c client) {
	want := history{Refused: forbidden}
	if r.open(p.name) {
		want = history{Events: r.events(p)}
	}
	w.shows(t, w.servers.several(), r.id, p.name+" sees of "+r.id, want, func() any {
		var got history
		events, refused := w.history(t, r, c)
		got.Refused = refused
		for i := range events {
			got.Events = append(got.Events, show(&events[i]))
		}
		return got
	})
}

// history reads a channel backwards, page by page.
func (w *world) history(t *rapid.T, r *room, c client) (events []natter.Event, refused refusal) {
	for before := uint64(len(r.messages)) + 1; ; {
		page, err := c.History(w.ctx, r.id, natter.Around{Before: before, Limit: 10})
		if code := codeOf(t, err); code != none {
			return nil, code
		}
		events = append(page.Events, events...)
		if !page.More {
			return events, none
		}
		before = events[0].Seq
	}
}

// compareMirror compares the state that a device has built from events. It first reads again
// the parts that events do not tell.
func (w *world) compareMirror(t *rapid.T, r *room, p *person, d *device) {
	w.shows(t, true, r.id, fmt.Sprint("a device of ", p.name, " knows of the end of ", r.id), r.ended[p.name], func() any { return d.copy.gone(r.id) })
	if !r.open(p.name) {
		return
	}
	w.compareChanges(t, r, p, d)
	type known struct {
		Events    []shown
		Settings  map[string]string
		Farewells int
	}
	want := known{Events: r.events(p), Settings: p.settings, Farewells: r.farewells[p.name]}
	w.shows(t, true, r.id, fmt.Sprint("a device of ", p.name, " was told of ", r.id), want, func() any {
		events, stale, err := d.copy.messages(r.id)
		if err != nil {
			t.Fatalf("%s was told: %v", p.name, err)
		}
		if stale {
			page, _ := w.history(t, r, d.client)
			d.copy.reread(r.id, page)
		}
		settings, farewells := d.copy.own(r.id)
		return known{events, settings, farewells}
	})
}

// compareChanges compares the changes of a channel that a device was told with those that it reads
// between the messages: live, after a resume and in pages a user sees the same.
func (w *world) compareChanges(t *rapid.T, r *room, p *person, d *device) {
	w.shows(t, true, r.id, fmt.Sprint("a device of ", p.name, " reads what it was told of ", r.id), "", func() any {
		var read []natter.Event
		for around := (natter.Around{Limit: 7, Changes: true}); ; {
			page, err := d.client.History(w.ctx, r.id, around)
			w.agree(t, none, err)
			if read = slices.Concat(page.Changes, read); !page.More {
				return cmp.Diff(d.copy.changes(r.id), read, cmpopts.EquateEmpty())
			}
			around.Before = page.Events[0].Seq
		}
	})
}

// described is a channel as a member is shown it.
type described struct {
	Refused                  refusal
	Seq                      uint64
	Archived                 bool
	Role                     natter.Role
	Owner                    string
	Members, Admins, Readers []string
	Requested, Banned        []string
	Invites                  []string
}

func (w *world) compareChannel(t *rapid.T, r *room, p *person, c client) {
	w.shows(t, w.servers.several(), r.id, p.name+" is told of "+r.id, r.describe(p.name), func() any {
		got, err := c.Channel(w.ctx, r.id)
		if code := codeOf(t, err); code != none {
			return described{Refused: code}
		}
		d := described{
			Seq: got.Channel.Seq, Archived: got.Channel.Archived, Role: got.Channel.Role, Members: got.Channel.Members,
			Owner: got.Owner, Admins: got.Admins, Readers: got.Readers, Requested: got.Requested, Banned: got.Banned,
		}
		for _, i := range got.Invites {
			d.Invites = append(d.Invites, fmt.Sprint(i.Hash, i.Uses, i.Approval))
		}
		return d
	})
}

func (r *room) describe(user string) described {
	if !r.open(user) {
		return described{Refused: forbidden}
	}
	d := described{Seq: uint64(len(r.messages)), Archived: r.archived, Role: r.roles[user], Members: keysOf(r.roles)}
	for _, member := range d.Members {
		switch r.roles[member] {
		case natter.RoleOwner:
			d.Owner = member
		case natter.RoleAdmin:
			d.Admins = append(d.Admins, member)
		case natter.RoleReader:
			d.Readers = append(d.Readers, member)
		default: // plain members
		}
	}
	if ranks[d.Role] < ranks[natter.RoleAdmin] {
		return d
	}
	d.Requested, d.Banned = keysOf(r.requested), keysOf(r.banned)
	for secret, i := range r.invites {
		d.Invites = append(d.Invites, fmt.Sprint(natter.InviteHash(secret), i.uses, i.approval))
	}
	slices.Sort(d.Invites)
	return d
}

// compareReceipts compares for a while, because receipts are told only when they are stored.
func (w *world) compareReceipts(t *rapid.T, r *room, p *person, c client) {
	type receipts struct {
		Refused refusal
		Of      []natter.Receipt
	}
	want := receipts{Refused: forbidden}
	if r.open(p.name) {
		want = receipts{Of: r.receipts(p, w.byName)}
	}
	w.shows(t, true, r.id, p.name+" sees of who has read "+r.id, want, func() any {
		got, err := c.Receipts(w.ctx, r.id)
		return receipts{codeOf(t, err), r.forget(p, w.byName, got)}
	})
}

// comparePresence compares for a while, because a user's leaving is told a few seconds later.
func (w *world) comparePresence(t *rapid.T, p *person, c client) {
	if w.steady {
		return
	}
	want := map[string]natter.PresenceState{}
	for _, q := range w.people {
		if q != p {
			direct := slices.ContainsFunc(w.rooms, func(r *room) bool { return r.direct && r.open(p.name) && r.open(q.name) })
			want[q.name] = q.appears(p.name, direct)
		}
	}
	w.shows(t, true, "", "who is there for "+p.name, want, func() any {
		list, err := c.Presence(w.ctx, keysOf(want)...)
		w.agree(t, none, err)
		got := map[string]natter.PresenceState{}
		for _, u := range list {
			got[u.User] = u.State
		}
		return got
	})
}
