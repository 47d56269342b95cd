package main

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The brackets of what natter itself says about a message. [clean] leaves none of them in what
// users have written.
const (
	markOpen  = '⟦'
	markClose = '⟧'
)

// ours brackets what natter says about a message, so that no user can type it.
func ours(words string) string { return string(markOpen) + words + string(markClose) }

// clean makes another user's text safe to print. A terminal obeys control characters, and the
// bidirectional ones can make a line look like another. Both become visible signs, and the
// brackets of natter's own words become others. Line breaks and tabs stay.
func clean(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return risky(r) || r == markOpen || r == markClose }) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == markOpen:
			return '['
		case r == markClose:
			return ']'
		case !risky(r): // invalid UTF-8 is read as U+FFFD and printed as that
			return r
		case r < 0x20:
			return 0x2400 + r // the sign for that control character
		case r == 0x7f:
			return 0x2421
		default:
			return utf8.RuneError
		}
	}, s)
}

// risky reports whether a terminal could take a rune for a command.
func risky(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r == '\u2028' || r == '\u2029':
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// oneLine makes a text safe to print on a line with other text.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		return r
	}, clean(s))
}
