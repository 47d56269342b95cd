package wire

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestValidate_AcceptsNames(t *testing.T) {
	for _, name := range []string{"x", "Hiking 🥾", "家族　みんな", "👨‍👩‍👧", "گروه می‌خواهم", "שלום\u200f", "R&D <b>"} {
		c := CreateGroup{ClientID: "c", Name: name, Members: []string{"bob", "bob"}}
		if err := c.Validate(DefaultLimits()); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// FuzzNamesOfGroups shows that an accepted name or topic is within its limit and on one line.
// Terminals do not act on it, it does not turn around the text after it, and a name is visible. A
// refusal never repeats the sent text.
func FuzzNamesOfGroups(f *testing.F) {
	for _, s := range []string{"Hiking 🥾", "", " ", "a\nb", "a\u202eb", "\u2066", "\u2028", "\u200b", "\xff", strings.Repeat("\u3042", 101), strings.Repeat("a", 501)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		const channel = "alice~bob"
		for _, c := range []struct {
			cmd  Command
			most int
			name bool
		}{
			{CreateGroup{ClientID: "c", Name: s}, MaxGroupNameLen, true},
			{UpdateChannel{Channel: channel, Name: &s}, MaxGroupNameLen, true},
			{UpdateChannel{Channel: channel, Topic: &s}, MaxTopicLen, false},
		} {
			if err := c.cmd.Validate(DefaultLimits()); err != nil {
				checkRefusal(t, err)
				continue
			}
			if !utf8.ValidString(s) || utf8.RuneCountInString(s) > c.most || c.name && invisible(s) {
				t.Fatalf("%T: %+q", c.cmd, s)
			}
			for _, r := range s {
				if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) || unicode.Is(unicode.Bidi_Control, r) && !strings.ContainsRune("\u061c\u200e\u200f", r) {
					t.Fatalf("%T: %+q has %U", c.cmd, s, r)
				}
			}
		}
	})
}

var groupLimits = limits{
	valid: map[string]Command{
		"name":             UpdateChannel{Channel: testChannel, Name: new(strings.Repeat("あ", MaxGroupNameLen))},
		"topic":            UpdateChannel{Channel: testChannel, Topic: new(strings.Repeat("あ", MaxTopicLen))},
		"topic taken away": UpdateChannel{Channel: testChannel, Topic: new("")},
		"slow mode":        UpdateChannel{Channel: testChannel, SlowModeS: new(MaxSlowModeS)},
		"slow mode off":    UpdateChannel{Channel: testChannel, SlowModeS: new(0)},
		"archived":         UpdateChannel{Channel: testChannel, Archived: new(false)},
		"picture":          UpdateChannel{Channel: testChannel, Picture: &Picture{ID: strings.Repeat("a", mediaLen), Ticket: strings.Repeat("t", MaxTicketLen)}},
		"no picture":       UpdateChannel{Channel: testChannel, Picture: &Picture{}},
		"delete channel":   DeleteChannel{Channel: testChannel},
	},
	refused: []refusedCommand{
		{UpdateChannel{Channel: testChannel}, "name, topic, slow_mode_s, archived, picture:"},
		{UpdateChannel{Channel: "x", Archived: new(true)}, "channel:"},
		{UpdateChannel{Channel: testChannel, Name: new("")}, "name:"},
		{UpdateChannel{Channel: testChannel, Name: new(strings.Repeat("a", MaxGroupNameLen+1))}, "name:"},
		{UpdateChannel{Channel: testChannel, Name: new("a\nb")}, "name:"},
		{UpdateChannel{Channel: testChannel, Name: new("x"), Topic: new("a\u202eb")}, "topic:"},
		{UpdateChannel{Channel: testChannel, Topic: new("a\nb")}, "topic:"},
		{UpdateChannel{Channel: testChannel, Topic: new("\xff")}, "topic:"},
		{UpdateChannel{Channel: testChannel, Topic: new(strings.Repeat("a", MaxTopicLen+1))}, "topic:"},
		{UpdateChannel{Channel: testChannel, SlowModeS: new(-1)}, "slow_mode_s:"},
		{UpdateChannel{Channel: testChannel, SlowModeS: new(MaxSlowModeS + 1)}, "slow_mode_s:"},
		{UpdateChannel{Channel: testChannel, Picture: &Picture{ID: strings.Repeat("a", mediaLen), Ticket: strings.Repeat("t", MaxTicketLen+1)}}, "picture.ticket:"},
		{UpdateChannel{Channel: testChannel, Name: new("x"), Picture: &Picture{Ticket: "t"}}, "picture.id:"},
		{DeleteChannel{Channel: testChannel, ClientID: " "}, "client_id:"},
	},
}
