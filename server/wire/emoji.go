package wire

import (
	"unicode"
	"unicode/utf8"
)

// validEmoji reports whether s is one emoji, as far as can be told without tables that age: one cluster of symbols, held together by
// joiners, modifiers, variation selectors, tags or the keycap; or two regional indicators. New emoji are admitted before this
// program knows them; letters, digits alone and several emoji in a row are not.
func validEmoji(s string) bool {
	if s == "" || len(s) > MaxEmojiLen || !utf8.ValidString(s) {
		return false
	}
	bases, regional, joined, keycap := 0, 0, true, false
	for _, r := range s {
		switch {
		case r == '\u200d':
			joined = true
			continue
		case r >= 0x1F1E6 && r <= 0x1F1FF:
			regional++
		case r == '\u20e3':
			keycap = true
		case r == '\ufe0f', r >= 0x1F3FB && r <= 0x1F3FF && bases > 0, r >= 0xE0020 && r <= 0xE007F && bases > 0:
		case unicode.Is(unicode.So, r), unicode.Is(unicode.Sm, r), r >= 0x1F000 && r <= 0x1FAFF, r >= '0' && r <= '9', r == '#', r == '*', r == '\u203c', r == '\u2049', r == '\u3030':
			if bases > 0 && !joined {
				return false
			}
			bases++
		default:
			return false
		}
		joined = false
	}
	if regional > 0 {
		return regional == 2 && bases == 0 && !joined && !keycap
	}
	first, _ := utf8.DecodeRuneInString(s)
	digit := first < utf8.RuneSelf
	return bases > 0 && !joined && digit == keycap && (!keycap || bases == 1)
}
