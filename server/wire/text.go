package wire

import (
	"strings"
	"unicode"
)

// forbiddenInText are the control characters, but for tab and line breaks. Terminals act on them, also those of the operators who
// read a log with the nats command line, and no keyboard writes them.
func forbiddenInText(r rune) bool {
	return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r'
}

// forbiddenInName is stricter than [forbiddenInText]: a name stands within one line of other text, which must not be broken,
// nor turned around by a bidirectional embedding, override or isolate left open. Joiners stay: emoji, Persian and Hindi
// need them. So do characters newer than this program's Unicode tables. What else shows nothing is no reason to refuse a name, which
// may have been pasted: it is left out when the name is stored.
func forbiddenInName(r rune) bool {
	switch {
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return true
	default:
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	}
}

// invisible reports whether a reader would see nothing of s: spaces, format characters, and those that Unicode calls
// ignorable by default.
func invisible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.In(r, unicode.Cf, unicode.Cc,
			unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) && r != '\u2800' // a Braille cell without dots
	})
}
