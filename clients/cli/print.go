package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"natterjack/server/wire"
)

// printer prints messages and channels, in columns for people or as one JSON object a line.
type printer struct {
	out     io.Writer
	json    bool
	color   bool
	channel bool   // whether each message is printed with its channel
	names   *names // of senders and of those in direct channels
	user    string // who reads
	marked  uint64 // the message whose seq stands out, or 0

	widths [3]int // of the columns so far: channel, seq, sender
}

// line is a message in the JSON output.
type line struct {
	ID        string        `json:"id"`
	ClientID  string        `json:"client_id,omitempty"`
	Sender    string        `json:"sender"`
	Channel   string        `json:"channel"`
	Seq       uint64        `json:"seq,omitempty"`
	Pos       uint64        `json:"pos"`
	Timestamp int64         `json:"timestamp"`
	Content   *wire.Content `json:"content,omitempty"`
	Kind      wire.Kind     `json:"kind"`
	Shard     int           `json:"shard"`
	Meta      *wire.Meta    `json:"meta,omitempty"`
	Target    uint64        `json:"target,omitempty"`
	Emoji     string        `json:"emoji,omitempty"`
	Remove    bool          `json:"remove,omitempty"`
	Erased    *wire.Erased  `json:"erased,omitempty"`
	Edited    int64         `json:"edited,omitempty"`
	Deleted   bool          `json:"deleted,omitempty"`
	Pinned    bool          `json:"pinned,omitempty"`

	Reactions []wire.Reaction     `json:"reactions,omitempty"`
	Setting   *wire.Setting       `json:"setting,omitempty"`
	Profile   *wire.ProfileChange `json:"profile,omitempty"`
}

func (p *printer) event(ev *wire.Event) error {
	if p.json {
		return p.object(line{
			ID: ev.ID, ClientID: ev.ClientID, Sender: ev.Sender, Channel: ev.Channel, Seq: ev.Seq, Pos: ev.Pos,
			Timestamp: ev.Timestamp, Content: ev.Content, Kind: ev.Kind, Shard: ev.Shard, Meta: ev.Meta,
			Target: ev.Target, Emoji: ev.Emoji, Remove: ev.Remove, Erased: ev.Erased,
			Edited: ev.Edited, Deleted: ev.Deleted, Pinned: ev.Pinned, Reactions: ev.Reactions, Setting: ev.Setting, Profile: ev.Profile,
		})
	}
	if ev.Kind == wire.KindMessage {
		return p.row(ev, fmt.Sprint(ev.Seq), p.by(ev)+said(ev))
	}
	return p.row(ev, "", "* "+happened(ev))
}

// by returns the display name of the sender of an event, if it is known, as natter's own words.
func (p *printer) by(ev *wire.Event) string {
	name := p.names.of(ev.Channel, ev.Sender)
	if name == "" {
		return ""
	}
	return ours(name) + " "
}

// row prints a message in columns. Further lines of its text are printed below the first, so
// that none of them looks like a message.
func (p *printer) row(ev *wire.Event, seq, text string) error {
	at := time.UnixMilli(ev.Timestamp).Format(time.DateTime)
	columns := []string{at}
	width := len(at)
	for i, cell := range p.measure(ev, seq) {
		if i == 0 && !p.channel {
			continue
		}
		width += 2 + p.widths[i]
		padded := pad(cell, p.widths[i], i == 1)
		switch {
		case i == 1 && ev.Seq == p.marked && p.marked != 0:
			padded = p.paint("7", padded)
		case i == 2:
			padded = p.paint(senderColor(cell), padded)
		}
		columns = append(columns, padded)
	}
	columns[0] = p.paint("2", at)
	text = strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", width+2))
	_, err := fmt.Fprintf(p.out, "%s  %s\n", strings.Join(columns, "  "), text)
	return err
}

// measure makes the columns wide enough for an event, and returns its cells.
func (p *printer) measure(ev *wire.Event, seq string) [3]string {
	cells := [3]string{oneLine(ev.Channel), seq, oneLine(ev.Sender)}
	for i, cell := range cells {
		p.widths[i] = max(p.widths[i], utf8.RuneCountInString(cell))
	}
	return cells
}

// events prints all events, in columns that fit them.
func (p *printer) events(events []wire.Event) error {
	p.fit(events)
	for i := range events {
		if err := p.event(&events[i]); err != nil {
			return err
		}
	}
	return nil
}

// fit makes the columns wide enough for events that will be printed.
func (p *printer) fit(events []wire.Event) {
	for i := range events {
		p.measure(&events[i], fmt.Sprint(events[i].Seq))
	}
}

// info prints a channel. Names that people chose come last, because their width in columns is
// not known.
func (p *printer) info(c *wire.ChannelInfo) error {
	if p.json {
		return p.object(c)
	}
	p.widths[0] = max(p.widths[0], utf8.RuneCountInString(oneLine(c.ID)), 25)
	active := "-"
	if c.Active > 0 {
		active = time.UnixMilli(c.Active).Format(time.DateTime)
	}
	name := strings.Join(c.Members, ", ")
	if len(c.Members) == 0 { // a list leaves members out if there are many
		name = fmt.Sprintf("%d members", c.MemberCount)
	}
	if called := cmp.Or(c.Name, p.names.of("", p.other(c))); called != "" {
		name = called + ": " + name
	}
	if name = oneLine(name); c.Unread > 0 {
		name = ours(fmt.Sprintf("%d unread", c.Unread)) + " " + name
	}
	_, err := fmt.Fprintf(p.out, "%s  %-6s  %6d  %s  %s\n", pad(oneLine(c.ID), p.widths[0], false), oneLine(string(c.Kind)),
		c.Seq, p.paint("2", pad(active, len(time.DateTime), false)), name)
	return err
}

// other returns the other user of a direct channel, or nobody.
func (p *printer) other(c *wire.ChannelInfo) string {
	a, b, direct := wire.DirectUsers(c.ID)
	switch {
	case !direct || a == b:
		return ""
	case a == p.user:
		return b
	default:
		return a
	}
}

// object prints JSON that is safe on a terminal too: JSON escapes only the first 32 control
// characters.
func (p *printer) object(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, r := range string(data) {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	_, err = fmt.Fprintln(p.out, b.String())
	return err
}

func (p *printer) paint(code, s string) string {
	if !p.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// senderColor returns one of the six colours that are legible on dark and on light backgrounds.
func senderColor(sender string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(sender)) // a hash never fails
	return fmt.Sprintf("1;%d", 31+h.Sum32()%6)
}

func pad(s string, width int, left bool) string {
	blanks := strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
	if left {
		return blanks + s
	}
	return s + blanks
}
