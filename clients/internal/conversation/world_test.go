package conversation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

const (
	devices        = 2                // of each person
	maxGroups      = 5                // with more, each would get fewer messages
	runTimeout     = 10 * time.Minute // of one check
	patience       = 90 * time.Second // for events that must happen, on a loaded machine
	pollInterval   = 10 * time.Millisecond
	connectTimeout = 5 * time.Second
	backoffMax     = time.Second
)

// world is one run: its people, their devices, and the channels as they should be.
type world struct {
	servers *servers
	tb      testing.TB
	ctx     context.Context
	people  []*person
	byName  map[string]*person
	rooms   []*room
	groups  int
	texts   int
	acts    int
	dying   bool // a server is being killed
	steady  bool // presence is neither changed nor compared, because it takes seconds to settle
	notes   []note
}

var runs atomic.Int32

func newWorld(tb testing.TB, rt *rapid.T, s *servers) *world {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), runTimeout)
	rt.Cleanup(cancel)
	w := &world{servers: s, tb: tb, ctx: ctx, byName: map[string]*person{}}
	w.steady = rapid.IntRange(0, 9).Draw(rt, "presence") != 0
	run := runs.Add(1)
	for i, name := range []string{"ann", "bob", "cem", "dot"} {
		p := &person{name: fmt.Sprintf("%s-%d", name, run), settings: map[string]string{}, anchors: map[string]*device{}, edits: map[*message]natter.Content{}}
		w.people, w.byName[p.name] = append(w.people, p), p
		for j := range devices {
			d := newDevice(p.name)
			p.devices = append(p.devices, d)
			d.come(ctx, tb, s, s.urls(i+j))
		}
	}
	for i, a := range w.people {
		for _, b := range w.people[i+1:] {
			r := newRoom(wire.DirectChannel(a.name, b.name), map[string]natter.Role{a.name: natter.RoleMember, b.name: natter.RoleMember}, w.blocks)
			r.direct = true
			w.rooms = append(w.rooms, r)
		}
	}
	return w
}

func (w *world) close() {
	for _, p := range w.people {
		for _, d := range p.devices {
			d.leave()
		}
		for _, d := range p.anchors {
			d.leave()
		}
	}
}

func (w *world) blocks(by, of string) bool { return w.byName[by].blocks(of) }

// draws of a step.

// someone draws a person and one of their devices. A device that is away comes back, to any
// server.
func (w *world) someone(t *rapid.T) (*person, client) {
	p := w.person(t, "user")
	return p, w.client(t, p.devices[rapid.IntRange(0, devices-1).Draw(t, "device")])
}

func (w *world) client(t *rapid.T, d *device) client {
	if d.client == nil {
		d.come(w.ctx, w.tb, w.servers, w.servers.urls(rapid.IntRange(0, len(w.servers.nodes)-1).Draw(t, "node")))
	}
	return d.client
}

// person draws a person by number, because rapid prints the numbers that it draws.
func (w *world) person(t *rapid.T, who string) *person {
	return w.people[rapid.IntRange(0, len(w.people)-1).Draw(t, who)]
}

func (w *world) other(t *rapid.T) string { return w.person(t, "other").name }

// room draws a channel for a person. Most often it is one that they are in, because most can be
// done there. Otherwise it is any channel.
func (w *world) room(t *rapid.T, p *person) *room {
	rooms := w.rooms
	if rapid.IntRange(0, 3).Draw(t, "anywhere") != 0 {
		rooms = slices.DeleteFunc(slices.Clone(rooms), func(r *room) bool { return !r.open(p.name) })
	}
	if len(rooms) == 0 {
		rooms = w.rooms
	}
	return rooms[rapid.IntRange(0, len(rooms)-1).Draw(t, "room")]
}

// seq draws the seq of a message, and now and then one that does not exist.
func (w *world) seq(t *rapid.T, r *room) uint64 {
	return uint64(rapid.IntRange(1, len(r.messages)+1).Draw(t, "seq"))
}

// words draws the content of a message, and the users that it mentions.
func (w *world) words(t *rapid.T) (content, natter.Content) {
	w.texts++
	c := content{text: fmt.Sprintf("@x, text %d 🐸", w.texts)}
	sent := natter.Content{Text: c.text}
	switch rapid.IntRange(0, 5).Draw(t, "mention") {
	case 0:
		c.mentions = w.other(t)
		sent.Mentions = []wire.Mention{{Kind: wire.MentionUser, User: c.mentions, Length: 2}}
	case 1:
		c.mentions = everybody
		sent.Mentions = []wire.Mention{{Kind: wire.MentionChannel, Length: 2}}
	case 2:
		if w.gather(t) {
			c.mentions = everybody
			sent.Mentions = []wire.Mention{{Kind: wire.MentionHere, Length: 2}}
		}
	}
	return c, sent
}

// gather brings everybody to the server, so that a mention of those who are here is one of all
// members. It reports whether it could: not while a server is down, and not on several, where a
// node counts only those whom the others name in time.
func (w *world) gather(t *rapid.T) bool {
	if w.servers.several() || w.servers.down != nil || w.dying {
		return false
	}
	for _, p := range w.people {
		_, err := w.client(t, p.devices[0]).Settings(w.ctx, "none/")
		w.agree(t, none, err)
	}
	return true
}

// agree checks that an answer is the one that the model expected.
func (w *world) agree(t *rapid.T, want refusal, err error) {
	t.Helper()
	if got := codeOf(t, err); got != want {
		t.Fatalf("answered %q (%v), want %q", got, err, want)
	}
}

// answered checks that the answer to an act in a room is the one that the model expected.
func (w *world) answered(t *rapid.T, r *room, p *person, act string, want refusal, err error) {
	t.Helper()
	got := codeOf(t, err)
	w.note(r.id, fmt.Sprint(p.name, " ", act, " → ", got))
	if got != want {
		t.Fatalf("%s %s: answered %q (%v), want %q%s", p.name, act, got, err, want, w.story(r.id))
	}
}

// note records an event of a channel, or one that concerns all channels. It is needed because
// rapid prints another run after a failure, in which no fault may show.
func (w *world) note(channel, what string) {
	w.notes = append(w.notes, note{time.Now(), channel, what})
}

type note struct {
	at            time.Time
	channel, what string
}

// story returns the notes of a channel.
func (w *world) story(channel string) string {
	var b strings.Builder
	for _, n := range w.notes {
		if n.channel == channel || n.channel == "" || channel == "" {
			fmt.Fprintf(&b, "\n%s %s: %s", n.at.Format("05.000"), n.channel, n.what)
		}
	}
	return b.String()
}

// codeOf returns the code of a refusal by the server, or none.
func codeOf(t *rapid.T, err error) refusal {
	if e, ok := errors.AsType[*natter.Error](err); ok {
		return e.Code
	} else if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	return none
}

// shows checks that a user is shown the state of the model: at once, or if later is set, within
// patience.
func (w *world) shows(t *rapid.T, later bool, channel, what string, want any, get func() any) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(pollInterval) {
		diff := cmp.Diff(want, get(), cmpopts.EquateEmpty())
		switch {
		case diff == "":
			return
		case !later, time.Now().After(deadline):
			t.Fatalf("%s (-want +got):\n%s%s", what, diff, w.story(channel))
		}
	}
}
