package decide

import (
	"strings"
	"unicode/utf8"

	"natterjack/search/text"
)

// hasKeyword reports whether a text has one of the words, as a search finds it: case, width and
// accents do not matter. In scripts that put spaces between words, only whole words count.
func hasKeyword(in string, words []string) bool {
	if len(words) == 0 {
		return false
	}
	folded := text.Fold(in).Text
	for _, word := range words {
		if w := strings.TrimSpace(text.Fold(word).Text); w != "" && hasWord(folded, w) {
			return true
		}
	}
	return false
}

func hasWord(in, word string) bool {
	first, _ := utf8.DecodeRuneInString(word)
	last, _ := utf8.DecodeLastRuneInString(word)
	for from := 0; ; {
		i := strings.Index(in[from:], word)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(word)
		before, _ := utf8.DecodeLastRuneInString(in[:start])
		after, _ := utf8.DecodeRuneInString(in[end:])
		if !(joins(before) && joins(first)) && !(joins(last) && joins(after)) {
			return true
		}
		_, size := utf8.DecodeRuneInString(in[start:])
		from = start + size
	}
}

// joins reports whether a character makes one word with another such character beside it.
func joins(r rune) bool { return r != utf8.RuneError && text.ClassOf(r).InWord() }
