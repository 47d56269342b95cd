package text

const prolonged = 'ー'

// foldKana returns katakana for hiragana, and the usual letter for one with the same sound. The
// small letters stay: びょういん is a hospital, and びよういん a hairdresser's.
func foldKana(r rune) rune {
	if r < 0x3041 || r > 0x30ff {
		return r
	}
	if r <= 0x3096 || r == 0x309d || r == 0x309e {
		r += 'ア' - 'あ'
	}
	switch r {
	case 'ヵ':
		return 'カ'
	case 'ヶ':
		return 'ケ'
	case 'ヰ':
		return 'イ'
	case 'ヱ':
		return 'エ'
	case 'ヂ':
		return 'ジ'
	case 'ヅ':
		return 'ズ'
	default:
		return r
	}
}

// joinKana makes バ of ヴ and a small ァ, and ブ of a ヴ that stands alone: ヴァイオリン is
// written バイオリン as well. It reports whether it has taken r.
func (f *folder) joinKana(r rune, end int) bool {
	last := len(f.out.Runes) - 1
	if last < 0 || f.out.Runes[last] != 'ヴ' {
		return false
	}
	joined := map[rune]rune{'ァ': 'バ', 'ィ': 'ビ', 'ェ': 'ベ', 'ォ': 'ボ'}[r]
	if joined == 0 {
		f.out.Runes[last] = 'ブ'
		return false
	}
	f.out.Runes[last], f.out.to[last] = joined, int32(end)
	return true
}

// endKana makes ブ of a ヴ at the end.
func (f *folder) endKana() {
	if last := len(f.out.Runes) - 1; last >= 0 && f.out.Runes[last] == 'ヴ' {
		f.out.Runes[last] = 'ブ'
	}
}

// Hiragana reports whether the folded character i is kana that the original writes in hiragana.
// The prolonged sound mark is of the script of the kana before it.
func (f *Folded) Hiragana(i int) bool {
	for i > 0 && f.Runes[i] == prolonged && ClassOf(f.Runes[i-1]) == Kana {
		i--
	}
	r := f.Original(i)
	return r >= 0x3041 && r <= 0x309f
}
