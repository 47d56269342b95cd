package wire

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestValidEmoji(t *testing.T) {
	wales := "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
	for emoji, want := range map[string]bool{
		"👍": true, "👍🏽": true, "❤️": true, "❤": true, "☺️": true, "ℹ️": true, "〽️": true, "㊙️": true, "©️": true, "‼️": true, "⏏️": true,
		"1️⃣": true, "#️⃣": true, "*⃣": true, "🇯🇵": true, "🏴": true, "🏴‍☠️": true, "🏳️‍🌈": true, "🏳️‍⚧️": true, wales: true,
		"👨‍👩‍👧‍👦": true, "👩🏽‍❤️‍💋‍👨🏿": true, "🧔‍♂️": true, "🫱🏻‍🫲🏿": true, "✌🏽": true, "✌️🏽": true, "🫩": true, "🏿": true,
		"\U0001faff": true, // not assigned yet

		"": false, "a": false, "1": false, "#": false, "1a": false, "👍👍": false, "👍 ": false, " 👍": false, "👍a": false, "👍1": false,
		"🇯": false, "🇯🇵🇯🇵": false, "🇯🇵🇯": false, "👍🇯🇵": false, "🇯👍": false, "🇯\u200d🇵": false, "👍\u200d🇯🇵": false,
		"\u200d": false, "👍\u200d": false, "\u200d👍": false, "👍\u200d\u200d👍": false, "👍\u200da": false,
		"\ufe0f": false, "👍\ufe0f\ufe0f": false, "👍\ufe0e": false, "👍🏽🏽": false, "🏿🏿": false, "👍⃣": false, "⃣": false, "11⃣": false, "1\ufe0f": false, "1️⃣⃣": false,
		"👍\U000e0067\U000e007f": false, "🏴\U000e0067": false, "🏴\U000e007f": false, wales + "\U000e007f": false, wales + "👍": false, "\U000e0067": false,
		"+": false, "±": false, "→": false, "█": false, "\u2800": false, "\ufffc": false, "\ufffd": false, "é": false, "あ": false, "𝔸": false,
		"\xf0\x9f\x91": false, "\xff": false, "👍\x00": false, "👍\u0301": false, "👍\u200b": false, "\U0001fb00": false,
		strings.Repeat("👨\u200d", 20) + "👨": false,
	} {
		if got := validEmoji(emoji); got != want {
			t.Errorf("%s %+q: %v", emoji, emoji, got)
		}
	}
}

// TestOldPictures shows that the table is sorted, as [unicode.Is] needs it, and has only
// symbols, except the few that Unicode puts in other categories.
func TestOldPictures(t *testing.T) {
	n, last := 0, uint16(0)
	for _, x := range oldPictures.R16 {
		if x.Lo <= last || x.Hi < x.Lo {
			t.Fatalf("%04x is after %04x", x.Lo, last)
		}
		last = x.Hi
		for r := rune(x.Lo); r <= rune(x.Hi); r += rune(x.Stride) {
			n++
			if !unicode.Is(oldPictures, r) || !isPicture(r) {
				t.Errorf("%U is not found", r)
			}
			if !unicode.In(r, unicode.So, unicode.Sm) && !strings.ContainsRune("‼⁉ℹ〰〽", r) {
				t.Errorf("%U is not a symbol", r)
			}
		}
	}
	if n != 170 { // the sum of the counts in emoji-data.txt, minus the 12 of keycaps
		t.Errorf("%d characters", n)
	}
}

// FuzzEmoji shows that a valid emoji is short and visible, and that the same emoji twice in a
// row is not valid.
func FuzzEmoji(f *testing.F) {
	for _, s := range []string{"👍", "1️⃣", "🇯🇵", "👩🏽‍❤️‍💋‍👨🏿", "🏴\U000e0067\U000e007f", "👍\u200d", "a", "\u200d", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !validEmoji(s) {
			return
		}
		if len(s) > MaxEmojiLen || !utf8.ValidString(s) || invisible(s) || strings.ContainsFunc(s, unicode.IsSpace) || strings.ContainsFunc(s, unicode.IsLetter) && !strings.ContainsRune(s, 'ℹ') {
			t.Fatalf("%+q", s)
		}
		if validEmoji(s + s) {
			t.Fatalf("%+q is one emoji, and is one twice", s)
		}
		if r, _ := utf8.DecodeLastRuneInString(s); isJoiner(r) {
			t.Fatalf("%+q ends with a joiner", s)
		}
	})
}
