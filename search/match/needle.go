package match

import (
	"slices"
	"unicode"

	"natterjack/search/query"
	"natterjack/search/text"
)

// gap tells which characters may stand before a character of a needle, in the text.
type gap uint8

const (
	none   gap = iota
	thin       // one blank, or nothing: 第 12 回 is 第12回
	joint      // characters that join two words: a hyphen, a blank, an apostrophe
	bulge      // a joint, or nothing: ビルド・エラー is ビルドエラー
	words      // characters that separate words: blanks and punctuation
	spaces     // the same, or nothing
)

// longKana is the fewest kana before a last ー that may be left out: サーバー is サーバ too.
const longKana = 3

// maxSeparators is how many characters between two words of a phrase are skipped.
const maxSeparators = 8

// needle is a folded word or phrase to look for.
type needle struct {
	runes    []rune
	gaps     []gap  // before each of runes
	hiragana []bool // for each of runes: it was typed in hiragana
	first    int    // letters and digits before the first other character
	last     int    // letters and digits after the last other character
	umlauts  []bool // for each of runes: the text has to write it with two dots; nil if none
	exact    bool   // the text has to join words as the needle does
	other    bool   // it is spelled otherwise than it was typed, and is not quite the word
	kana     bool   // all of it is kana
	long     bool   // it ends with so many kana that a ー may follow
}

// needlesOf returns a word or phrase, and the other ways in which it is written. It returns none
// if there is nothing to look for but punctuation.
func needlesOf(kind query.Kind, value string) []needle {
	f := text.Fold(value)
	n := newNeedle(f)
	if len(n.runes) == 0 {
		return nil
	}
	others := []needle{n.without(), n.with()}
	if n.exact = kind == query.Phrase; !n.exact {
		for _, other := range []needle{joined(f), umlauts(f), n.dotted()} {
			other.other = true
			others = append(others, other)
		}
	}
	all := []needle{n}
	for _, other := range others {
		if len(other.runes) > 0 && !slices.Equal(other.runes, n.runes) {
			all = append(all, other)
		}
	}
	return all
}

func newNeedle(f *text.Folded) needle {
	from, to := bounds(f.Runes)
	edges := f.Edges()
	var n needle
	between := none
	for i := from; i < to; i++ {
		r := f.Runes[i]
		if end := separatorsEnd(f.Runes, i, to); end > i {
			if g := gapBetween(f.Runes, i, end); g != none {
				between, i = g, end-1
				continue
			}
		}
		if between == none && i > from {
			between = thinGap(f.Runes[i-1], r, edges[i])
		}
		n.add(r, between, text.ClassOf(r) == text.Kana && f.Hiragana(i))
		between = none
	}
	n.measure()
	return n
}

func (n *needle) add(r rune, before gap, hiragana bool) {
	n.runes, n.gaps, n.hiragana = append(n.runes, r), append(n.gaps, before), append(n.hiragana, hiragana)
}

// measure fills in the facts about the needle as a whole.
func (n *needle) measure() {
	inWord := func(r rune) bool { return text.ClassOf(r).InWord() }
	n.first = run(n.runes, n.gaps, inWord)
	n.last = 0
	for i := len(n.runes) - 1; i >= 0 && inWord(n.runes[i]); i-- {
		n.last++
		if n.gaps[i] > thin {
			break
		}
	}
	n.kana = len(n.runes) > 0 && !slices.ContainsFunc(n.runes, func(r rune) bool { return text.ClassOf(r) != text.Kana })
	n.long = false
	if end := len(n.runes); end > 0 && n.runes[end-1] != prolonged {
		n.long = n.kanaBefore(end) >= longKana
	}
}

// run returns how many characters from the start are wanted ones, with thin gaps at most.
func run(runes []rune, gaps []gap, wanted func(rune) bool) int {
	i := 0
	for i < len(runes) && wanted(runes[i]) && (i == 0 || gaps[i] <= thin) {
		i++
	}
	return i
}

// isPath reports whether the needle may begin and end anywhere, because it is a long enough part of
// an address, a path or a name of several words: ample.com/do.
func (n *needle) isPath() bool {
	const enoughLetters, enoughInAll = 5, 8
	letters, all := 0, 0
	for _, r := range n.runes {
		switch text.ClassOf(r) {
		case text.Letter:
			letters++
			all++
		case text.Digit:
			all++
		default:
		}
	}
	return (letters >= enoughLetters || all >= enoughInAll) && n.first < len(n.runes) && n.first > 0 && n.last > 0
}

const prolonged = 'ー'

// kanaBefore returns how many kana of one script end before i.
func (n *needle) kanaBefore(i int) int {
	count := 0
	for k := i - 1; k >= 0 && text.ClassOf(n.runes[k]) == text.Kana && n.hiragana[k] == n.hiragana[i-1]; k-- {
		count++
		if n.gaps[k] != none {
			break
		}
	}
	return count
}

// without returns the needle without the ー at the ends of long words in kana.
func (n *needle) without() needle {
	var other needle
	for i, r := range n.runes {
		if r == prolonged && n.kanaEndsAt(i+1) && n.kanaBefore(i) >= longKana {
			continue
		}
		other.add(r, n.gaps[i], n.hiragana[i])
	}
	other.measure()
	return other
}

// with returns the needle with ー at the ends of long words in kana.
func (n *needle) with() needle {
	var other needle
	for i, r := range n.runes {
		other.add(r, n.gaps[i], n.hiragana[i])
		if r != prolonged && i+1 < len(n.runes) && n.kanaEndsAt(i+1) && n.kanaBefore(i+1) >= longKana {
			other.add(prolonged, none, n.hiragana[i])
		}
	}
	other.measure()
	return other
}

// kanaEndsAt reports whether kana of one script ends before i.
func (n *needle) kanaEndsAt(i int) bool {
	return i == len(n.runes) || n.gaps[i] != none || text.ClassOf(n.runes[i]) != text.Kana || n.hiragana[i] != n.hiragana[i-1]
}

// meaningful is the punctuation that counts at the ends of a word: C++, C#, @alice, 100%.
const meaningful = "@#$%&+"

// bounds returns where the words in runes begin and end, without the punctuation around them.
// Both are 0 if there are none.
func bounds(runes []rune) (from, to int) {
	isWord := func(r rune) bool { return text.ClassOf(r) != text.Other }
	from = slices.IndexFunc(runes, isWord)
	if from < 0 {
		return 0, 0
	}
	to = len(runes)
	for !isWord(runes[to-1]) {
		to--
	}
	for from > 0 && isMeaningful(runes[from-1]) {
		from--
	}
	for to < len(runes) && isMeaningful(runes[to]) {
		to++
	}
	if from == 1 && runes[0] == '.' && text.ClassOf(runes[1]) == text.Letter { // .NET, .jpg
		from = 0
	}
	return from, to
}

func isMeaningful(r rune) bool { return slices.Contains([]rune(meaningful), r) }

func separatorsEnd(runes []rune, i, to int) int {
	for i < to && text.ClassOf(runes[i]) == text.Other {
		i++
	}
	return i
}

// gapBetween returns the gap that the separators from i to end stand for, or none if the text must
// have exactly these characters.
func gapBetween(runes []rune, i, end int) gap {
	if i == 0 || end == len(runes) {
		return none
	}
	before, after := text.ClassOf(runes[i-1]), text.ClassOf(runes[end])
	dense := before.Dense() || after.Dense()
	switch {
	case before == text.Other || after == text.Other:
		return none
	case slices.ContainsFunc(runes[i:end], unicode.IsSpace) && dense:
		return spaces
	case slices.ContainsFunc(runes[i:end], unicode.IsSpace):
		return words
	case end != i+1 || !isJoint(runes[i]) || before == text.Digit || after == text.Digit:
		return none
	case dense:
		return bulge
	default:
		return joint
	}
}

func isJoint(r rune) bool {
	return r == '-' || r == '_' || r == '\'' || r == '·' || r == '・' || r == ' '
}

// thinGap returns the gap between two characters that follow each other in the needle.
func thinGap(before, after rune, e text.Edge) gap {
	b, a := text.ClassOf(before), text.ClassOf(after)
	switch {
	case b.Dense() && a.InWord(), b.InWord() && a.Dense():
		return thin
	case e == text.EdgePart && b != a:
		return thin // iPhone 17 is iPhone17
	default:
		return none
	}
}

// at returns where the needle ends in a text if it begins at i, or -1. It reports whether the text
// spells the needle in another way.
func (n *needle) at(f *text.Folded, i int) (end int, otherwise bool) {
	runes, otherwise := f.Runes, n.other
	for k, r := range n.runes {
		if k > 0 && n.gaps[k] != none {
			if i = n.gaps[k].skip(runes, i); i < 0 {
				return -1, false
			}
		}
		if k > 0 && !n.exact && n.gaps[k] <= thin && i < len(runes) && runes[i] != r && text.Joins(runes, i) {
			i, otherwise = i+1, true
		}
		if i >= len(runes) || runes[i] != r || n.umlauts != nil && n.umlauts[k] && !f.Umlaut(i) {
			return -1, false
		}
		i++
	}
	return i, otherwise
}

// skip returns where the gap that begins at i ends, or -1 if there is none.
func (g gap) skip(runes []rune, i int) int {
	end := i
	switch g {
	case thin:
		if end < len(runes) && runes[end] == ' ' {
			end++
		}
		return end
	case joint, bulge:
		if end < len(runes) && isJoint(runes[end]) {
			end++
		}
	case words, spaces:
		for end < len(runes) && end < i+maxSeparators && text.ClassOf(runes[end]) == text.Other {
			end++
		}
	default:
	}
	if end == i && (g == joint || g == words) {
		return -1
	}
	return end
}
