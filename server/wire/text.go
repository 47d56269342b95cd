package wire

import (
	"strings"
	"unicode"
)

// forbiddenInText reports whether r is a control character other than tab and line breaks.
// Terminals act on control characters, including the terminals of operators who read a log with
// the nats command line. No keyboard writes them.
func forbiddenInText(r rune) bool {
	return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r'
}

// forbiddenInName reports whether r may not be in a name. It is stricter than
// [forbiddenInText]: a name stands within one line of other text. It must not break that line,
// nor turn it around by a bidirectional embedding, override or isolate that is left open.
// Joiners are allowed because emoji, Persian and Hindi need them. Characters newer than this
// program's Unicode tables are allowed too. A name with other invisible characters may have
// been pasted, so it is not refused. These characters are left out when the name is stored.
func forbiddenInName(r rune) bool {
	switch {
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return true
	default:
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	}
}

// invisible reports whether a reader would see nothing of s: only spaces, format characters,
// and characters that Unicode calls ignorable by default.
func invisible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.In(r, unicode.Cf, unicode.Cc,
			// U+2800 is a Braille cell without dots.
			unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) && r != '\u2800'
	})
}
