package match

import (
	"slices"

	"natterjack/search/text"
)

// The dictionary is asked about a window of the text: enough of the run to cut it right.
const (
	around = 24 // characters on each side of a place
	margin = 6  // at an end of a window that is not the end of the run, words may be cut wrong
)

// window is a part of a text with the words that a dictionary finds in it.
type window struct {
	from, to   int     // folded characters
	pieces     []Piece // in bytes of the whole text
	begun, end bool    // it begins, or ends, where the run does
}

// japanese returns the border at k, within a run of Chinese characters or kana.
func (d *doc) japanese(k, i, j int) border {
	if d.split == nil {
		return inside
	}
	p, ok := d.piece(k, i, j)
	switch {
	case d.lonely(k, i, j):
		return inside
	case !ok || p.At.From == d.f.Span(k, k+1).From:
		return edge
	case p.Known:
		return inside
	default:
		return open
	}
}

// lonely reports whether only the first character of a word in katakana is before k, one that
// the dictionary does not know: ログ is no word in ブログ.
func (d *doc) lonely(k, i, j int) bool {
	if k == 0 || text.ClassOf(d.f.Runes[k-1]) != text.Kana || d.f.Hiragana(k-1) || d.edges[k] != 0 {
		return false
	}
	before, ok := d.piece(k-1, i, j)
	return ok && !before.Known && before.At.From == d.f.Span(k-1, k).From
}

// crosses reports whether the place begins within one word and ends within another, or at the
// end of one: 京都 in 東京都 is the end of one word and the start of another, and no word.
func (d *doc) crosses(i, j int) bool {
	if d.split == nil || d.edges[i] != 0 {
		return false
	}
	if c := text.ClassOf(d.f.Runes[i]); c != text.Han && c != text.Kana {
		return false
	}
	p, ok := d.piece(i, i, j)
	run := i + 1 // where the script changes, the word before may end: コード500 in エラーコード500
	for run < j && d.edges[run] == 0 {
		run++
	}
	return ok && p.Known && p.At.From < d.f.Span(i, i+1).From && p.At.To < d.f.Span(run-1, run).To
}

// isLong reports whether the place has a prolonged sound mark after its first character, and
// enough others. No ends of two words look like that.
func (d *doc) isLong(i, j int) bool {
	return j-i > shortest && slices.Contains(d.f.Runes[i+1:j], prolonged)
}

// strays reports whether the place begins with a word and ends within a later one: すが is not
// in that sense in です|がっこう.
func (d *doc) strays(i, j int) bool {
	if d.split == nil || d.edges[j] != 0 {
		return false
	}
	p, ok := d.piece(j-1, i, j)
	end := d.f.Span(j-1, j).To
	return ok && p.Known && p.At.From > d.f.Span(i, i+1).From && p.At.To > end
}

// piece returns the word that the character k is in.
func (d *doc) piece(k, i, j int) (Piece, bool) {
	d.look(i, j)
	at := d.f.Span(k, k+1)
	for _, p := range d.pieces.pieces {
		if p.At.From <= at.From && at.From < p.At.To {
			return p, true
		}
	}
	return Piece{}, false
}

// look makes a window that shows the place from i to j, unless the present one does.
func (d *doc) look(i, j int) {
	w := &d.pieces
	if w.pieces != nil && i >= w.from && j < w.to && (w.begun || i-w.from >= margin) && (w.end || w.to-j >= margin) {
		return
	}
	from, to := i, min(j+1, len(d.f.Runes))
	for from > 0 && from > i-around && d.isJapanese(from-1) {
		from--
	}
	for to < len(d.f.Runes) && to < j+around && d.isJapanese(to) {
		to++
	}
	*w = window{from: from, to: to, begun: from == 0 || !d.isJapanese(from-1), end: to == len(d.f.Runes) || !d.isJapanese(to)}
	if w.pieces = []Piece{}; d.isChinese(from, to) {
		return
	}
	span := d.f.Span(from, to)
	for _, p := range d.split.Split(d.f.Source[span.From:span.To]) {
		p.At.From += span.From
		p.At.To += span.From
		w.pieces = append(w.pieces, p)
	}
}

func (d *doc) isJapanese(k int) bool {
	c := text.ClassOf(d.f.Runes[k])
	return c == text.Han || c == text.Kana
}
