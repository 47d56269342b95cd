package text

import (
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxMarks is how many characters may be combined into one. More marks are decoration.
const maxMarks = 24

// Span is a part of a text: its first byte, and the byte after its last.
type Span struct{ From, To int }

// Folded is a text in the form in which it is searched. Two texts fold to the same characters if a
// reader takes them for the same. Each folded character knows its bytes of the original.
type Folded struct {
	Source string // the original
	Text   string // the folded characters
	Runes  []rune // the runes of Text
	starts []int32
	from   []int32
	to     []int32
}

// Span returns the bytes of the original that the folded characters from i to j stand for.
func (f *Folded) Span(i, j int) Span {
	if i >= j {
		return Span{}
	}
	return Span{int(f.from[i]), int(f.to[j-1])}
}

// Term returns the folded characters from i to j.
func (f *Folded) Term(i, j int) string { return f.Text[f.starts[i]:f.starts[j]] }

// Original returns the character of the original with which the folded character i begins.
func (f *Folded) Original(i int) rune {
	r, _ := utf8.DecodeRuneInString(f.Source[f.from[i]:])
	return r
}

// Umlaut reports whether the folded character i is a vowel that the original writes with two dots.
func (f *Folded) Umlaut(i int) bool {
	return strings.ContainsAny(f.Source[f.from[i]:f.to[i]], "äöüÄÖÜ\u0308")
}

// Fold returns a text in the form in which it is searched: compatible forms and widths become the
// usual ones (NFKC), capitals become small, accents go where they are optional (Latin, Greek,
// Cyrillic, Hebrew, Arabic), digits of any script become 0 to 9, hiragana becomes katakana, and
// invisible characters go. Folding a folded text changes nothing.
func Fold(s string) *Folded {
	f := folder{src: s, out: Folded{
		Source: s, Runes: make([]rune, 0, len(s)), from: make([]int32, 0, len(s)), to: make([]int32, 0, len(s)),
	}}
	for f.at < len(s) {
		f.step()
	}
	f.endKana()
	return f.finish()
}

// folder folds a text, one character and its combining marks at a time.
type folder struct {
	src     string
	at      int
	out     Folded
	segment []rune // decomposed
	bytes   []byte
}

// step folds the character at f.at, with its combining marks.
func (f *folder) step() {
	start := f.at
	r, size := utf8.DecodeRuneInString(f.src[start:])
	next := start + size
	switch {
	case r < utf8.RuneSelf && (next == len(f.src) || f.src[next] < utf8.RuneSelf), isPlain(r) && f.plainAt(next):
		f.at = next
		f.emit(foldRune(r), start, next)
	case isIgnorable(r):
		f.at = next
		if keepsSign(f.last(), r, f.peek(next)) {
			f.emit(r, start, next)
		}
	case isSkinTone(r) && isPicture(f.last()):
		f.at = next
		f.out.to[len(f.out.to)-1] = int32(next)
	default:
		f.combined(start)
	}
}

// isPlain reports whether r stays as it is unless a mark follows. Most of a Chinese, Japanese
// or Korean text is plain.
func isPlain(r rune) bool {
	return r >= 0x4e00 && r <= 0x9fff || r >= 0x3041 && r <= 0x3096 || r >= 0x30a1 && r <= 0x30fc || r >= 0xac00 && r <= 0xd7a3
}

// plainAt reports whether the character at i combines with nothing before it.
func (f *folder) plainAt(i int) bool {
	r := f.peek(i)
	return r < 0x300 && r != 0xad || isPlain(r) || r >= 0x3000 && r <= 0x3020
}

// peek returns the character at i, or 0 at the end.
func (f *folder) peek(i int) rune {
	if i >= len(f.src) {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(f.src[i:])
	return r
}

func (f *folder) last() rune {
	if len(f.out.Runes) == 0 {
		return 0
	}
	return f.out.Runes[len(f.out.Runes)-1]
}

// combined folds the character at start together with all that combines with it.
func (f *folder) combined(start int) {
	f.segment = f.segment[:0]
	end := start
	for i := start; i < len(f.src); {
		r, size := utf8.DecodeRuneInString(f.src[i:])
		voiced := i > start && isKana(f.segmentLast()) && voicing(r) != r
		if voiced {
			r = voicing(r)
		}
		if i > start && !voiced && !isIgnorable(r) && (!combines(f.src[i:]) || f.full(r)) {
			break
		}
		if i > start && keepsSign(f.segmentLast(), r, f.peek(i+size)) {
			break
		}
		i += size
		f.at = i
		if isIgnorable(r) {
			continue
		}
		end = i
		f.decompose(r)
	}
	f.recompose(start, end)
}

// combines reports whether the character at the start of s may become one with the character before
// it. Its decomposition decides: ㅏ is a vowel of a Korean syllable only in that form.
func combines(s string) bool {
	if d := norm.NFKD.PropertiesString(s).Decomposition(); d != nil {
		return !norm.NFKC.Properties(d).BoundaryBefore()
	}
	return !norm.NFKC.PropertiesString(s).BoundaryBefore()
}

// full reports whether r has to begin a segment of its own, because there are many already. A
// mark never does.
func (f *folder) full(r rune) bool {
	return len(f.segment) >= maxMarks && norm.NFKD.PropertiesString(string(r)).CCC() == 0
}

func (f *folder) segmentLast() rune {
	if len(f.segment) == 0 {
		return 0
	}
	return f.segment[len(f.segment)-1]
}

// voicing returns the combining form of a voicing mark that stands alone, as old keyboards wrote
// it: か゛.
func voicing(r rune) rune {
	switch r {
	case '゛':
		return 0x3099
	case '゜':
		return 0x309a
	default:
		return r
	}
}

// decompose appends the letters and marks that make up r to the segment, small and without
// optional marks.
func (f *folder) decompose(r rune) {
	f.bytes = norm.NFKD.AppendString(f.bytes[:0], string(r))
	for b := f.bytes; len(b) > 0; {
		d, size := utf8.DecodeRune(b)
		b = b[size:]
		switch {
		case isIgnorable(d):
		case len(f.segment) >= maxMarks && unicode.IsMark(d):
		case unicode.Is(unicode.Mn, d) && optionalMark(f.base(), d):
		default:
			f.segment = appendFolded(f.segment, d)
		}
	}
}

// base returns the letter that a mark stands on.
func (f *folder) base() rune {
	for _, r := range slices.Backward(f.segment) {
		if !unicode.Is(unicode.Mn, r) {
			return r
		}
	}
	return f.last()
}

// optionalMark reports whether readers expect to find a word also without a mark. The breve of й is
// not optional: it makes another letter.
func optionalMark(base, mark rune) bool {
	if base == 'и' && mark == 0x306 {
		return false
	}
	return base < 0x300 || unicode.In(base, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic)
}

// recompose emits the segment, composed again.
func (f *folder) recompose(start, end int) {
	f.bytes = f.bytes[:0]
	for _, r := range f.segment {
		f.bytes = utf8.AppendRune(f.bytes, r)
	}
	composed := norm.NFC.Bytes(f.bytes)
	for len(composed) > 0 {
		r, size := utf8.DecodeRune(composed)
		composed = composed[size:]
		f.emit(foldRune(r), start, end)
	}
}

// emit appends a folded character that stands for the bytes from start to end.
func (f *folder) emit(r rune, start, end int) {
	r = foldKana(r)
	if f.joinKana(r, end) {
		return
	}
	f.out.Runes = append(f.out.Runes, r)
	f.out.from = append(f.out.from, int32(start))
	f.out.to = append(f.out.to, int32(end))
}

func (f *folder) finish() *Folded {
	out := &f.out
	out.starts = make([]int32, len(out.Runes)+1)
	text := make([]byte, 0, len(f.src))
	for i, r := range out.Runes {
		out.starts[i] = int32(len(text))
		text = utf8.AppendRune(text, r)
	}
	out.starts[len(out.Runes)] = int32(len(text))
	out.Text = string(text)
	return out
}

// appendFolded appends a character of a text in NFKD, without its case.
func appendFolded(to []rune, r rune) []rune {
	if pair, ok := pairs[r]; ok {
		return append(to, pair[0], pair[1])
	}
	return append(to, foldRune(r))
}

// pairs are letters that are also written as two letters.
var pairs = map[rune][2]rune{
	'ß': {'s', 's'}, 'ẞ': {'s', 's'}, 'æ': {'a', 'e'}, 'Æ': {'a', 'e'}, 'œ': {'o', 'e'}, 'Œ': {'o', 'e'}, 'þ': {'t', 'h'}, 'Þ': {'t', 'h'},
}

// foldRune returns a single character without its case, and the usual form of quotation marks,
// dashes, and letters with a stroke.
func foldRune(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	case isPlain(r):
		return r
	}
	if one, ok := single[r]; ok {
		return one
	}
	if unicode.IsDigit(r) {
		return '0' + digit(r)
	}
	l := unicode.ToLower(r)
	if one, ok := single[l]; ok {
		return one
	}
	return l
}

var single = map[rune]rune{
	'‘': '\'', '’': '\'', 'ʼ': '\'', '‛': '\'', '′': '\'', '“': '"', '”': '"', '„': '"', '‟': '"', '″': '"',
	'‐': '-', '‑': '-', '‒': '-', '–': '-', '—': '-', '―': '-', '−': '-', '〜': '~', '∼': '~',
	'ς': 'σ', 'ı': 'i', 'ø': 'o', 'ł': 'l', 'đ': 'd', 'ð': 'd', 'ħ': 'h', 'ŧ': 't',
}

// digit returns the value of a decimal digit of any script.
func digit(r rune) rune {
	if r <= 0xffff {
		table := unicode.Digit.R16
		if i := sort.Search(len(table), func(i int) bool { return rune(table[i].Hi) >= r }); i < len(table) {
			return (r - rune(table[i].Lo)) % 10
		}
	}
	table := unicode.Digit.R32
	i := sort.Search(len(table), func(i int) bool { return rune(table[i].Hi) >= r })
	return (r - rune(table[i].Lo)) % 10
}
