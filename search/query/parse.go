package query

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"natterjack/search/text"
)

// Parse returns the query that an input means. It never fails.
func Parse(input string) Query {
	p := parser{rest: strings.ToValidUTF8(input, "")}
	if len(p.rest) > MaxBytes {
		p.rest = strings.ToValidUTF8(p.rest[:MaxBytes], "")
		p.query.Cut = true
	}
	p.lastQuote = strings.LastIndexFunc(p.rest, isQuote)
	for p.blanks(); p.rest != ""; p.blanks() {
		if len(p.query.Clauses) == MaxClauses {
			p.query.Cut = true
			break
		}
		p.clause()
	}
	return p.query
}

// parser reads a query from its start.
type parser struct {
	rest      string
	read      int // how much of the input was read
	lastQuote int // where the last quotation mark of the input is
	query     Query
}

func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// isQuote reports whether r opens or closes a phrase. Keyboards of phones write curly ones.
func isQuote(r rune) bool { return r == '"' || r == '“' || r == '”' || r == '„' || r == '＂' }

func isMinus(r rune) bool { return r == '-' || r == '－' || r == '−' }

func isColon(r rune) bool { return r == ':' || r == '：' }

func (p *parser) skip(n int) { p.rest, p.read = p.rest[n:], p.read+n }

func (p *parser) blanks() { p.skip(len(p.rest) - len(strings.TrimLeftFunc(p.rest, isBlank))) }

// take skips the next character if wanted accepts it, and if something follows.
func (p *parser) take(wanted func(rune) bool) bool {
	r, size := utf8.DecodeRuneInString(p.rest)
	next, _ := utf8.DecodeRuneInString(p.rest[size:])
	if !wanted(r) || size == len(p.rest) || isBlank(next) {
		return false
	}
	p.skip(size)
	return true
}

// clause reads one clause.
func (p *parser) clause() {
	not := !p.isFlag() && p.take(isMinus)
	if s, ok := p.quoted(); ok {
		p.add(Phrase, not, s)
		return
	}
	if kind, n, ok := key(p.rest); ok && p.modifier(kind, n, not) {
		return
	}
	p.word(not)
}

// isFlag reports whether the rest begins with two minus signs, as the flags of programs do: they
// exclude nothing.
func (p *parser) isFlag() bool {
	r, size := utf8.DecodeRuneInString(p.rest)
	next, _ := utf8.DecodeRuneInString(p.rest[size:])
	return isMinus(r) && isMinus(next)
}

func (p *parser) add(k Kind, not bool, value string) {
	if value = strings.TrimFunc(value, isBlank); value != "" {
		p.query.Clauses = append(p.query.Clauses, Clause{Kind: k, Not: not, Value: value})
	}
}

// word reads up to the next blank.
func (p *parser) word(not bool) {
	w := p.upToBlank()
	p.skip(len(w))
	for _, star := range []string{"*", "＊"} {
		if prefix, ok := strings.CutSuffix(w, star); ok && prefix != "" {
			p.add(Prefix, not, prefix)
			return
		}
	}
	p.add(Word, not, w)
}

func (p *parser) upToBlank() string {
	if n := strings.IndexFunc(p.rest, isBlank); n >= 0 {
		return p.rest[:n]
	}
	return p.rest
}

// quoted reads the text between quotation marks. It reads nothing, and returns false, if the rest
// does not begin with such a mark, if none closes it, or if nothing is in between.
func (p *parser) quoted() (string, bool) {
	r, size := utf8.DecodeRuneInString(p.rest)
	if !isQuote(r) || p.read >= p.lastQuote {
		return "", false
	}
	var s strings.Builder
	for i := size; i < len(p.rest); {
		r, n := utf8.DecodeRuneInString(p.rest[i:])
		next, m := utf8.DecodeRuneInString(p.rest[i+n:])
		switch {
		case r == '\\' && (isQuote(next) || next == '\\'):
			s.WriteRune(next)
			i += n + m
		case isQuote(r):
			if strings.TrimFunc(s.String(), isBlank) == "" {
				return "", false
			}
			p.skip(i + n)
			return s.String(), true
		default:
			s.WriteRune(r)
			i += n
		}
	}
	p.lastQuote = p.read // none closes: that is not looked for again
	return "", false
}

const maxKey = 3 * len("before") // in bytes, if typed in wide letters

// key returns the modifier that s begins with, and its length with the colon.
func key(s string) (Kind, int, bool) {
	n := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	if n <= 0 {
		return 0, 0, false
	}
	colon, size := utf8.DecodeRuneInString(s[n:])
	if !isColon(colon) {
		return 0, 0, false
	}
	word := text.Fold(s[:min(n, maxKey)]).Text
	for kind, name := range keys {
		if word == name {
			return kind, n + size, true
		}
	}
	return 0, 0, false
}

// modifier reads the value of a modifier that takes n bytes. It reads nothing, and returns
// false, if the value means nothing: then all of it is a word.
func (p *parser) modifier(kind Kind, n int, not bool) bool {
	before := *p
	p.skip(n)
	value, ok := p.quoted()
	if !ok {
		value = p.upToBlank()
		p.skip(len(value))
	}
	if value, ok = meaning(kind, value); !ok {
		last := p.lastQuote
		*p = before
		p.lastQuote = last
		return false
	}
	p.add(kind, not, value)
	return true
}

// properties are the values of has and is, with the other words that people use for them.
var properties = map[Kind]map[string]string{
	Has: {
		"image": "image", "images": "image", "photo": "image", "picture": "image", "file": "file", "files": "file", "attachment": "file",
		"link": "link", "links": "link", "url": "link", "reaction": "reaction", "reactions": "reaction",
	},
	Is: {"pinned": "pinned", "unread": "unread", "mention": "mention", "mentions": "mention", "mentioned": "mention"},
}

// meaning returns the value that a modifier has, or false if it is none.
func meaning(kind Kind, value string) (string, bool) {
	value = strings.TrimFunc(value, isBlank)
	switch kind {
	case From, In, With:
		value = strings.TrimLeftFunc(value, func(r rune) bool { return isBlank(r) || strings.ContainsRune("@#＠＃", r) })
		return value, strings.ContainsFunc(value, func(r rune) bool { return !isQuote(r) })
	case Before, After, On:
		value = text.Fold(value).Text
		_, ok := dayOf(value)
		return value, ok
	default:
		value, ok := properties[kind][text.Fold(value).Text]
		return value, ok
	}
}

// Names returns the values of the clauses of one kind that hold, or that must not hold.
func (q Query) Names(k Kind, not bool) []string {
	var names []string
	for _, c := range q.Of(k) {
		if c.Not == not && !slices.Contains(names, c.Value) {
			names = append(names, c.Value)
		}
	}
	return names
}
