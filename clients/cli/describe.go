package main

import (
	"fmt"
	"strings"

	"natterjack/server/wire"
)

// said returns a message and, in brackets that no text can contain, marks such as that it was
// edited or deleted.
func said(ev *wire.Event) string {
	if ev.Deleted || ev.Content == nil {
		return ours("deleted")
	}
	text := worded(ev.Content)
	if f := ev.Content.Forwarded; f != nil {
		text = ours(oneLine(f.Sender)+" said") + " " + text
	}
	if ev.Content.ReplyTo != 0 {
		text = ours(fmt.Sprintf("to %d", ev.Content.ReplyTo)) + " " + text
	}
	var marks []string
	if ev.Edited != 0 {
		marks = append(marks, "edited")
	}
	if ev.Pinned {
		marks = append(marks, "pinned")
	}
	for _, r := range ev.Reactions {
		marks = append(marks, fmt.Sprintf("%s%d", oneLine(r.Emoji), r.Count))
	}
	if len(marks) > 0 {
		text += " " + ours(strings.Join(marks, " "))
	}
	return text
}

// worded returns the text of a content, with a line for each of its files.
func worded(c *wire.Content) string {
	text := clean(c.Text)
	for i := range c.Attachments {
		text = strings.TrimPrefix(text+"\n", "\n") + ours(describeFile(&c.Attachments[i]))
	}
	return text
}

// happened describes any other event in words. The sender is printed before them.
func happened(ev *wire.Event) string {
	switch ev.Kind {
	case wire.KindEdit:
		if ev.Content != nil {
			return fmt.Sprintf("edited %d: %s", ev.Target, worded(ev.Content))
		}
		return fmt.Sprintf("edited %d", ev.Target)
	case wire.KindDelete:
		return fmt.Sprintf("deleted %d", ev.Target)
	case wire.KindReaction:
		return fmt.Sprintf("%s %s to %d", choose(ev.Remove, "took back", "reacted with"), oneLine(ev.Emoji), ev.Target)
	case wire.KindPin:
		return fmt.Sprintf("%s %d", choose(ev.Remove, "unpinned", "pinned"), ev.Target)
	case wire.KindSetting:
		if ev.Setting != nil {
			return fmt.Sprintf("set %s to %q", oneLine(ev.Setting.Name), oneLine(ev.Setting.Value))
		}
	case wire.KindProfile:
		if ev.Profile != nil {
			return describeChange(ev.Profile)
		}
	case wire.KindMeta:
		if ev.Meta != nil {
			return describe(ev.Meta)
		}
	default: // of a kind that only a newer server knows
	}
	return oneLine(string(ev.Kind))
}

func describe(m *wire.Meta) string {
	members := oneLine(strings.Join(m.Members, ", "))
	switch m.Action {
	case wire.ActionCreated:
		if m.Name == "" {
			return "created a channel of " + members
		}
		return fmt.Sprintf("created the group %s of %s", oneLine(m.Name), members)
	case wire.ActionRole:
		return fmt.Sprintf("made %s %s", members, oneLine(string(m.Role)))
	case wire.ActionUpdated:
		return "changed the settings" + describeSettings(m.Settings)
	case wire.ActionAdded, wire.ActionRemoved, wire.ActionBanned, wire.ActionUnbanned:
		return oneLine(string(m.Action)) + " " + members
	default:
		return oneLine(strings.ReplaceAll(string(m.Action), "_", " "))
	}
}

func describeSettings(g *wire.GroupSettings) (what string) {
	if g == nil {
		return ""
	}
	sep := ": "
	add := func(format string, args ...any) {
		what, sep = what+sep+fmt.Sprintf(format, args...), ", "
	}
	if g.Name != nil {
		add("name %q", oneLine(*g.Name))
	}
	if g.Topic != nil {
		add("topic %q", oneLine(*g.Topic))
	}
	if g.SlowModeS != nil {
		add("slow mode of %d s", *g.SlowModeS)
	}
	if g.Archived != nil {
		add("%s", choose(*g.Archived, "archived", "not archived"))
	}
	if g.Picture != nil {
		add("%s", choose(g.Picture.ID != "", "another picture", "no picture"))
	}
	return what
}

func choose(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}
