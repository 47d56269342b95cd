package wire

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzNamesOfGroups shows that an accepted name or topic is within its limit and on one line.
// Terminals do not act on it, it does not turn around the text after it, and a name is visible.
// A refusal never repeats what was sent.
func FuzzNamesOfGroups(f *testing.F) {
	for _, s := range []string{"Hiking 🥾", "", " ", "a\nb", "a\u202eb", "\u2066", "\u2028", "\u200b", "\xff", strings.Repeat("\u3042", 101), strings.Repeat("a", 501)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		const ch = "alice~bob"
		for _, c := range []struct {
			cmd  Command
			most int
			name bool
		}{
			{CreateGroup{ClientID: "c", Name: s}, MaxGroupNameLen, true},
			{UpdateChannel{Channel: ch, Name: &s}, MaxGroupNameLen, true},
			{UpdateChannel{Channel: ch, Topic: &s}, MaxTopicLen, false},
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
