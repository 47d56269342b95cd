// Package words cuts Japanese text into words, by a dictionary. No index depends on it: it only
// tells a word of a hit from characters that end one word and begin the next.
package words

import (
	"sync"

	"github.com/ikawaha/kagome-dict/ipa"
	"github.com/ikawaha/kagome/v2/tokenizer"

	"natterjack/search/match"
	"natterjack/search/text"
)

// Dictionary is a Japanese dictionary. It is loaded when it is first used, and takes some 35 MB
// from then on.
type Dictionary struct {
	load      sync.Once
	tokenizer *tokenizer.Tokenizer
}

// Split returns the words of a text, in order. If the dictionary cannot be loaded, no words are
// found.
func (d *Dictionary) Split(s string) []match.Piece {
	d.load.Do(func() {
		if t, err := tokenizer.New(ipa.DictShrink(), tokenizer.OmitBosEos()); err == nil {
			d.tokenizer = t
		}
	})
	if d.tokenizer == nil {
		return nil
	}
	var pieces []match.Piece
	for _, t := range d.tokenizer.Analyze(s, tokenizer.Search) {
		at := text.Span{From: t.Position, To: t.Position + len(t.Surface)}
		pieces = append(pieces, match.Piece{At: at, Known: t.Class == tokenizer.KNOWN})
	}
	return pieces
}
