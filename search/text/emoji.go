package text

import "unicode"

const (
	joiner  = '\u200d'
	keycap  = '\u20e3'
	flagTag = 0xe007f // ends the tags after a black flag
)

func isRegional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }
func isSkinTone(r rune) bool { return r >= 0x1f3fb && r <= 0x1f3ff }
func isTag(r rune) bool      { return r >= 0xe0020 && r <= flagTag }

// isPicture reports whether r is a picture of its own. Symbols that have become emoji count.
// Letters and digits in circles and squares do not, because they fold to letters and digits.
func isPicture(r rune) bool {
	if r < 0x2190 {
		return false
	}
	if r <= 0x2bff {
		return (r < 0x2460 || r > 0x24ff) && unicode.Is(unicode.So, r)
	}
	return within(r, [2]rune{0x1f000, 0x1f0ff}, [2]rune{0x1f1e6, 0x1f1ff}, [2]rune{0x1f300, 0x1faff})
}

// isIgnorable reports whether a reader sees nothing of r: selectors of variants, joiners, soft
// hyphens, marks of direction. Folding leaves them out.
func isIgnorable(r rune) bool {
	switch {
	case r < 0xad:
		return false
	case r == 0xad, r == 0x640, r == keycap: // the Arabic tatweel only stretches a word
		return true
	default:
		return unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
	}
}

// keepsSign decides which invisible characters stay, because they make one emoji of several
// pictures. It sees the last character that was kept, and the next one in the text.
//
// The joiner stays between two pictures, and tags stay after a black flag. A skin tone after a
// picture goes: a thumb of any colour is a thumb.
func keepsSign(last, r, next rune) bool {
	switch {
	case r == joiner:
		return isPicture(last) && !isRegional(last) && isPicture(next) && !isRegional(next)
	case isTag(r):
		return last == 0x1f3f4 || isTag(last) && last != flagTag
	default:
		return false
	}
}

// unitEnd returns the end of the emoji or symbol that begins at i: pictures connected by
// joiners, a flag of two letters, a flag with tags, or one symbol.
func unitEnd(runes []rune, i int) int {
	j := i + 1
	if isRegional(runes[i]) {
		if j < len(runes) && isRegional(runes[j]) {
			j++
		}
		return j
	}
	for j < len(runes) && isTag(runes[j]) {
		j++
	}
	for j+1 < len(runes) && runes[j] == joiner && ClassOf(runes[j+1]) == Sign {
		j += 2
	}
	return j
}
