package conversation

import (
	"fmt"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// person is a user as he should be: what he has set, and the devices on which he is there.
type person struct {
	name     string
	settings map[string]string
	sent     []sent
	devices  []*device
	anchors  map[string]*device // by the URL of the one node that each knows
}

// sent is a message that somebody knows to be stored.
type sent struct {
	in       *room
	seq      uint64
	clientID string
	content  natter.Content
}

func (p *person) set(name, value string) {
	if p.settings[name] = value; value == "" {
		delete(p.settings, name)
	}
}

func (p *person) has(setting string) bool { return p.settings[setting] != "" }

func (p *person) blocks(other string) bool { return p.has(wire.SettingBlock + other) }

func (p *person) hides(r *room, seq uint64) bool { return p.has(hideSetting(r.id, seq)) }

func hideSetting(channel string, seq uint64) string {
	return fmt.Sprint(wire.SettingHide, channel, "/", seq)
}

// discreet reports whether he keeps to himself what he has read, and so is not shown what others have.
func (p *person) discreet() bool { return p.has(wire.SettingReceipts) }

// state is that of the most visible of his devices.
func (p *person) state() natter.PresenceState {
	best := natter.Offline
	for _, d := range p.devices {
		switch {
		case d.client == nil:
		case d.state == natter.Online, d.state == natter.Away && best == natter.Offline:
			best = d.state
		}
	}
	return best
}

// appears is his presence as another sees it, where contact says that the two have a direct channel.
func (p *person) appears(to string, direct bool) natter.PresenceState {
	contact := direct || p.has(wire.SettingContact+to)
	who := p.settings[wire.SettingLastSeen]
	if p.blocks(to) || who == "nobody" || who != "everyone" && !contact {
		return natter.Unknown
	}
	return p.state()
}

// seen is the last message that somebody certainly knows: that he has read, or written, or that was there before him.
func (r *room) seen(user string) uint64 {
	return max(r.marks[user].read, r.stays[user][len(r.stays[user])-1].after, r.lastOf(user))
}

// lastOf is the last message that somebody has sent, or 0.
func (r *room) lastOf(user string) (seq uint64) {
	for i, m := range r.messages {
		if m.sender == user {
			seq = uint64(i + 1)
		}
	}
	return seq
}

// unread counts the messages after that, and those of them that mention him and are not hidden.
func (r *room) unread(p *person) (unread uint64, mentions int) {
	seen := r.seen(p.name)
	for i, m := range r.messages[seen:] {
		if (m.mentions == p.name || m.mentions == everybody) && !p.hides(r, seen+uint64(i)+1) {
			mentions++
		}
	}
	return uint64(len(r.messages)) - seen, mentions
}

func (r *room) reads(user string, seq uint64) refusal {
	if !r.open(user) {
		return forbidden
	}
	seq = min(seq, uint64(len(r.messages)))
	r.marks[user] = r.marks[user].beside(mark{seq, seq})
	return none
}

// receives passes over what the user is not in.
func (r *room) receives(user string, seq uint64) {
	if r.open(user) {
		r.marks[user] = r.marks[user].beside(mark{delivered: min(seq, uint64(len(r.messages)))})
	}
}

// receipts are how far the members have got, as one of them sees it.
func (r *room) receipts(viewer *person, people map[string]*person) (shown []natter.Receipt) {
	for _, user := range keysOf(r.roles) {
		if seen := r.receipt(viewer, people[user], r.marks[user]); seen.Delivered > 0 {
			shown = append(shown, seen)
		}
	}
	return shown
}

// receipt is a mark as another sees it: nothing, where one of the two of a direct channel has blocked the other.
func (r *room) receipt(viewer, of *person, m mark) natter.Receipt {
	own := viewer == of
	if !own && r.apart() {
		return natter.Receipt{}
	}
	if !own && (viewer.discreet() || of.discreet()) {
		m.read = 0
	}
	return natter.Receipt{User: of.name, Read: m.read, Delivered: m.delivered}
}

// forget takes out of what somebody is shown how far those who came back had got before they went, where the server still knows of it.
func (r *room) forget(viewer *person, people map[string]*person, shown []natter.Receipt) (rest []natter.Receipt) {
	for _, seen := range shown {
		of := people[seen.User]
		least, most := r.receipt(viewer, of, r.marks[of.name]), r.receipt(viewer, of, r.marks[of.name].beside(r.former[of.name]))
		if within(least.Read, seen.Read, most.Read) && within(least.Delivered, seen.Delivered, most.Delivered) {
			seen = least
		}
		if seen.Delivered > 0 {
			rest = append(rest, seen)
		}
	}
	return rest
}

func within(least, n, most uint64) bool { return least <= n && n <= most }
