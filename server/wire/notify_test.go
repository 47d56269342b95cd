package wire

import (
	"slices"
	"strings"
	"testing"
)

func TestSet_notify(t *testing.T) {
	const group = "gaaaaaaaaaaaaaaaaaaaaaaaa"
	words := strings.Repeat(strings.Repeat("龍", maxKeywordLen)+"\n", maxKeywords)
	for _, c := range []struct {
		name, value string
		ok          bool
	}{
		{"notify/level", "mentions", true},
		{"notify/level", "some", false},
		{"notify/level/" + group, "none", true},
		{"notify/level/alice~bob", "all", true},
		{"notify/level/alice~bob", "", true},
		{"notify/level/", "all", false},
		{"notify/level/bob~alice", "all", false},
		{"notify/by_name", "1", true},
		{"notify/by_name", "0", false},
		{"notify/person/bob", "1", true},
		{"notify/person/Bob", "1", false},
		{"notify/person/", "1", false},
		{"notify/snooze", "1764000000000", true},
		{"notify/snooze", "0", false},
		{"notify/snooze", "01", false},
		{"notify/snooze", "tomorrow", false},
		{"notify/quiet", "daily 22:00-07:00", true},
		{"notify/quiet", "22:00-07:00", false},
		{"notify/keywords", "natterjack\nヒキガエル\non call", true},
		{"notify/keywords", strings.TrimSuffix(words, "\n"), true},
		{"notify/keywords", words + "x", false},
		{"notify/keywords", strings.Repeat("龍", maxKeywordLen+1), false},
		{"notify/keywords", "a\n\nb", false},
		{"notify/keywords", "a\r\nb", false},
		{"notify/keywords", "\u200b", false},
		{"notify/keywords", "\xff", false},
		{"notify/pass_mute", "mentions", true},
		{"notify/pass_quiet", "people keywords mentions", true},
		{"notify/pass_quiet", "people people", false},
		{"notify/pass_quiet", "people  keywords", false},
		{"notify/pass_quiet", "all", false},
		{"notify/content", "sender", true},
		{"notify/content", "some", false},
		{"notify/mail", "1", true},
		{"notify/mail", "alice@example.com", false},
		{"notify/", "1", false},
		{"notify/everything", "1", false},
		{"push/" + pushID, "1", false},
		{"push/" + pushID, "", false},
	} {
		if err := (Set{Name: c.name, Value: c.value}).Validate(DefaultLimits()); (err == nil) != c.ok {
			t.Errorf("%s = %q: %v", c.name, c.value, err)
		}
	}
}

func TestParseQuiet(t *testing.T) {
	const week, weekend = 0b0111110, 0b1000001
	for text, want := range map[string][]QuietSpan{
		"daily 22:00-07:00":                         {{0b1111111, 22 * 60, 7 * 60}},
		"mon 00:00-00:00":                           {{0b0000010, 0, 0}},
		"fri-mon 23:59-00:01":                       {{0b1100011, 23*60 + 59, 1}},
		"sun,tue-thu,sun 12:30-13:00":               {{0b0011101, 12*60 + 30, 13 * 60}},
		"mon-fri 22:00-07:00; sat,sun 23:00-09:00":  {{week, 22 * 60, 7 * 60}, {weekend, 23 * 60, 9 * 60}},
		" mon-fri 22:00-07:00 ;sat-sun 23:00-09:00": {{week, 22 * 60, 7 * 60}, {weekend, 23 * 60, 9 * 60}},
	} {
		if got, ok := ParseQuiet(text); !ok || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{
		"", ";", "daily", "daily 22:00", "daily 22-07", "daily 24:00-07:00", "daily 22:60-07:00", "daily 22:00-7:00", "daily +2:00-07:00",
		"mo 22:00-07:00", "Mon 22:00-07:00", "mon- 22:00-07:00", "mon-fri-sat 22:00-07:00", "mon, 22:00-07:00", "daily,mon 22:00-07:00", "daily  22:00-07:00",
		"daily 22:00-07:00;", "daily 22:00-07:00-08:00", "daily ２2:00-07:00", strings.Repeat("daily 22:00-07:00;", maxQuietSpans) + "daily 22:00-07:00",
	} {
		if got, ok := ParseQuiet(text); ok {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// FuzzNotify shows that accepted values stay within their bounds, and that nothing panics.
func FuzzNotify(f *testing.F) {
	for _, seed := range []string{"mon-fri 22:00-07:00; sat,sun 23:00-09:00", "daily 00:00-00:00", "a\nb", "mentions people", "1764000000000", "\xff", "all"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if spans, ok := ParseQuiet(text); ok {
			for _, s := range spans {
				if s.Days == 0 || s.Days > 1<<7-1 || s.From < 0 || s.From >= 24*60 || s.To < 0 || s.To >= 24*60 {
					t.Errorf("%q: %+v", text, s)
				}
			}
			if len(spans) == 0 || len(spans) > maxQuietSpans {
				t.Errorf("%q: %d spans", text, len(spans))
			}
		}
		if words, ok := ParseKeywords(text); ok {
			if len(words) == 0 || len(words) > maxKeywords || strings.Join(words, "\n") != text {
				t.Errorf("%q: %q", text, words)
			}
			if len(text) > 4*maxKeywords*maxKeywordLen+maxKeywords {
				t.Errorf("%d bytes of keywords", len(text))
			}
		}
		if pass, ok := ParsePass(text); ok && pass == (PushPass{}) {
			t.Errorf("%q passes nothing", text)
		}
	})
}

// FuzzPushDevice shows that values of settings that were read are written the same.
func FuzzPushDevice(f *testing.F) {
	f.Add(`{"kind":"web","label":"x","language":"ja"}`)
	f.Add(`{"kind":"dance","kind":"web"}`)
	f.Fuzz(func(t *testing.T, value string) {
		d, err := ParsePushDevice(value)
		if err != nil {
			return
		}
		if again, err := ParsePushDevice(d.Value()); err != nil || again != d {
			t.Errorf("%q: %+v, then %+v, %v", value, d, again, err)
		}
	})
}
