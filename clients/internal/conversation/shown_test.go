package conversation

import (
	"maps"
	"slices"
	"strings"

	natter "natterjack/clients/go"
)

// shown is a message as a user sees it.
type shown struct {
	Seq                     uint64
	Sender, Text            string
	ReplyTo                 uint64
	Mentions, Forwarded     string
	Edited, Deleted, Pinned bool
	Reactions               []string
}

// show converts a message of a page, or one that a device has built from events.
func show(ev *natter.Event) shown {
	s := shown{Seq: ev.Seq, Sender: ev.Sender, Edited: ev.Edited != 0, Deleted: ev.Deleted, Pinned: ev.Pinned}
	if c := ev.Content; c != nil {
		s.Text, s.ReplyTo = c.Text, c.ReplyTo
		for _, m := range c.Mentions {
			if s.Mentions += m.User; m.User == "" {
				s.Mentions += everybody
			}
		}
		if c.Forwarded != nil {
			s.Forwarded = c.Forwarded.Sender
		}
	}
	for _, x := range ev.Reactions {
		s.Reactions = append(s.Reactions, x.Emoji+strings.Join(x.Users, ","))
	}
	return s
}

// show converts a message of the model.
func (m *message) show(seq uint64) shown {
	s := shown{
		Seq: seq, Sender: m.sender, Text: m.text, ReplyTo: m.replyTo, Mentions: m.mentions, Forwarded: m.forwarded,
		Edited: m.edited, Deleted: m.deleted, Pinned: m.pinned,
	}
	for _, x := range m.reactions {
		s.Reactions = append(s.Reactions, x.emoji+strings.Join(slices.Sorted(maps.Keys(x.users)), ","))
	}
	return s
}

// events returns the history of the room as a member is shown it, without the messages that
// they have hidden.
func (r *room) events(p *person) (events []shown) {
	for i, m := range r.messages {
		if seq := uint64(i + 1); r.shows(p.name, seq) && !p.hides(r, seq) {
			events = append(events, m.show(seq))
		}
	}
	return events
}

// last returns the message that a list shows of the room: the newest since the member joined,
// or nil.
func (r *room) last(p *person) *shown {
	events := r.events(p)
	if len(events) == 0 {
		return nil
	}
	last := events[len(events)-1]
	if since := r.stays[p.name][len(r.stays[p.name])-1].after; last.Seq <= since {
		return nil
	}
	return &last
}
