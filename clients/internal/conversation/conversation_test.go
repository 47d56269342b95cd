package conversation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	natter "natterjack/clients/go"
	"natterjack/clients/internal/servertest"
	"natterjack/server/wire"
)

func TestMain(m *testing.M) {
	code := m.Run()
	servertest.Clean()
	os.Exit(code)
}

// world is one run: its users, their devices, and the channels as they should be.
type world struct {
	server  *servertest.Server
	tb      testing.TB
	ctx     context.Context
	users   []string
	devices map[string][]*natter.Client
	rooms   []*room
	groups  int
	texts   int
}

const devices = 2 // of each user

var runs atomic.Int32

// TestConversations drives random operations against the real server and the model at once.
func TestConversations(t *testing.T) {
	server := servertest.Start(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, rt, server)
		defer w.close()
		rt.Repeat(map[string]func(*rapid.T){
			"":        w.nothing,
			"send":    w.send,
			"reply":   w.reply,
			"edit":    w.edit,
			"delete":  w.erase,
			"react":   w.react,
			"pin":     w.pin,
			"group":   w.group,
			"add":     w.add,
			"remove":  w.remove,
			"unban":   w.unban,
			"role":    w.role,
			"leave":   w.leave,
			"archive": w.archive,
			"read":    w.read,
			"list":    w.list,
			"look":    w.look,
			"kill":    w.kill,
		})
		w.lookAll(rt)
	})
}

func newWorld(tb testing.TB, rt *rapid.T, server *servertest.Server) *world {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	w := &world{server: server, tb: tb, ctx: ctx, devices: map[string][]*natter.Client{}}
	rt.Cleanup(cancel)
	run := runs.Add(1)
	for _, name := range []string{"ann", "bob", "cem", "dot"} {
		user := fmt.Sprintf("%s-%d", name, run)
		w.users = append(w.users, user)
		for range devices {
			w.devices[user] = append(w.devices[user], w.device(user))
		}
	}
	for i, a := range w.users {
		for _, b := range w.users[i+1:] {
			r := newRoom(wire.DirectChannel(a, b), map[string]natter.Role{a: natter.RoleMember, b: natter.RoleMember})
			r.direct = true
			w.rooms = append(w.rooms, r)
		}
	}
	return w
}

func (w *world) device(user string) *natter.Client {
	c, err := natter.New(natter.Options{URLs: []string{w.server.URL}, Tokens: natter.SignIn{User: user, URLs: []string{w.server.URL}}, InOrder: true})
	if err != nil {
		w.tb.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(w.ctx) })
	w.tb.Cleanup(running.Wait)
	return c
}

func (w *world) close() {
	for _, clients := range w.devices {
		for _, c := range clients {
			_ = c.Close()
		}
	}
}

// draws of a step.

func (w *world) user(t *rapid.T) (string, *natter.Client) {
	user := rapid.SampledFrom(w.users).Draw(t, "user")
	return user, w.devices[user][rapid.IntRange(0, devices-1).Draw(t, "device")]
}

func (w *world) other(t *rapid.T) string { return rapid.SampledFrom(w.users).Draw(t, "other") }

// spoken draws a channel in which something was said; those of the groups more often.
func (w *world) room(t *rapid.T) *room {
	return w.rooms[len(w.rooms)-1-rapid.IntRange(0, len(w.rooms)-1).Draw(t, "room")]
}

// seq draws a message's number, now and then one that is not there.
func (w *world) seq(t *rapid.T, r *room) uint64 {
	return uint64(rapid.IntRange(1, len(r.messages)+1).Draw(t, "seq"))
}

func (w *world) text() string {
	w.texts++
	return fmt.Sprintf("text %d 🐸", w.texts)
}

// agree holds an answer to what the model expected.
func (w *world) agree(t *rapid.T, want refusal, err error) {
	got := none
	if e, ok := errors.AsType[*natter.Error](err); ok {
		got = e.Code
	} else if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	if got != want {
		t.Fatalf("answered %q (%v), want %q", got, err, want)
	}
}

func (w *world) nothing(*rapid.T) {}

func (w *world) send(t *rapid.T) {
	user, c := w.user(t)
	r := w.room(t)
	text := w.text()
	want := r.send(user, text, 0)
	ack, err := c.Send(w.ctx, r.id, text)
	w.agree(t, want, err)
	if want == none && ack.Seq != uint64(len(r.messages)) {
		t.Fatalf("stored as %d, want %d", ack.Seq, len(r.messages))
	}
}

func (w *world) reply(t *rapid.T) {
	user, c := w.user(t)
	r := w.room(t)
	text, to := w.text(), w.seq(t, r)
	want := r.send(user, text, to)
	_, err := c.SendContent(w.ctx, r.id, natter.Content{Text: text, ReplyTo: to})
	w.agree(t, want, err)
}

func (w *world) edit(t *rapid.T) {
	user, c := w.user(t)
	r := w.room(t)
	seq, text := w.seq(t, r), w.text()
	want := r.edit(user, seq, text)
	_, err := c.Edit(w.ctx, r.id, seq, natter.Content{Text: text})
	w.agree(t, want, err)
}

func (w *world) erase(t *rapid.T) {
	user, c := w.user(t)
	r := w.room(t)
	seq := w.seq(t, r)
	want := r.erase(user, seq)
	_, err := c.Delete(w.ctx, r.id, seq)
	w.agree(t, want, err)
}

func (w *world) react(t *rapid.T) {
	user, c := w.user(t)
	r := w.room(t)
	seq, emoji, remove := w.seq(t, r), rapid.SampledFrom([]string{"👍", "❤️", "🐸"}).Draw(t, "emoji"), rapid.Bool().Draw(t, "remove")
	want := r.react(user, seq, emoji, remove)
	do := c.React
	if remove {
		do = c.Unreact
	}
	_, err := do(w.ctx, r.id, seq, emoji)
	w.agree(t, want, err)
}

func (w *world) pin(t *rapid.T) {
	user, c := w.user(t)
	r := w.room(t)
	seq, remove := w.seq(t, r), rapid.Bool().Draw(t, "remove")
	want := r.pin(user, seq, remove)
	do := c.Pin
	if remove {
		do = c.Unpin
	}
	_, err := do(w.ctx, r.id, seq)
	w.agree(t, want, err)
}

func (w *world) group(t *rapid.T) {
	user, c := w.user(t)
	w.groups++
	info, err := c.CreateGroup(w.ctx, fmt.Sprint("group ", w.groups), []string{w.other(t)})
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]natter.Role{}
	for _, m := range info.Members {
		roles[m] = natter.RoleMember
	}
	roles[user] = natter.RoleOwner
	w.rooms = append(w.rooms, newRoom(info.ID, roles))
}

func (w *world) add(t *rapid.T) {
	user, c := w.user(t)
	r, other := w.room(t), w.other(t)
	want := r.add(user, other)
	_, err := c.AddMembers(w.ctx, r.id, other)
	w.agree(t, want, err)
}

func (w *world) remove(t *rapid.T) {
	user, c := w.user(t)
	r, other, ban := w.room(t), w.other(t), rapid.Bool().Draw(t, "ban")
	want := r.remove(user, other, ban)
	do := c.RemoveMember
	if ban {
		do = c.Ban
	}
	_, err := do(w.ctx, r.id, other)
	w.agree(t, want, err)
}

func (w *world) unban(t *rapid.T) {
	user, c := w.user(t)
	r, other := w.room(t), w.other(t)
	want := r.unban(user, other)
	_, err := c.Unban(w.ctx, r.id, other)
	w.agree(t, want, err)
}

func (w *world) role(t *rapid.T) {
	user, c := w.user(t)
	r, other := w.room(t), w.other(t)
	role := rapid.SampledFrom([]natter.Role{natter.RoleOwner, natter.RoleAdmin, natter.RoleMember, natter.RoleReader}).Draw(t, "role")
	want := r.setRole(user, other, role)
	_, err := c.SetRole(w.ctx, r.id, other, role)
	w.agree(t, want, err)
}

func (w *world) leave(t *rapid.T) {
	user, c := w.user(t)
	r := w.room(t)
	want := r.leave(user)
	_, err := c.Leave(w.ctx, r.id)
	w.agree(t, want, err)
}

func (w *world) archive(t *rapid.T) {
	user, c := w.user(t)
	r, archived := w.room(t), rapid.Bool().Draw(t, "archived")
	want := r.archive(user, archived)
	_, err := c.UpdateChannel(w.ctx, r.id, natter.ChannelUpdate{Archived: &archived})
	w.agree(t, want, err)
}

func (w *world) read(t *rapid.T) {
	user, c := w.user(t)
	r := w.room(t)
	seq := w.seq(t, r)
	want := r.reads(user, seq)
	w.agree(t, want, c.Read(w.ctx, r.id, seq))
}

// list compares the channels that a device is shown, and what is unread in them.
func (w *world) list(t *rapid.T) {
	user, c := w.user(t)
	w.compareList(t, user, c)
}

func (w *world) compareList(t *rapid.T, user string, c *natter.Client) {
	want := map[string]uint64{}
	for _, r := range w.rooms {
		if r.member(user) && !(r.direct && len(r.messages) == 0) {
			want[r.id] = r.unread(user)
		}
	}
	got := map[string]uint64{}
	list, err := c.Channels(w.ctx, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range list.Channels {
		got[info.ID] = info.Unread
	}
	if diff := cmp.Diff(want, got); diff != "" && !list.More {
		t.Fatalf("%s has unread (-want +got):\n%s", user, diff)
	}
}

// look compares what a device is shown of a channel.
func (w *world) look(t *rapid.T) {
	user, c := w.user(t)
	w.compare(t, w.room(t), user, c)
}

func (w *world) lookAll(t *rapid.T) {
	for _, user := range w.users {
		for _, c := range w.devices[user] {
			w.compareList(t, user, c)
			for _, r := range w.rooms {
				w.compare(t, r, user, c)
			}
		}
	}
}

func (w *world) compare(t *rapid.T, r *room, user string, c *natter.Client) {
	var got []shown
	for before := uint64(len(r.messages)) + 1; ; {
		page, err := c.History(w.ctx, r.id, natter.Around{Before: before, Limit: 10})
		if !r.member(user) || r.direct && len(r.messages) == 0 {
			w.agree(t, forbidden, err)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		events := make([]shown, len(page.Events))
		for i := range page.Events {
			events[i] = show(&page.Events[i])
		}
		got = append(events, got...)
		if !page.More {
			break
		}
		before = events[0].Seq
	}
	if diff := cmp.Diff(r.events(user), got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s sees of %s (-want +got):\n%s", user, r.id, diff)
	}
}

// kill ends the server without a word, seldom, and starts it again.
func (w *world) kill(t *rapid.T) {
	if rapid.IntRange(0, 99).Draw(t, "die") != 0 {
		return
	}
	w.server.Kill(w.tb)
	w.server.Again(w.tb)
	for _, r := range w.rooms { // receipts may have lost the last half second: clients say again where they stand
		for user, seq := range r.read {
			if r.member(user) && seq > 0 {
				w.agree(t, none, w.devices[user][0].Read(w.ctx, r.id, seq))
			}
		}
	}
}
