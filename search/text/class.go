package text

import "unicode"

// Class tells how a folded character takes part in words.
type Class uint8

// The classes of characters.
const (
	Other    Class = iota // blanks and punctuation: between words
	Letter                // of a script with blanks between words, and the marks on its letters
	Digit                 // folded: 0 to 9
	Han                   // Chinese characters, and Bopomofo
	Kana                  // hiragana and katakana
	Hangul                // Korean
	Unspaced              // Thai, Lao, Khmer, Burmese
	Sign                  // emoji and symbols: each is a word
)

// Dense reports whether text of the class has no blanks between its words, or has them only now
// and then. Such text is indexed as pairs of neighbouring characters.
func (c Class) Dense() bool { return c >= Han && c <= Unspaced }

// InWord reports whether characters of the class make up words with letters or digits.
func (c Class) InWord() bool { return c == Letter || c == Digit }

// ClassOf returns the class of a character.
func ClassOf(r rune) Class {
	switch {
	case r < 0x80:
		return classOfASCII(r)
	case isHan(r):
		return Han
	case isKana(r):
		return Kana
	case isHangul(r):
		return Hangul
	case isUnspaced(r):
		return classOfUnspaced(r)
	case isPicture(r), isTag(r), r == joiner:
		return Sign
	case unicode.IsDigit(r):
		return Digit
	case unicode.IsLetter(r), unicode.IsMark(r), unicode.Is(unicode.N, r):
		return Letter
	case unicode.IsSymbol(r):
		return Sign
	default:
		return Other
	}
}

func classOfASCII(r rune) Class {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
		return Letter
	case r >= '0' && r <= '9':
		return Digit
	default:
		return Other
	}
}

func classOfUnspaced(r rune) Class {
	switch {
	case unicode.IsDigit(r):
		return Digit
	case unicode.IsLetter(r), unicode.IsMark(r):
		return Unspaced
	case unicode.IsSymbol(r):
		return Sign
	default:
		return Other
	}
}

func within(r rune, ranges ...[2]rune) bool {
	for _, b := range ranges {
		if r >= b[0] && r <= b[1] {
			return true
		}
	}
	return false
}

func isHan(r rune) bool {
	if r >= 0x4e00 && r <= 0x9fff {
		return true
	}
	return r >= 0x2e80 && within(r, [2]rune{0x2e80, 0x2fdf}, [2]rune{0x3005, 0x3007}, [2]rune{0x3021, 0x3029}, [2]rune{0x3038, 0x303b},
		[2]rune{0x3105, 0x312f}, [2]rune{0x31a0, 0x31bf}, [2]rune{0x3400, 0x4dbf}, [2]rune{0xf900, 0xfaff}, [2]rune{0x20000, 0x3ffff})
}

func isKana(r rune) bool {
	return r >= 0x3041 && within(r, [2]rune{0x3041, 0x309a}, [2]rune{0x309d, 0x309f}, [2]rune{0x30a1, 0x30fa}, [2]rune{0x30fc, 0x30ff},
		[2]rune{0x31f0, 0x31ff}, [2]rune{0xff66, 0xff9f}, [2]rune{0x1b000, 0x1b16f})
}

func isHangul(r rune) bool {
	return r >= 0x1100 && within(r, [2]rune{0xac00, 0xd7a3}, [2]rune{0x1100, 0x11ff}, [2]rune{0x3131, 0x318e}, [2]rune{0xa960, 0xa97f}, [2]rune{0xd7b0, 0xd7ff})
}

func isUnspaced(r rune) bool {
	return r >= 0x0e00 && within(r, [2]rune{0x0e00, 0x0eff}, [2]rune{0x1000, 0x109f}, [2]rune{0x1780, 0x17ff}, [2]rune{0xa9e0, 0xa9ff}, [2]rune{0xaa60, 0xaa7f})
}
