package match

import (
	"slices"
	"strings"
	"unicode"

	"natterjack/search/query"
	"natterjack/search/text"
)

// shortest is the fewest letters and digits of a word that are looked for within other words.
const shortest = 3

// doc is a text in which is looked for something.
type doc struct {
	f      *text.Folded
	edges  []text.Edge // made when they are needed
	split  Splitter
	pieces window
}

// find returns how well the text has a term, and where: all places as good as the start of a
// word, or all places within words if there are none better.
func (d *doc) find(t term) (Class, []text.Span) {
	best := None
	var spans []text.Span
	add := func(c Class, i, j int) {
		if c > best && best < Start {
			spans = spans[:0]
		}
		best = max(best, c)
		if c >= min(best, Start) && len(spans) < maxSpans {
			spans = append(spans, d.f.Span(i, j))
		}
	}
	for k := range t.needles {
		n := &t.needles[k]
		d.places(n, func(i, j int, otherwise bool) {
			c := d.class(t.kind, n, i, j)
			if otherwise && c < Start {
				c = None
			}
			if otherwise {
				c = min(c, Start)
			}
			if c > None {
				add(c, i, j)
			}
		})
	}
	if best < Start && t.stem != "" {
		d.stems(t.stem, func(i, j int) { add(Start, i, j) })
	}
	return best, spans
}

// places calls found with each place at which the needle begins and ends, and with whether the text
// spells it otherwise.
func (d *doc) places(n *needle, found func(i, j int, otherwise bool)) {
	for i := 0; i < len(d.f.Runes); i++ {
		next := slices.Index(d.f.Runes[i:], n.runes[0])
		if next < 0 {
			return
		}
		i += next
		j, otherwise := n.at(d.f, i)
		if j < 0 {
			continue
		}
		if n.long && j < len(d.f.Runes) && d.f.Runes[j] == prolonged {
			j++
		}
		found(i, j, otherwise)
	}
}

// stems calls found with each word of the text that has the stem.
func (d *doc) stems(stem string, found func(i, j int)) {
	runes := d.f.Runes
	for i := 0; i < len(runes); i++ {
		j := i
		for j < len(runes) && text.ClassOf(runes[j]).InWord() {
			j++
		}
		if j == i {
			continue
		}
		if s, ok := text.StemOf(d.f.Term(i, j)); ok && s == stem {
			found(i, j)
		}
		i = j
	}
}

// border is the kind of character at an end of a place.
type border uint8

const (
	inside border = iota // of a word: the place begins or ends within it
	open                 // of characters that no dictionary knows as a word
	edge                 // of a word
)

// class returns the class of the place from i to j.
func (d *doc) class(kind query.Kind, n *needle, i, j int) Class {
	if d.edges == nil {
		d.edges = d.f.Edges()
	}
	if d.cutsCharacter(i, j) {
		return None
	}
	begin, end := d.border(i, i, j), d.border(j, i, j)
	c := d.classOf(n, i, j, begin, end)
	switch kind {
	case query.Prefix:
		if begin == inside {
			return None
		}
		return max(c, Start)
	case query.Phrase:
		if c < Start || end == inside && text.ClassOf(d.f.Runes[j-1]).InWord() {
			return None
		}
		return c
	default:
		if !n.isPath() && (begin != edge && n.first > 0 && n.first < shortest || end != edge && n.last > 0 && n.last < shortest) {
			return None
		}
		return c
	}
}

func (d *doc) classOf(n *needle, i, j int, begin, end border) Class {
	switch {
	case d.otherScript(n, i, j):
		if begin != inside && end == edge {
			return Whole
		}
		switch {
		case d.isLong(i, j):
			return Start
		case j-i <= shortest || d.crosses(i, j):
			return None
		}
		return Part
	case d.cutsNumber(i), d.cutsNumber(j):
		if n.first < len(n.runes) && !d.isName(i, j) {
			return None
		}
		return Part
	case n.kana && j-i <= shortest && d.strays(i, j):
		return None
	case begin != inside && end == edge:
		return Whole
	case begin != inside:
		return Start
	case d.crosses(i, j):
		return None
	default:
		return Part
	}
}

// cutsCharacter reports whether the place begins or ends within something that a reader sees as one
// character: before a mark, or within a flag.
func (d *doc) cutsCharacter(i, j int) bool {
	for _, k := range []int{i, j} {
		if k < len(d.f.Runes) && d.edges[k] != text.EdgeWord && (unicode.IsMark(d.f.Runes[k]) || isRegional(d.f.Runes[k])) {
			return true
		}
	}
	return false
}

func isRegional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// cutsNumber reports whether digits go on across k: 12 is no part of 123 that anybody means.
func (d *doc) cutsNumber(k int) bool {
	return k > 0 && k < len(d.f.Runes) && text.ClassOf(d.f.Runes[k-1]) == text.Digit && text.ClassOf(d.f.Runes[k]) == text.Digit
}

// The numbers within names of which a part is enough: IMG-2024 is the beginning of IMG-20240115,
// but PROJ-12 is not the beginning of PROJ-1234.
const (
	longNumber = 8 // digits of the name's number
	enough     = 4 // digits of the part
)

// isName reports whether the place is in one name, of which people type a part: words and numbers
// joined by underscores, or by hyphens if only a long number is cut.
func (d *doc) isName(i, j int) bool {
	for k := i; k < j; k++ {
		switch r := d.f.Runes[k]; {
		case text.ClassOf(r).InWord(), r == '_':
		case r == '-' && d.cutsLong(i, i, j) && d.cutsLong(j, i, j):
		default:
			return false
		}
	}
	return true
}

// cutsLong reports whether no number goes on across k, an end of the place from i to j, or a long
// one of which the place has enough.
func (d *doc) cutsLong(k, i, j int) bool {
	if !d.cutsNumber(k) {
		return true
	}
	isDigit := func(k int) bool { return text.ClassOf(d.f.Runes[k]) == text.Digit }
	start, end := k, k
	for start > 0 && isDigit(start-1) {
		start--
	}
	for end < len(d.f.Runes) && isDigit(end) {
		end++
	}
	return end-start >= longNumber && min(end, j)-max(start, i) >= enough
}

// otherScript reports whether the place is all kana and the text has some of it in the other
// script. The same sounds then may be the ends of two words: ガス is not in ありますがすぐに.
func (d *doc) otherScript(n *needle, i, j int) bool {
	if !n.kana {
		return false
	}
	for k := i; k < j && k-i < len(n.runes); k++ {
		if d.f.Hiragana(k) != n.hiragana[k-i] {
			return true
		}
	}
	return false
}

// border returns the border at k, for a place from i to j.
func (d *doc) border(k, i, j int) border {
	if d.edges[k] != 0 {
		return edge
	}
	switch text.ClassOf(d.f.Runes[k]) {
	case text.Han, text.Kana:
		return d.japanese(k, i, j)
	case text.Hangul:
		if k == j && d.particle(j) {
			return edge
		}
		return inside
	case text.Unspaced:
		return open // no dictionary is at hand
	default:
		return inside
	}
}

// particles are the endings that follow a Korean noun without a blank.
var particles = strings.Fields("은 는 이 가 을 를 에 의 로 와 과 도 만 에서 으로 까지 부터 에게 한테 하고 이나 처럼 보다 입니다 이에요 예요 이다 들 들이 들은 들을")

// particle reports whether only a particle follows at j until the end of the word.
func (d *doc) particle(j int) bool {
	end := j
	for end < len(d.f.Runes) && end < j+4 && text.ClassOf(d.f.Runes[end]) == text.Hangul {
		end++
	}
	return d.edges[end] != 0 && slices.Contains(particles, d.f.Term(j, end))
}
