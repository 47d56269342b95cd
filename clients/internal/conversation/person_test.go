package conversation

import (
	"fmt"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

// person is a user as the user should be: their settings, and the devices on which they are
// present.
type person struct {
	name     string
	settings map[string]string
	sent     []sent
	acts     []act
	edits    map[*message]natter.Content // the last content of messages that the person has edited
	devices  []*device
	anchors  map[string]*device // by the URL of the one node that each uses
}

// sent is a message that a person knows to be stored.
type sent struct {
	in       *room
	seq      uint64
	clientID string
	content  natter.Content
}

// act is a command that a person has given.
type act struct {
	in    *room
	what  string
	ack   natter.Ack
	again func(client) (natter.Ack, error)
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

// discreet reports whether the person hides how far they have read. Such a person is not shown
// how far others have read.
func (p *person) discreet() bool { return p.has(wire.SettingReceipts) }

// state returns the state of the most visible device.
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

// appears returns the person's presence as another user sees it. direct says that the two have
// a direct channel.
func (p *person) appears(to string, direct bool) natter.PresenceState {
	contact := direct || p.has(wire.SettingContact+to)
	who := p.settings[wire.SettingLastSeen]
	if p.blocks(to) || who == "nobody" || who != "everyone" && !contact {
		return natter.Unknown
	}
	return p.state()
}

// seen returns the last message that a user has certainly seen: one that they have read or
// written, or that was there before they joined.
func (r *room) seen(user string) uint64 {
	return max(r.marks[user].read, r.stays[user][len(r.stays[user])-1].after, r.lastOf(user))
}

// lastOf returns the last message that a user has sent, or 0.
func (r *room) lastOf(user string) (seq uint64) {
	for i, m := range r.messages {
		if m.sender == user {
			seq = uint64(i + 1)
		}
	}
	return seq
}

// unread counts the messages after the last one seen. It also counts those of them that mention
// the person and are not hidden.
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

// receives ignores channels that the user is not in.
func (r *room) receives(user string, seq uint64) {
	if r.open(user) {
		r.marks[user] = r.marks[user].beside(mark{delivered: min(seq, uint64(len(r.messages)))})
	}
}

// receipts returns how far the members have got, as one of them sees it.
func (r *room) receipts(viewer *person, people map[string]*person) (shown []natter.Receipt) {
	for _, user := range keysOf(r.roles) {
		if seen := r.receipt(viewer, people[user], r.mark(user)); seen.Delivered > 0 {
			shown = append(shown, seen)
		}
	}
	return shown
}

// mark returns how far a user has got: as far as the user has said, or sent a message.
func (r *room) mark(user string) mark {
	sent := r.lastOf(user)
	return r.marks[user].beside(mark{sent, sent})
}

// receipt returns a mark as another user sees it. It is empty if one of the two users of a
// direct channel has blocked the other.
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

// forget allows for members who left and came back. The server may still know how far such a
// member had got before they left. forget replaces such a receipt by the one that the model
// has.
func (r *room) forget(viewer *person, people map[string]*person, shown []natter.Receipt) (rest []natter.Receipt) {
	for _, seen := range shown {
		of := people[seen.User]
		least, most := r.receipt(viewer, of, r.mark(of.name)), r.receipt(viewer, of, r.mark(of.name).beside(r.former[of.name]))
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
