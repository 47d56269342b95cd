package text

import "unicode"

// Edge tells whether a word ends before a character, and whether one begins with it.
type Edge uint8

// The edges. An edge of a word is one of a part too.
const (
	EdgePart Edge = 1 + iota // of a part of a word: camelCase, or digits after letters
	EdgeWord                 // of a word, of a run in one script, or of an emoji
)

// longPart is the fewest letters that make a part of a word beside digits: utf8 is one word of
// two parts, and b2b is one. The v of v12 is a part too, and so is a number with a unit, as the
// 30 of 30pm.
const (
	longPart   = 3
	longNumber = 2 // the fewest digits of it
)

// group is a kind of characters: characters of one group make words with each other.
type group uint8

const (
	between group = iota
	alphabetic
	han
	katakana
	hiragana
	hangul
	unspaced
	sign
)

// group returns the group of the folded character i. A prolonged sound mark is of the group of
// the character before it, which is of group before.
func (f *Folded) group(i int, before group) group {
	switch ClassOf(f.Runes[i]) {
	case Letter, Digit:
		return alphabetic
	case Han:
		return han
	case Kana:
		if f.Runes[i] == prolonged && (before == katakana || before == hiragana) {
			return before
		}
		if o := f.Original(i); o >= 0x3041 && o <= 0x309f {
			return hiragana
		}
		return katakana
	case Hangul:
		return hangul
	case Unspaced:
		return unspaced
	case Sign:
		return sign
	default:
		return between
	}
}

// Edges returns the edge before each folded character, and the one at the end.
func (f *Folded) Edges() []Edge {
	edges := make([]Edge, len(f.Runes)+1)
	edges[0], edges[len(f.Runes)] = EdgeWord, EdgeWord
	var before group
	start, inSign := 0, 0
	for i := range f.Runes {
		g := f.group(i, before)
		if g != before || g == between || g == sign && i >= inSign {
			edges[i] = EdgeWord
			f.partEdges(edges, start, i, before)
			start = i
			if g == sign {
				inSign = unitEnd(f.Runes, i)
			}
		}
		before = g
	}
	f.partEdges(edges, start, len(f.Runes), before)
	return edges
}

// partEdges marks the edges of parts within the word from start to end.
func (f *Folded) partEdges(edges []Edge, start, end int, g group) {
	if g != alphabetic || end-start < 2 {
		return
	}
	letters := 0 // in a row
	for i := start; i < end; i++ {
		version := i == start+1 && f.Runes[start] == 'v' && ClassOf(f.Runes[i]) == Digit
		if i > start && (version || f.hump(i, end) || f.digitsMeet(i, letters, end) || f.unit(start, i) || f.Original(i-1) == numero) {
			edges[i] = EdgePart
		}
		if ClassOf(f.Runes[i]) == Letter {
			letters++
		} else {
			letters = 0
		}
	}
}

// numero folds to letters, and a number follows it: №12.
const numero = '№'

// unit reports whether a unit begins at i, after the number with which the word begins.
func (f *Folded) unit(start, i int) bool {
	if i < start+longNumber || ClassOf(f.Runes[i]) != Letter {
		return false
	}
	for _, r := range f.Runes[start:i] {
		if ClassOf(r) != Digit {
			return false
		}
	}
	return true
}

// hump reports whether a part begins with a capital at i: the R of parseResponse and of
// HTTPResponse.
func (f *Folded) hump(i, end int) bool {
	if f.from[i] == f.from[i-1] || !unicode.IsUpper(f.Original(i)) {
		return false
	}
	if !unicode.IsUpper(f.Original(i - 1)) {
		return ClassOf(f.Runes[i-1]) == Letter
	}
	return i+1 < end && ClassOf(f.Runes[i+1]) == Letter && f.from[i+1] != f.from[i] && !unicode.IsUpper(f.Original(i+1))
}

// digitsMeet reports whether digits and a part of enough letters meet at i.
func (f *Folded) digitsMeet(i, letters, end int) bool {
	here, before := ClassOf(f.Runes[i]), ClassOf(f.Runes[i-1])
	switch {
	case here == Digit && before == Letter:
		return letters >= longPart
	case here == Letter && before == Digit:
		n := 0
		for j := i; j < end && n < longPart && ClassOf(f.Runes[j]) == Letter; j++ {
			n++
		}
		return n >= longPart
	default:
		return false
	}
}
