package names

import "strings"

const prolonged = 'ー'

func isKana(r rune) bool { return r >= 'ァ' && r <= 'ヺ' || r == prolonged }

// rows are the kana of folded text, five vowels a row, with a dot where a row has a gap.
var rows = map[string]string{
	"": "アイウエオ", "k": "カキクケコ", "g": "ガギグゲゴ", "s": "サシスセソ", "z": "ザジズゼゾ", "t": "タチツテト", "d": "ダ..デド",
	"n": "ナニヌネノ", "h": "ハヒフヘホ", "b": "バビブベボ", "p": "パピプペポ", "m": "マミムメモ", "y": "ヤ.ユ.ヨ", "r": "ラリルレロ", "w": "ワ...ヲ",
}

const vowels = "aiueo"

// syllables are the Latin letters of each kana.
var syllables = func() map[rune]string {
	all := map[rune]string{'ン': "n"}
	for consonant, row := range rows {
		for i, kana := range []rune(row) {
			if kana != '.' {
				all[kana] = consonant + vowels[i:i+1]
			}
		}
	}
	return all
}()

// small are the kana that change the syllable before them.
var small = map[rune]string{
	'ァ': "a", 'ィ': "i", 'ゥ': "u", 'ェ': "e", 'ォ': "o", 'ャ': "ya", 'ュ': "yu", 'ョ': "yo", 'ヮ': "wa",
}

// latin writes folded kana in Latin letters, in the manner of the Kunrei system.
func latin(kana []rune) string {
	var b strings.Builder
	double := false
	for i := 0; i < len(kana); i++ {
		if kana[i] == 'ッ' {
			double = true
			continue
		}
		syllable := syllables[kana[i]]
		if i+1 < len(kana) && small[kana[i+1]] != "" {
			syllable = joined(syllable, small[kana[i+1]])
			i++
		}
		if double && syllable != "" {
			b.WriteByte(syllable[0])
		}
		double = false
		b.WriteString(syllable) // nothing for ー: length does not count
	}
	return b.String()
}

// joined returns a syllable that a small kana has changed: ki and ya are kya, te and i are ti.
func joined(syllable, small string) string {
	if syllable == "" {
		return small
	}
	stem, vowel := syllable[:len(syllable)-1], syllable[len(syllable)-1]
	switch {
	case len(small) > 1:
		return stem + small
	case vowel == 'i' && stem != "": // シェ, チェ
		return stem + "y" + small
	case stem == "" && vowel == 'u': // ウィ
		return "w" + small
	default:
		return stem + small
	}
}

// spellings are the ways to write the same sound, in the order in which they are replaced. Those
// at the end are for words that are not yet typed to their end.
var spellings = strings.NewReplacer(
	"tch", "tt", "ssh", "ssy", "cch", "tty",
	"shi", "si", "chi", "ti", "tsu", "tu", "dzu", "zu", "ji", "zi", "jy", "zy",
	"sh", "sy", "ch", "ty", "ts", "t", "j", "zy", "f", "h", "l", "r", "v", "b",
	"mb", "nb", "mp", "np", "mm", "nm", "'", "",
)

// soundOf returns the same spelling for all spellings of a Japanese word in Latin letters. The
// length of a vowel does not count: Sato, Satou, Satoh and Satō are one name.
func soundOf(latin string) string {
	s := spellings.Replace(latin)
	for _, unfinished := range []string{"sy", "ty", "zy"} {
		if strings.HasSuffix(s, unfinished) {
			s = s[:len(s)-1] // "sh" may become shi as well as sha
		}
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; !lengthens(s, i) {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// lengthens reports whether the letter at i only makes the vowel before it longer.
func lengthens(s string, i int) bool {
	if i == 0 || strings.IndexByte(vowels, s[i-1]) < 0 {
		return false
	}
	switch c := s[i]; c {
	case 'a', 'e', 'i', 'o':
		return c == s[i-1]
	case 'u':
		return s[i-1] == 'u' || s[i-1] == 'o'
	case 'h':
		return s[i-1] == 'o' && (i+1 == len(s) || strings.IndexByte(vowels, s[i+1]) < 0)
	default:
		return false
	}
}
