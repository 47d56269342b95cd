package match

import (
	"slices"

	"natterjack/search/text"
)

// joined returns the needle with those words as one that are also written so: email for e-mail. It
// returns nothing if there are none.
func joined(f *text.Folded) needle {
	one := make([]rune, 0, len(f.Runes))
	for i, r := range f.Runes {
		if !text.Joins(f.Runes, i) {
			one = append(one, r)
		}
	}
	if len(one) == len(f.Runes) {
		return needle{}
	}
	return newNeedle(text.Fold(string(one)))
}

// umlauts returns the needle with an e after each vowel that was typed with two dots. It returns
// nothing if there are none: Mueller for Müller.
func umlauts(f *text.Folded) needle {
	var spelt []rune
	for i, r := range f.Runes {
		spelt = append(spelt, r)
		if slices.Contains([]rune("aou"), r) && f.Umlaut(i) {
			spelt = append(spelt, 'e')
		}
	}
	if len(spelt) == len(f.Runes) {
		return needle{}
	}
	return newNeedle(text.Fold(string(spelt)))
}

// dotted returns the needle with vowels that the text has to write with two dots, where it has an e
// after them and before a consonant: Müller for Mueller.
func (n *needle) dotted() needle {
	other := needle{umlauts: make([]bool, 0, len(n.runes))}
	for i := 0; i < len(n.runes); i++ {
		other.add(n.runes[i], n.gaps[i], n.hiragana[i])
		dots := n.isDotted(i)
		other.umlauts = append(other.umlauts, dots)
		if dots {
			i++
		}
	}
	if len(other.runes) == len(n.runes) {
		return needle{}
	}
	other.measure()
	return other
}

// isDotted reports whether the character i and the e after it may be one vowel with two dots. After
// another vowel, or a q, ue is none: neue, Frequenz.
func (n *needle) isDotted(i int) bool {
	const vowels = "aeiouy"
	if i+2 >= len(n.runes) || n.runes[i+1] != 'e' || n.gaps[i+1] != none || n.gaps[i+2] > thin {
		return false
	}
	if after := n.runes[i+2]; text.ClassOf(after) != text.Letter || slices.Contains([]rune(vowels), after) {
		return false
	}
	switch n.runes[i] {
	case 'a', 'o':
		return true
	case 'u':
		return i == 0 || !slices.Contains([]rune(vowels+"q"), n.runes[i-1])
	default:
		return false
	}
}
