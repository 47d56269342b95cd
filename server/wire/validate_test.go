package wire

import (
	"errors"
	"testing"
)

// TestValidate_AcceptsText has texts that are accepted. TestRefusedFrames has those that are
// refused.
func TestValidate_AcceptsText(t *testing.T) {
	for name, text := range map[string]string{
		"ascii":            "hello",
		"one_character":    "k",
		"lines":            "first\n\tsecond\r\nthird\n",
		"japanese":         "こんにちは　世界",
		"persian_joiner":   "می‌خواهم",
		"hebrew_marks":     "שלום \u200f(a)\u200e",
		"hindi":            "क्‍ष",
		"emoji_family":     "👨‍👩‍👧",
		"emoji_flag":       "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
		"emoji_style":      "❤\ufe0f",
		"bidi_isolate":     "see \u2067שלום\u2069 there",
		"combining_alone":  "\u0301",
		"private_use":      "\ue000",
		"unassigned":       "\U0001fbff",
		"replacement":      "\ufffd",
		"separators":       "a\u2028b\u2029c\u00a0d",
		"json_in_text":     `{"type":"ping"}`,
		"leading_bom_text": "\ufeffhello",
	} {
		t.Run(name, func(t *testing.T) {
			c := Send{To: "bob", ClientID: "c", Content: Content{Text: text}}
			if err := c.Validate(DefaultLimits()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestValidate_AcceptsNames(t *testing.T) {
	for _, name := range []string{"x", "Hiking 🥾", "家族　みんな", "👨‍👩‍👧", "گروه می‌خواهم", "שלום\u200f", "R&D <b>"} {
		c := CreateGroup{ClientID: "c", Name: name, Members: []string{"bob", "bob"}}
		if err := c.Validate(DefaultLimits()); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestValidate_GoCallers(t *testing.T) { // Go callers can pass values that JSON would have refused.
	l := DefaultLimits()
	for _, c := range []Command{
		Send{To: "bob", ClientID: "c", Content: Content{Text: "\xff"}},
		Send{To: "bob", ClientID: "c", Content: Content{Text: "a\xffb"}},
		CreateGroup{ClientID: "c", Name: "\xff"},
		Connect{Version: Version, Resume: &Resume{Positions: make([]uint64, 1025)}},
	} {
		if err := c.Validate(l); !errors.Is(err, &Error{Code: CodeInvalid}) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestValidate_Accepts(t *testing.T) {
	l := DefaultLimits()
	for _, g := range goldenCommands {
		if err := g.value.Validate(l); err != nil {
			t.Errorf("%s: %v", g.name, err)
		}
	}
	for _, c := range []Command{
		Connect{Version: Version},
		Connect{Version: Version, Resume: &Resume{}},
		History{Channel: "alice~bob", Limit: 100},
		ListChannels{},
	} {
		if err := c.Validate(l); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestLimitOr50(t *testing.T) {
	if LimitOr50(0) != 50 || LimitOr50(7) != 7 {
		t.Errorf("%d, %d", LimitOr50(0), LimitOr50(7))
	}
}
