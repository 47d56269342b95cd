// Package lookalike tells names that look alike. It compares skeletons (Unicode Technical Standard
// 39, section 4). In the skeleton of a name each character is replaced by the simplest one that it
// can be mistaken for, and invisible characters are left out.
package lookalike

import (
	"strings"
	"unicode"

	"github.com/mtibben/confusables"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Form is the shape of a name as a reader sees it at a quick look. The zero Form looks like no
// other.
type Form struct {
	// A capital I looks like a small l, and is also the same letter as a small i. So there are two
	// skeletons: one of the letters, whichever case they have, and one of their shapes.
	letters, shapes string
}

// Of returns the form of a name. Case, spaces, characters without width, and the variants of a
// letter that Unicode knows for the sake of old encodings, such as fullwidth ones, make no
// difference. Accents do: they are seen.
func Of(name string) Form {
	name = norm.NFKD.String(strings.Map(seen, norm.NFKD.String(name)))
	fold := cases.Fold()
	return Form{
		letters: fold.String(confusables.Skeleton(fold.String(name))),
		shapes:  fold.String(confusables.Skeleton(name)),
	}
}

// Like reports whether two names look alike.
func (f Form) Like(o Form) bool {
	return f.letters != "" && f.letters == o.letters || f.shapes != "" && f.shapes == o.shapes
}

// seen returns -1 for a character that is invisible.
func seen(r rune) rune {
	if unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Cc, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
		return -1
	}
	return r
}
