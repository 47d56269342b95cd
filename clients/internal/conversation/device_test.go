package conversation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// device is one device of a person: a client that comes and goes, and the state that it has
// built from the events that it was shown.
type device struct {
	user   string
	client client // nil while the device is away
	state  natter.PresenceState
	copy   *mirror

	position *natter.Position // the position when it went away
	running  sync.WaitGroup
}

func newDevice(user string) *device { return &device{user: user, copy: newMirror(user)} }

// come connects to the first of the servers that accepts the device, and goes on at its
// position.
func (d *device) come(ctx context.Context, tb testing.TB, s *servers, urls []string) {
	tb.Helper()
	c, err := s.sdk.open(ctx, d.user, urls, s.nodes[0].SignIn(), d.position)
	if err != nil {
		tb.Fatal(err)
	}
	d.client, d.state = c, natter.Online
	d.running.Go(func() { d.copy.listen(ctx, c) })
	if _, err := c.Session(ctx); err != nil {
		tb.Fatalf("%s is not connected: %v", d.user, err)
	}
}

// leave ends the client. The state stays.
func (d *device) leave() {
	if d.client == nil {
		return
	}
	_ = d.client.Close() // the client is not needed any more
	d.running.Wait()
	if p := d.client.Position(); p.Epoch != "" {
		d.position = &p
	}
	d.client = nil
}

// mirror is the state that a device builds from events, as any client would. It applies changes
// to the messages that they change. It reads again the parts that events do not tell.
type mirror struct {
	user string

	mu        sync.Mutex // protects the following
	rooms     map[string]*copied
	settings  map[string]string
	farewells map[string]int // by channel: how often the user was removed, banned or refused
	ended     map[string]bool
	err       error // missed events; nothing in this test should cause them
}

// copied is a channel as far as a device knows it.
type copied struct {
	messages map[uint64]*natter.Event // each with the pos of the last event that made or changed it
	stale    bool                     // to be read again
	skipped  map[uint64]uint64        // while it is stale: the pos of each message's last change
	// The changes of the channel itself, and its pins, without the refusals of users who were not
	// members.
	happened []natter.Event
}

func newMirror(user string) *mirror {
	return &mirror{user: user, rooms: map[string]*copied{}, settings: map[string]string{}, farewells: map[string]int{}, ended: map[string]bool{}}
}

func (m *mirror) listen(ctx context.Context, c client) {
	for ev, err := range c.Events(ctx) {
		switch {
		case errors.Is(err, natter.ErrFatal):
			return
		case errors.Is(err, natter.ErrReset):
			m.mu.Lock()
			m.err = errors.Join(m.err, err)
			m.mu.Unlock()
		case err == nil:
			m.see(&ev)
		}
	}
}

func (m *mirror) see(ev *natter.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if (ev.Kind == wire.KindMeta || ev.Kind == wire.KindPin) && ev.Version != 0 {
		c := m.room(ev.Channel)
		c.happened = append(c.happened, *ev)
	}
	switch {
	case ev.Setting != nil:
		m.set(ev.Setting.Name, ev.Setting.Value)
	case ev.Meta != nil:
		m.meta(ev)
	case ev.Seq != 0:
		if held := m.room(ev.Channel).messages; held[ev.Seq] == nil || held[ev.Seq].Pos < ev.Pos {
			held[ev.Seq] = ev
		}
	default:
		held := m.room(ev.Channel)
		if held.messages[ev.Target] == nil && ev.Kind != wire.KindDelete { // a deleted message may have been erased before it came
			m.err = errors.Join(m.err, fmt.Errorf("%s of message %d of %s, which the device was not shown", ev.Kind, ev.Target, ev.Channel))
		}
		held.fold(ev)
	}
}

func (m *mirror) room(channel string) *copied {
	if m.rooms[channel] == nil {
		m.rooms[channel] = &copied{messages: map[uint64]*natter.Event{}, skipped: map[uint64]uint64{}}
	}
	return m.rooms[channel]
}

// set takes over a setting. A message that is hidden no more may be missing from every page
// that was read.
func (m *mirror) set(name, value string) {
	if m.settings[name] = value; value == "" {
		delete(m.settings, name)
		for _, c := range m.rooms {
			c.stale = true
		}
	}
}

// meta notes events that concern the user. A user who comes back has not seen the changes made
// meanwhile to the messages that they know.
func (m *mirror) meta(ev *natter.Event) {
	if ev.Meta.Action == "deleted" {
		m.ended[ev.Channel] = true
	}
	if ev.Meta.Action == "joined" && ev.Sender == m.user || slices.Contains(ev.Meta.Members, m.user) {
		switch ev.Meta.Action {
		case "added", "joined":
			c := m.room(ev.Channel)
			c.stale = c.stale || len(c.messages) > 0
		case "removed", "banned":
			m.farewells[ev.Channel]++
		default: // changes nothing that the mirror holds
		}
	}
}

// fold applies an event to the message that it changes, unless the message includes it already. A
// stale message may lack earlier changes, and would seem to be complete with this one.
func (c *copied) fold(ev *natter.Event) {
	m := c.messages[ev.Target]
	if m == nil || m.Pos >= ev.Pos {
		return
	}
	if c.stale {
		c.skipped[ev.Target] = max(c.skipped[ev.Target], ev.Pos)
		return
	}
	m.Pos = ev.Pos
	switch {
	case m.Deleted:
	case ev.Kind == "edit":
		m.Content, m.Edited = ev.Content, ev.Timestamp
	case ev.Kind == "delete":
		m.Content, m.Edited, m.Deleted, m.Pinned, m.Reactions = nil, 0, true, false, nil
	case ev.Kind == "pin":
		m.Pinned = !ev.Remove
	case ev.Kind == "reaction":
		m.Reactions = reacted(m.Reactions, ev)
	}
}

func reacted(all []wire.Reaction, ev *natter.Event) []wire.Reaction {
	i := slices.IndexFunc(all, func(r wire.Reaction) bool { return r.Emoji == ev.Emoji })
	if i < 0 {
		i, all = len(all), append(all, wire.Reaction{Emoji: ev.Emoji})
	}
	users := slices.DeleteFunc(slices.Clone(all[i].Users), func(u string) bool { return u == ev.Sender })
	if !ev.Remove {
		users = append(users, ev.Sender)
		slices.Sort(users)
	}
	if all[i].Users = users; len(users) == 0 {
		all = slices.Delete(all, i, i+1)
	}
	return all
}

// messages returns the messages that the device would show of a channel: the ones that it knows
// and the user has not hidden. If stale is set, the channel must be read again first.
func (m *mirror) messages(channel string) (events []shown, stale bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.room(channel)
	for seq, ev := range c.messages {
		if m.settings[hideSetting(channel, seq)] == "" {
			events = append(events, show(ev))
		}
	}
	slices.SortFunc(events, func(a, b shown) int { return int(a.Seq) - int(b.Seq) })
	return events, c.stale, m.err
}

// changes returns what happened to a channel, as far as the device was told, without the pins of
// messages that the user has hidden.
func (m *mirror) changes(channel string) (all []natter.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, ev := range m.room(channel).happened {
		if ev.Kind != wire.KindPin || m.settings[hideSetting(channel, ev.Target)] == "" {
			all = append(all, ev)
		}
	}
	return all
}

// reread takes over the part of a channel that was read. It must be read again if a change that was
// skipped came after that. Later changes from events stay.
func (m *mirror) reread(channel string, page []natter.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.room(channel)
	c.stale = false
	for i := range page {
		known, skipped := c.messages[page[i].Seq], c.skipped[page[i].Seq]
		if known == nil || known.Pos < page[i].Pos {
			c.messages[page[i].Seq] = &page[i]
		}
		c.stale = c.stale || page[i].Pos < skipped
	}
	if !c.stale {
		clear(c.skipped)
	}
}

// own returns the settings of the user, and how often the user was removed, banned or refused
// in a channel, as far as the device knows.
func (m *mirror) own(channel string) (settings map[string]string, farewells int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.settings), m.farewells[channel]
}

// gone reports whether the device was told that a channel was deleted.
func (m *mirror) gone(channel string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ended[channel]
}
