package wire

import (
	"unicode"
	"unicode/utf8"
)

// validEmoji reports whether s is one emoji by the grammar of UTS #51, section 1.4.9: a flag of
// two regional indicators, a keycap, or pictures connected by joiners. It does not ask whether
// a font has a picture for the emoji, so it admits new emoji that this program does not know.
func validEmoji(s string) bool {
	if len(s) > MaxEmojiLen || !utf8.ValidString(s) {
		return false
	}
	p := emojiParser{s}
	switch {
	case p.take(isRegional):
		return p.take(isRegional) && p.rest == ""
	case p.take(isKey):
		p.take(isVariation)
		return p.take(isKeycap) && p.rest == ""
	}
	for p.picture() {
		if p.rest == "" {
			return true
		}
		if !p.take(isJoiner) {
			return false
		}
	}
	return false
}

// emojiParser reads an emoji from its start.
type emojiParser struct{ rest string }

// take skips the next character if wanted accepts it.
func (p *emojiParser) take(wanted func(rune) bool) bool {
	r, size := utf8.DecodeRuneInString(p.rest)
	if size == 0 || !wanted(r) {
		return false
	}
	p.rest = p.rest[size:]
	return true
}

// picture reads one picture, with its skin tone if it has one. It accepts tags only after the
// black flag, where they make the flag of a region. After any other picture tags are not
// visible, and two reactions would look the same.
func (p *emojiParser) picture() bool {
	if p.take(isBlackFlag) {
		if !p.take(isTag) {
			p.take(isVariation)
			return true
		}
		for p.take(isTag) {
		}
		return p.take(isTagEnd)
	}
	if p.take(isSkinTone) { // a skin tone by itself is a patch of colour and has no skin tone
		return true
	}
	if !p.take(isPicture) {
		return false
	}
	p.take(isVariation) // not required before a skin tone, but some keyboards write it
	p.take(isSkinTone)
	return true
}

func isJoiner(r rune) bool    { return r == '\u200d' }
func isVariation(r rune) bool { return r == '\ufe0f' }
func isKeycap(r rune) bool    { return r == '\u20e3' }
func isKey(r rune) bool       { return r >= '0' && r <= '9' || r == '#' || r == '*' }
func isRegional(r rune) bool  { return r >= 0x1f1e6 && r <= 0x1f1ff }
func isSkinTone(r rune) bool  { return r >= 0x1f3fb && r <= 0x1f3ff }
func isBlackFlag(r rune) bool { return r == 0x1f3f4 }
func isTag(r rune) bool       { return r >= 0xe0020 && r <= 0xe007e }
func isTagEnd(r rune) bool    { return r == 0xe007f }

// isPicture reports whether r is a picture. Above U+FFFF these are all blocks that Unicode
// reserves for pictures, including those not yet assigned. Below U+10000 these are the
// characters that have become emoji. No more of these will become emoji, because new emoji get
// a place in the reserved blocks.
func isPicture(r rune) bool {
	return r >= 0x1f000 && r <= 0x1faff && !isRegional(r) || unicode.Is(oldPictures, r)
}

// oldPictures are the characters below U+10000 that have the property Emoji, except those used
// in keycaps.
var oldPictures = &unicode.RangeTable{
	LatinOffset: 2,
	R16: []unicode.Range16{
		{0x00a9, 0x00a9, 1},
		{0x00ae, 0x00ae, 1},
		{0x203c, 0x203c, 1},
		{0x2049, 0x2049, 1},
		{0x2122, 0x2122, 1},
		{0x2139, 0x2139, 1},
		{0x2194, 0x2199, 1},
		{0x21a9, 0x21aa, 1},
		{0x231a, 0x231b, 1},
		{0x2328, 0x2328, 1},
		{0x23cf, 0x23cf, 1},
		{0x23e9, 0x23f3, 1},
		{0x23f8, 0x23fa, 1},
		{0x24c2, 0x24c2, 1},
		{0x25aa, 0x25ab, 1},
		{0x25b6, 0x25b6, 1},
		{0x25c0, 0x25c0, 1},
		{0x25fb, 0x25fe, 1},
		{0x2600, 0x2604, 1},
		{0x260e, 0x260e, 1},
		{0x2611, 0x2611, 1},
		{0x2614, 0x2615, 1},
		{0x2618, 0x2618, 1},
		{0x261d, 0x261d, 1},
		{0x2620, 0x2620, 1},
		{0x2622, 0x2623, 1},
		{0x2626, 0x2626, 1},
		{0x262a, 0x262a, 1},
		{0x262e, 0x262f, 1},
		{0x2638, 0x263a, 1},
		{0x2640, 0x2642, 2},
		{0x2648, 0x2653, 1},
		{0x265f, 0x2660, 1},
		{0x2663, 0x2663, 1},
		{0x2665, 0x2666, 1},
		{0x2668, 0x2668, 1},
		{0x267b, 0x267b, 1},
		{0x267e, 0x267f, 1},
		{0x2692, 0x2697, 1},
		{0x2699, 0x2699, 1},
		{0x269b, 0x269c, 1},
		{0x26a0, 0x26a1, 1},
		{0x26a7, 0x26a7, 1},
		{0x26aa, 0x26ab, 1},
		{0x26b0, 0x26b1, 1},
		{0x26bd, 0x26be, 1},
		{0x26c4, 0x26c5, 1},
		{0x26c8, 0x26c8, 1},
		{0x26ce, 0x26cf, 1},
		{0x26d1, 0x26d1, 1},
		{0x26d3, 0x26d4, 1},
		{0x26e9, 0x26ea, 1},
		{0x26f0, 0x26f5, 1},
		{0x26f7, 0x26fa, 1},
		{0x26fd, 0x26fd, 1},
		{0x2702, 0x2702, 1},
		{0x2705, 0x2705, 1},
		{0x2708, 0x270d, 1},
		{0x270f, 0x270f, 1},
		{0x2712, 0x2712, 1},
		{0x2714, 0x2716, 2},
		{0x271d, 0x271d, 1},
		{0x2721, 0x2721, 1},
		{0x2728, 0x2728, 1},
		{0x2733, 0x2734, 1},
		{0x2744, 0x2744, 1},
		{0x2747, 0x2747, 1},
		{0x274c, 0x274e, 2},
		{0x2753, 0x2755, 1},
		{0x2757, 0x2757, 1},
		{0x2763, 0x2764, 1},
		{0x2795, 0x2797, 1},
		{0x27a1, 0x27a1, 1},
		{0x27b0, 0x27b0, 1},
		{0x27bf, 0x27bf, 1},
		{0x2934, 0x2935, 1},
		{0x2b05, 0x2b07, 1},
		{0x2b1b, 0x2b1c, 1},
		{0x2b50, 0x2b50, 1},
		{0x2b55, 0x2b55, 1},
		{0x3030, 0x3030, 1},
		{0x303d, 0x303d, 1},
		{0x3297, 0x3299, 2},
	},
}
