package match

import (
	"cmp"
	"slices"

	"natterjack/search/query"
	"natterjack/search/text"
)

// Class tells how well a text matches a query. A greater one is better.
type Class uint8

// The classes.
const (
	None  Class = iota
	Part        // within a word: maschine in Spülmaschine
	Start       // at the start of a word, or in another form of it: deploy in deployment
	Whole       // a word, or a part of a word in camelCase
)

// String returns the name of the class.
func (c Class) String() string { return [...]string{"none", "part", "start", "whole"}[c] }

// Splitter cuts text without blanks into words, by a dictionary.
type Splitter interface {
	Split(s string) []Piece
}

// Piece is a word of a text, or characters that the dictionary does not know.
type Piece struct {
	At    text.Span
	Known bool
}

// Hit tells how a message matches. Class is the class of the word that matches worst, if each word
// is taken where it matches best. Spans are the parts to highlight in each field, in ascending
// order.
type Hit struct {
	Class Class
	Spans [][]text.Span
}

// maxSpans is how many places of one field are highlighted.
const maxSpans = 64

// Matcher verifies hits of one query. It may be used by several goroutines.
type Matcher struct {
	terms []term
	split Splitter
}

// term is a clause of a query about the text.
type term struct {
	kind    query.Kind
	not     bool
	needles []needle
	stem    string
}

// New returns a matcher for the clauses of a query that are about the text. The splitter may be
// nil. Then no two Japanese words within a run of Chinese characters are told apart.
func New(q query.Query, s Splitter) *Matcher {
	m := &Matcher{split: s}
	for _, c := range q.Text() {
		t := term{kind: c.Kind, not: c.Not, needles: needlesOf(c.Kind, c.Value)}
		if len(t.needles) == 0 {
			continue
		}
		if n := t.needles[0]; c.Kind == query.Word && n.first == len(n.runes) {
			t.stem, _ = text.StemOf(string(n.runes))
		}
		m.terms = append(m.terms, t)
	}
	return m
}

// Empty reports whether the query looks for no text. Then every message matches.
func (m *Matcher) Empty() bool {
	return !slices.ContainsFunc(m.terms, func(t term) bool { return !t.not })
}

// Positive reports whether the query excludes nothing by the text. Then a hit stays one, whatever
// else the message has.
func (m *Matcher) Positive() bool {
	return !slices.ContainsFunc(m.terms, func(t term) bool { return t.not })
}

// Match verifies a message: its text, and the names and descriptions of its files. A word may be in
// any of these fields, and an excluded word must be in none.
func (m *Matcher) Match(fields ...string) (Hit, bool) {
	hit := Hit{Class: Whole, Spans: make([][]text.Span, len(fields))}
	docs := make([]*doc, len(fields))
	for i, field := range fields {
		docs[i] = &doc{f: text.Fold(field), split: m.split}
	}
	for _, t := range m.terms {
		best := None
		for i, d := range docs {
			class, spans := d.find(t)
			best = max(best, class)
			if !t.not {
				hit.Spans[i] = append(hit.Spans[i], spans...)
			}
		}
		if t.not && best > Part || !t.not && best == None {
			return Hit{}, false
		}
		if !t.not {
			hit.Class = min(hit.Class, best)
		}
	}
	for i := range hit.Spans {
		hit.Spans[i] = merge(hit.Spans[i])
	}
	return hit, true
}

// merge returns spans in ascending order, with spans that overlap or touch joined to one.
func merge(spans []text.Span) []text.Span {
	slices.SortFunc(spans, func(a, b text.Span) int { return cmp.Or(a.From-b.From, a.To-b.To) })
	var merged []text.Span
	for _, s := range spans {
		if last := len(merged) - 1; last >= 0 && s.From <= merged[last].To {
			merged[last].To = max(merged[last].To, s.To)
		} else if len(merged) < maxSpans {
			merged = append(merged, s)
		}
	}
	return merged
}
