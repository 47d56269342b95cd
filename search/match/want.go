package match

import (
	"slices"
	"strings"

	"natterjack/search/query"
	"natterjack/search/text"
)

// Want is a condition on the tokens of a message that holds for every message that matches. An
// index finds these messages, and [Matcher.Match] verifies them.
type Want struct {
	Key    string // one token has this key
	Prefix string // the key of one token begins so
	Infix  string // the key of one token has it, anywhere
	All    []Want
	Any    []Want
}

// Wants returns the conditions that all hold for messages of at least the given class.
func (m *Matcher) Wants(least Class) []Want {
	var wants []Want
	for _, t := range m.terms {
		if t.not {
			continue
		}
		var any []Want
		for i := range t.needles {
			any = append(any, Want{All: t.needles[i].wants(t.kind, least)})
		}
		if t.stem != "" && least <= Start {
			any = append(any, Want{Key: text.Token{Term: t.stem, Kind: text.Stem}.Key()}, Want{Key: t.stem})
		}
		wants = append(wants, Want{Any: any})
	}
	return wants
}

// piece is a part of a needle that is one run in a text.
type piece struct {
	runes    []rune
	breaks   []int // where the text may have a blank within the piece
	class    text.Class
	from, to bool // the needle begins, or ends, with it
}

// pieces cuts a needle as a text is cut into runs.
func (n *needle) pieces() []piece {
	var all []piece
	for i := 0; i < len(n.runes); {
		class := text.ClassOf(n.runes[i])
		if class == text.Other {
			i++
			continue
		}
		p := piece{class: class, from: i == 0}
		start := i
		for i < len(n.runes) && joins(class, text.ClassOf(n.runes[i])) && (i == start || n.gaps[i] <= thin) {
			if i > start && n.gaps[i] == thin {
				p.breaks = append(p.breaks, i-start)
			}
			i++
		}
		p.runes, p.to = n.runes[start:i], i == len(n.runes)
		all = append(all, p)
	}
	return all
}

// joins reports whether characters of both classes make one run.
func joins(a, b text.Class) bool {
	japanese := func(c text.Class) bool { return c == text.Han || c == text.Kana }
	return a == b || a.InWord() && b.InWord() || japanese(a) && japanese(b)
}

func (n *needle) wants(kind query.Kind, least Class) []Want {
	pieces := n.pieces()
	path := n.isPath()
	var all []Want
	for _, p := range pieces {
		switch {
		case p.class == text.Sign:
			all = append(all, p.signs()...)
		case p.class.InWord():
			begins := p.from && kind == query.Word && least == Part && (path || len(p.runes) >= shortest)
			ends := p.to && (kind == query.Prefix || kind == query.Word && least <= Start && (path || len(p.runes) >= shortest))
			if begins && len(p.runes) < shortest {
				continue // too many words have it
			}
			all = append(all, p.word(begins, ends))
		case len(p.runes) > 1:
			for i := range len(p.runes) - 1 {
				all = append(all, Want{Key: string(p.runes[i : i+2])})
			}
		case len(pieces) == 1:
			all = append(all, Want{Prefix: string(p.runes)})
		}
	}
	return all
}

// signs returns the tokens that emoji and symbols make. Of several pictures in one, each is a
// token.
func (p piece) signs() []Want {
	var all []Want
	for i := 0; i < len(p.runes); i++ {
		switch r := p.runes[i]; {
		case isRegional(r) && i+1 < len(p.runes) && isRegional(p.runes[i+1]):
			all = append(all, Want{Key: string(p.runes[i : i+2])})
			i++
		case r != '\u200d' && r < 0xe0000:
			all = append(all, Want{Key: string(r)})
		}
	}
	return all
}

// word returns the tokens of a word that the text may have within another one: one that begins
// earlier, or ends later.
func (p piece) word(begins, ends bool) Want {
	whole := wordWant(p.runes, begins, ends, !p.to)
	if len(p.breaks) == 0 {
		return whole
	}
	var parts []Want
	at := 0
	for _, end := range append(p.breaks, len(p.runes)) {
		part := p.runes[at:end]
		long, last := len(part) >= shortest, end == len(p.runes)
		parts = append(parts, wordWant(part, begins && at == 0 && long, ends && last, !p.to || !last))
		at = end
	}
	return Want{Any: []Want{whole, {All: parts}}}
}

// wordWant returns the token of a word or a part of one. If something follows in the needle, the
// word ends where it ends. If not, it may end with a part of a word, and be no token itself.
func wordWant(runes []rune, begins, ends, followed bool) Want {
	switch {
	case begins:
		return Want{Infix: string(runes)}
	case ends, !followed && len(runes) >= shortest:
		return Want{Prefix: string(runes)}
	default:
		return Want{Key: string(runes)}
	}
}

// Holds reports whether tokens are as wanted.
func (w Want) Holds(keys []string) bool {
	switch {
	case w.Key != "":
		return slices.Contains(keys, w.Key)
	case w.Prefix != "":
		return slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(k, w.Prefix) })
	case w.Infix != "":
		return slices.ContainsFunc(keys, func(k string) bool { return strings.Contains(k, w.Infix) })
	case w.Any != nil:
		return slices.ContainsFunc(w.Any, func(o Want) bool { return o.Holds(keys) })
	default:
		return !slices.ContainsFunc(w.All, func(o Want) bool { return !o.Holds(keys) })
	}
}
