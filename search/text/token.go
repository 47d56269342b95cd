package text

import "iter"

// MaxTerm is the most characters of one word that are indexed. Longer ones are not words.
const MaxTerm = 128

// maxTails is how many tails of one word are indexed, so that no token costs its square.
const maxTails = 32

// Kind is the kind of a token.
type Kind uint8

// The kinds of tokens.
const (
	Word   Kind = iota // a whole word
	Part               // a part of a word
	Tail               // a word from one of its parts on
	Pair               // two neighbouring characters of text without blanks
	Lone               // one character of such text, at the end of its run or beside a word
	Emoji              // an emoji or a symbol
	Stem               // the stem of an English word, if it is not the word itself
	Joined             // two words that are also written as one: e-mail, node.js
)

// Token is an entry that an index stores for a place in a text.
type Token struct {
	Term  string
	Kind  Kind
	Place int  // words and characters without blanks are counted from 0
	At    Span // in the original
}

// Key returns the term as an index stores it, so that tokens that mean different things do not
// meet: parts of words are words, but a stem is none.
func (t Token) Key() string {
	if t.Kind == Stem {
		return "\x01" + t.Term
	}
	return t.Term
}

// Tokens returns the tokens of a text, by their places. Their number is at most twice the number of
// characters, plus one.
func (f *Folded) Tokens() iter.Seq[Token] {
	return func(yield func(Token) bool) {
		w := walker{f: f, edges: f.Edges(), yield: yield}
		for i := 0; i < len(f.Runes) && !w.done; {
			i = w.run(i)
		}
	}
}

// walker walks over the runs of a text.
type walker struct {
	f     *Folded
	edges []Edge
	yield func(Token) bool
	place int
	word  int // where the last word ended
	tails int // of the present word
	done  bool
}

// run yields the tokens of the run that begins at i and returns where it ends.
func (w *walker) run(i int) int {
	switch c := ClassOf(w.f.Runes[i]); {
	case c == Sign:
		return w.sign(i)
	case c.InWord():
		return w.letters(i)
	case c.Dense():
		return w.dense(i)
	default:
		return i + 1
	}
}

func (w *walker) put(k Kind, place, i, j int) {
	if !w.done {
		w.done = !w.yield(Token{Term: w.f.Term(i, j), Kind: k, Place: place, At: w.f.Span(i, j)})
	}
}

// end returns where the run of a class that begins at i ends.
func (w *walker) end(i int, same func(Class) bool) int {
	for i < len(w.f.Runes) && same(ClassOf(w.f.Runes[i])) {
		i++
	}
	return i
}

func (w *walker) sign(i int) int {
	j := unitEnd(w.f.Runes, i)
	w.put(Emoji, w.place, i, j)
	for k := i; k < j && j > i+1; k++ {
		if r := w.f.Runes[k]; isPicture(r) && !isRegional(r) {
			w.put(Part, w.place, k, k+1)
		}
	}
	w.place++
	return j
}

func (w *walker) letters(i int) int {
	j := w.end(i, Class.InWord)
	end := min(j, i+MaxTerm)
	w.put(Word, w.place, i, end)
	w.tails = 0
	for k := i; k < end; k = w.part(k, end, i) {
	}
	if stem, ok := StemOf(w.f.Term(i, end)); ok && stem != w.f.Term(i, end) && !w.done {
		w.done = !w.yield(Token{Term: stem, Kind: Stem, Place: w.place, At: w.f.Span(i, end)})
	}
	w.joined(i, j)
	w.place++
	w.word = j
	return j
}

// joined yields the word from i to j together with the next one, if they are also written as one.
func (w *walker) joined(i, j int) {
	if !Joins(w.f.Runes, j) || w.done {
		return
	}
	end := w.end(j+1, Class.InWord)
	w.done = !w.yield(Token{Term: w.f.Term(i, j) + w.f.Term(j+1, end), Kind: Joined, Place: w.place, At: w.f.Span(i, end)})
}

// part yields the part of the word from word to end that begins at k, and returns where the
// next one begins.
func (w *walker) part(k, end, word int) int {
	next := k + 1
	for next < end && w.edges[next] == 0 {
		next++
	}
	if k > word || next < end {
		w.put(Part, w.place, k, next)
	}
	if k > word && next < end && w.tails < maxTails {
		w.put(Tail, w.place, k, end)
		w.tails++
	}
	return next
}

func (w *walker) dense(i int) int {
	class := ClassOf(w.f.Runes[i])
	same := func(c Class) bool {
		return c.Dense() && (c == Unspaced) == (class == Unspaced) && (c == Hangul) == (class == Hangul)
	}
	j := w.end(i, same)
	if w.word == i && i > 0 && j > i+1 {
		w.put(Lone, w.place, i, i+1)
	}
	for k := i; k < j; k++ {
		if k+1 < j {
			w.put(Pair, w.place, k, k+2)
		} else {
			w.put(Lone, w.place, k, k+1)
		}
		w.place++
	}
	return j
}
