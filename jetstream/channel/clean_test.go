package channel

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"natterjack/server/wire"
)

func TestCleanName(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Hiking", "Hiking"},
		{"nfc", "Cafe\u0301", "Caf\u00e9"},
		{"hangul_jamo", "\u1112\u1161\u11ab", "\ud55c"},
		{"angstrom_sign", "\u212b", "\u00c5"},
		{"ends", "  a \t", "a"},
		{"spaces", "a \u00a0\u3000 b", "a b"},
		{"ideographic_space", "家族　みんな", "家族 みんな"},
		{"braille_blank", "a\u2800b", "a b"},
		{"zero_width_space", "to\u200bads", "toads"},
		{"word_joiner", "to\u2060ads", "toads"},
		{"byte_order_mark", "\ufefftoads", "toads"},
		{"soft_hyphen", "to\u00adads", "toads"},
		{"between_what_composes", "e\u200b\u0301", "\u00e9"},
		{"grapheme_joiner", "e\u034f\u0301", "\u00e9"},
		{"hangul_filler", "a\u3164b\uffa0", "ab"},
		{"direction_marks", "\u200fשלום\u200e\u061c", "שלום"},
		{"overrides", "a\u202egpj\u202c", "agpj"},
		{"isolates", "\u2067a\u2069", "a"},
		{"deprecated_format", "a\u206ab", "ab"},
		{"interlinear", "a\ufff9b\ufffac\ufffb", "abc"},
		{"joiner_after_latin", "to\u200dads\u200c", "toads"},
		{"joiner_first", "\u200da", "a"},
		{"joiners_in_a_row", "می\u200c\u200d\u200cخواهم", "می\u200cخواهم"},
		{"joiner_last", "می\u200c", "می"},
		{"joiner_before_space", "می\u200c خ", "می خ"},
		{"persian", "گروه می\u200cخواهم", "گروه می\u200cخواهم"},
		{"hindi", "क्\u200dष", "क्\u200dष"},
		{"emoji_family", "👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"},
		{"emoji_fire_heart", "❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"},
		{"emoji_skin", "👩🏽\u200d🚀", "👩🏽\u200d🚀"},
		{"emoji_keycap", "1\ufe0f\u20e3", "1\ufe0f\u20e3"},
		{"emoji_flag", "🇯🇵", "🇯🇵"},
		{"emoji_wales", "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"},
		{"tags_after_nothing", "a\U000e0068\U000e0069", "a"},
		{"selector_after_latin", "a\ufe0fb", "ab"},
		{"selectors_in_a_row", "❤\ufe0f\ufe0f\ufe0e", "❤\ufe0f"},
		{"selector_of_ideograph", "葛\U000e0100", "葛\U000e0100"},
		{"arabic_number_sign", "\u0600٣", "\u0600٣"},
		{"mark_first", "\u0301\u0301a", "a"},
		{"mark_after_space", "a \u0301b", "a b"},
		{"tower", "a" + strings.Repeat("\u0316", 50), "a" + strings.Repeat("\u0316", maxMarks)},
		{"thai", "ก็ที่นั่น", "ก็ที่นั่น"},
		{"vietnamese", "Tie\u0302\u0301ng Vie\u0323\u0302t", "Tiếng Việt"},
		{"look_alikes_stay", "tоads", "tоads"}, // with a Cyrillic о
		{"unassigned", "\U0001fbff", "\U0001fbff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := cleanName(c.in, wire.MaxGroupNameLen)
			if err != nil || got != c.want {
				t.Errorf("%+q became %+q, %v; want %+q", c.in, got, err, c.want)
			}
		})
	}
}

func TestCleanName_refuses(t *testing.T) {
	longest := strings.Repeat("あ", wire.MaxGroupNameLen)
	if got, err := cleanName(longest+" ", wire.MaxGroupNameLen); err != nil || got != longest {
		t.Errorf("%q, %v", got, err)
	}
	for _, name := range []string{"", " ", "\u200b", "\u0301", "\u2800\ufe0f", longest + "a"} {
		if got, err := cleanName(name, wire.MaxGroupNameLen); err == nil {
			t.Errorf("%+q became %+q", name, got)
		} else {
			wantCode(t, err, wire.CodeInvalid)
		}
	}
}

func TestCleanTopic(t *testing.T) {
	if got, err := cleanTopic(" \u200b "); err != nil || got != "" {
		t.Errorf("an empty one: %q, %v", got, err)
	}
	longest := strings.Repeat("é", wire.MaxTopicLen)
	if got, err := cleanTopic(norm.NFD.String(longest)); err != nil || got != longest {
		t.Errorf("the longest: %q, %v", got, err)
	}
	_, err := cleanTopic(longest + "a")
	wantCode(t, err, wire.CodeInvalid)
}

// TestNamesAreStoredClean shows that names are cleaned in the creation and in each change, and
// that a retry with the unclean form counts as the same command.
func TestNamesAreStoredClean(t *testing.T) {
	r := newRoom(GroupID("ann", "1"))
	create := wire.CreateGroup{ClientID: "1", Name: "Cafe\u0301\u200b"}
	r.must(t, "ann", create)
	if events, err := r.try("ann", create); err != nil || len(events) > 0 {
		t.Errorf("again: %v, %v", events, err)
	}
	r.must(t, "ann", wire.UpdateChannel{Topic: new("\u200etopic  x")})
	if r.st.Name != "Caf\u00e9" || r.st.Topic != "topic x" || r.log[0].Meta.Name != r.st.Name || *r.log[1].Meta.Settings.Topic != r.st.Topic {
		t.Errorf("%+q, %+q", r.st.Name, r.st.Topic)
	}
}

// TestNamesAreRefused has names that pass Validate but are empty or too long once they are
// clean.
func TestNamesAreRefused(t *testing.T) {
	r := newRoom(GroupID("ann", "1"))
	long := strings.Repeat("\u0958", wire.MaxGroupNameLen) // each becomes two characters by NFC
	for _, name := range []string{long, "\u0301"} {
		create := wire.CreateGroup{ClientID: "1", Name: name}
		if err := create.Validate(wire.DefaultLimits()); err != nil {
			t.Fatalf("%+q: %v", name, err)
		}
		_, err := r.try("ann", create)
		wantCode(t, err, wire.CodeInvalid)
	}
	r.must(t, "ann", wire.CreateGroup{ClientID: "1", Name: "toads"})
	for _, c := range []wire.UpdateChannel{
		{Name: &long}, {Name: new("\u0301")}, {Topic: new(strings.Repeat("\u0958", wire.MaxTopicLen))},
	} {
		_, err := r.try("ann", c)
		wantCode(t, err, wire.CodeInvalid)
		if Same(&r.log[0], c) {
			t.Errorf("%+v is the creation", c)
		}
	}
}

// FuzzClean shows that a clean name is visible, normalised, and unchanged by cleaning it again.
func FuzzClean(f *testing.F) {
	for _, s := range []string{
		"", "Cafe\u0301", "a\u200b \u3000b", "👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥", "می\u200cخواهم", "🏴\U000e0067\U000e007f", "\u0958\u0301",
		"a" + strings.Repeat("\u0316", 20), "\u202e\u2066", "葛\U000e0100", "\u1112\u1161\u11ab", "\xff", "e\u034f\u0301",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return // Validate has already refused it
		}
		got := clean(s)
		if again := clean(got); again != got {
			t.Fatalf("%+q became %+q, and that %+q", s, got, again)
		}
		if !norm.NFC.IsNormalString(got) || !utf8.ValidString(got) || strings.TrimSpace(got) != got || strings.Contains(got, "  ") {
			t.Fatalf("%+q became %+q", s, got)
		}
		last := rune(0)
		for _, r := range got {
			if unicode.IsControl(r) || hidden(r) && !isJoiner(r) && !isTag(r) && !unicode.Is(unicode.Variation_Selector, r) {
				t.Fatalf("%+q became %+q with %U", s, got, r)
			}
			if isJoiner(r) && isJoiner(last) {
				t.Fatalf("%+q became %+q with joiners in a row", s, got)
			}
			last = r
		}
		if isJoiner(last) {
			t.Fatalf("%+q became %+q with a joiner at the end", s, got)
		}
	})
}
