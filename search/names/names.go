package names

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"natterjack/search/text"
)

// maxWords is how many words of a query count.
const maxWords = 8

// Query is the part of a name that a user has typed.
type Query struct{ words []word }

// word is a folded word, and how it sounds in Latin letters if that is another spelling of it.
type word struct {
	text  string
	sound string // of kana, and of Latin letters
	kana  bool
	at    [2]int // in the folded characters of the name
}

// Parse reads the typed text. Blanks and punctuation separate words.
func Parse(typed string) Query {
	words := wordsOf(text.Fold(strings.TrimLeft(typed, " @#")))
	return Query{words[:min(len(words), maxWords)]}
}

// Empty reports whether the query has no word. Then it finds nothing.
func (q Query) Empty() bool { return len(q.words) == 0 }

// Class tells how well a name matches. A smaller one is better.
type Class int

// The classes.
const (
	Beginning Class = iota // the name begins with the typed text
	Word                   // words of the name do
	Middle                 // something is in the middle of a word
	None                   // it does not match
)

// Match is how a name matches, and where: bytes of each of its texts, ascending. They may overlap.
type Match struct {
	Class Class
	Spans [][]text.Span
}

// Match looks for the query in the texts of one name, such as a display name and a user name. Each
// word of the query must be in one of them.
func (q Query) Match(texts ...string) Match {
	m := Match{Class: None, Spans: make([][]text.Span, len(texts))}
	if q.Empty() {
		return m
	}
	folded, words := make([]*text.Folded, len(texts)), make([][]word, len(texts))
	for i, t := range texts {
		folded[i] = text.Fold(t)
		words[i] = wordsOf(folded[i])
	}
	worst := Beginning
	for n, typed := range q.words {
		best := None
		for i := range texts {
			class, at := typed.in(words[i])
			if class == Beginning && n > 0 {
				class = Word
			}
			if class < None {
				m.Spans[i] = append(m.Spans[i], folded[i].Span(at[0], at[1]))
			}
			best = min(best, class)
		}
		worst = max(worst, best)
	}
	if worst == None {
		return Match{Class: None, Spans: make([][]text.Span, len(texts))}
	}
	m.Class = worst
	for i := range m.Spans {
		slices.SortFunc(m.Spans[i], func(a, b text.Span) int { return cmp.Or(a.From-b.From, a.To-b.To) })
	}
	return m
}

// in looks for a typed word among the words of a text. It returns the best place.
func (w *word) in(words []word) (best Class, at [2]int) {
	best = None
	for i := range words {
		class, span := w.of(&words[i])
		if class == Beginning && i > 0 {
			class = Word
		}
		if class < best {
			best, at = class, span
		}
	}
	return best, at
}

// of looks for a typed word in a word.
func (w *word) of(name *word) (Class, [2]int) {
	if i := strings.Index(name.text, w.text); i >= 0 {
		from := name.at[0] + len([]rune(name.text[:i]))
		span := [2]int{from, from + len([]rune(w.text))}
		if i == 0 {
			return Beginning, span
		}
		return Middle, span
	}
	if w.kana == name.kana || w.sound == "" || name.sound == "" {
		return None, [2]int{}
	}
	switch i := strings.Index(name.sound, w.sound); {
	case i == 0:
		return Beginning, name.at
	case i > 0:
		return Middle, name.at
	default:
		return None, [2]int{}
	}
}

// wordsOf returns the words of a text: letters and digits between other characters. Kana are words
// of their own, because they can be spelt otherwise.
func wordsOf(f *text.Folded) (words []word) {
	for i := 0; i < len(f.Runes); {
		if !isName(f.Runes[i]) {
			i++
			continue
		}
		end := i + 1
		for end < len(f.Runes) && isKana(f.Runes[end]) == isKana(f.Runes[i]) && goesOn(f.Runes[end:]) {
			end++
		}
		words = append(words, newWord(f, i, end))
		i = end
	}
	return words
}

// goesOn reports whether a word goes on with some characters.
func goesOn(runes []rune) bool {
	return isName(runes[0]) || runes[0] == apostrophe && len(runes) > 1 && isName(runes[1])
}

// apostrophe is a part of a word if it is within: Jun'ichi, O'Brien.
const apostrophe = '\''

// isName reports whether a character is part of a word of a name. An emoji is: people are named so.
func isName(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || unicode.Is(unicode.So, r) || r == prolonged
}

func newWord(f *text.Folded, from, to int) word {
	w := word{text: f.Term(from, to), at: [2]int{from, to}}
	switch {
	case all(f.Runes[from:to], isKana):
		w.kana = true
		w.sound = soundOf(latin(f.Runes[from:to]))
	case all(f.Runes[from:to], func(r rune) bool { return r >= 'a' && r <= 'z' || r == apostrophe }):
		w.sound = soundOf(w.text)
	}
	return w
}

func all(runes []rune, is func(rune) bool) bool {
	for _, r := range runes {
		if !is(r) {
			return false
		}
	}
	return true
}
