package conversation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// read marks a message as read, on a server that knows the message.
func (w *world) read(t *rapid.T) {
	p, c := w.someone(t)
	r := w.room(t, p)
	seq := w.seq(t, r)
	w.level(t, r, p, c)
	want := r.reads(p.name, seq)
	w.answered(t, r, p, fmt.Sprint("reads ", seq), want, c.Read(w.ctx, r.id, seq))
}

func (w *world) received(t *rapid.T) {
	p, c := w.someone(t)
	r := w.room(t, p)
	seq := w.seq(t, r)
	w.level(t, r, p, c)
	r.receives(p.name, seq)
	w.answered(t, r, p, fmt.Sprint("receives ", seq), none, c.Received(w.ctx, map[string]uint64{r.id: seq}))
}

// level waits until a device's server shows the channel as it should be.
func (w *world) level(t *rapid.T, r *room, p *person, c client) {
	if w.servers.several() {
		w.compareChannel(t, r, p, c)
	}
}

// set changes a setting, and waits until all servers apply it.
func (w *world) set(t *rapid.T) {
	p, c := w.someone(t)
	r := w.room(t, p)
	values := map[string][]string{
		wire.SettingMute + r.id:          {"0", "1900000000000"},
		wire.SettingTop + r.id:           {"1"},
		hideSetting(r.id, w.seq(t, r)):   {"1"},
		wire.SettingBlock + w.other(t):   {"1"},
		wire.SettingContact + w.other(t): {"1"},
		wire.SettingLastSeen:             {"everyone", "contacts", "nobody"},
		wire.SettingReceipts:             {"off"},
		"client/theme":                   {"dark", "light 🐸"},
	}
	name := rapid.SampledFrom(keysOf(values)).Draw(t, "setting")
	value := rapid.SampledFrom(append(values[name], "")).Draw(t, "value")
	p.set(name, value)
	_, err := c.Set(w.ctx, name, value)
	w.answered(t, r, p, "sets "+name+"="+value, none, err)
	w.everywhere(t, p)
}

// everywhere waits until all running servers know a person's settings. On a single node one
// look is enough.
func (w *world) everywhere(t *rapid.T, p *person) {
	for _, n := range w.servers.up() {
		w.shows(t, w.servers.several(), "", p.name+"'s settings on "+n.Name, p.settings, func() any {
			return settings(t, w, w.anchor(p, n.URL))
		})
	}
}

func settings(t *rapid.T, w *world, c client) map[string]string {
	list, err := c.Settings(w.ctx, "")
	w.agree(t, none, err)
	all := map[string]string{}
	for _, s := range list {
		all[s.Name] = s.Value
	}
	return all
}

// anchor returns a client of a person that uses one server only. It is invisible to other
// users.
func (w *world) anchor(p *person, url string) client {
	if p.anchors[url] == nil {
		d := newDevice(p.name)
		d.come(w.ctx, w.tb, w.servers, []string{url})
		p.anchors[url] = d
		if err := d.client.SetPresence(w.ctx, natter.Invisible); err != nil {
			w.tb.Fatal(err)
		}
	}
	return p.anchors[url].client
}

// away ends a device's client. The device comes back when it is next drawn.
func (w *world) away(t *rapid.T) {
	p := w.person(t, "user")
	p.devices[rapid.IntRange(0, devices-1).Draw(t, "device")].leave()
	w.note("", "a device of "+p.name+" is away")
}

func (w *world) appear(t *rapid.T) {
	p := w.person(t, "user")
	d := p.devices[rapid.IntRange(0, devices-1).Draw(t, "device")]
	c := w.client(t, d)
	d.state = rapid.SampledFrom([]natter.PresenceState{natter.Online, natter.Away, natter.Invisible}).Draw(t, "state")
	w.note("", p.name+" is "+string(d.state))
	w.agree(t, none, c.SetPresence(w.ctx, d.state))
}

// kill kills a server now and then, during other operations.
func (w *world) kill(t *rapid.T) {
	often := 20
	if w.servers.several() {
		often = 2
	}
	if w.servers.down == nil && rapid.IntRange(1, often).Draw(t, "die") == 1 {
		w.die(t)
	}
}

func (w *world) die(t *rapid.T) {
	victim := w.servers.nodes[rapid.IntRange(0, len(w.servers.nodes)-1).Draw(t, "victim")]
	delay := time.Duration(rapid.IntRange(0, 20).Draw(t, "delay")) * time.Millisecond
	w.note("", victim.Name+" is killed")
	w.dying = true
	defer func() { w.dying = false }()
	dead := w.servers.kill(victim, delay)
	for range rapid.IntRange(0, 5).Draw(t, "meanwhile") {
		rapid.SampledFrom([]func(*rapid.T){w.send, w.edit, w.erase, w.react, w.add, w.remove, w.group}).Draw(t, "step")(t)
	}
	dead()
	w.note("", victim.Name+" is dead")
	w.restate(t)
}

// restate has every person repeat their receipts, as clients do when they reconnect. A server
// that dies forgets the last half second.
func (w *world) restate(t *rapid.T) {
	for _, p := range w.people {
		c := w.client(t, p.devices[0])
		for _, r := range w.rooms {
			m := r.marks[p.name]
			if !r.open(p.name) || m == (mark{}) {
				continue
			}
			w.level(t, r, p, c)
			w.agree(t, none, c.Received(w.ctx, map[string]uint64{r.id: m.delivered}))
			if m.read > 0 {
				w.agree(t, none, c.Read(w.ctx, r.id, m.read))
			}
		}
	}
}

// restart starts the killed server again. After that all servers must agree and know
// everything.
func (w *world) restart(t *rapid.T) {
	if w.servers.down == nil || rapid.Bool().Draw(t, "not yet") {
		return
	}
	w.back(t)
}

func (w *world) back(t *rapid.T) {
	w.servers.restart()
	w.note("", "all servers are there")
	for _, p := range w.people {
		if len(p.anchors) > 0 {
			w.everywhere(t, p)
		}
	}
	w.lookAll(t)
}

func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
