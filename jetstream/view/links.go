package view

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxLinks   = 20   // of one message
	maxLinkLen = 2048 // bytes; a longer one is more likely data than an address

	colonSlashes = "://"
)

// links returns the different links in a text, in their order: the addresses of web pages, as
// they stand there. The text may be Markdown. A change of this rule changes the gallery, so it
// needs another version of that projection.
func links(text string) (found []string) {
	for len(found) < maxLinks {
		at := strings.Index(text, colonSlashes)
		if at < 0 {
			return found
		}
		start := schemeBefore(text[:at])
		end := at + len(colonSlashes) + addressLen(text[at+len(colonSlashes):])
		link := text[start:end]
		if start < at && end > at+len(colonSlashes) && len(link) <= maxLinkLen && !slices.Contains(found, link) {
			found = append(found, link)
		}
		text = text[end:]
	}
	return found
}

// HasLink reports whether a text has the address of a web page.
func HasLink(text string) bool { return len(links(text)) > 0 }

// schemeBefore returns where the scheme at the end of a text starts, or the length of the text if
// there is none of those that lead to a web page.
func schemeBefore(text string) int {
	for _, scheme := range []string{"https", "http"} {
		start := len(text) - len(scheme)
		if start < 0 || !strings.EqualFold(text[start:], scheme) {
			continue
		}
		// Japanese has no space before an address.
		if start == 0 || !isWord(text[start-1]) {
			return start
		}
	}
	return len(text)
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+'
}

// addressLen returns how many bytes at the start of a text belong to an address. Punctuation at
// its end is the sentence's, and so is a bracket that was opened before it.
func addressLen(text string) int {
	end := strings.IndexFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError || strings.ContainsRune("<>\"`|\\^{}«»“”。、，！？；：「」『』（）【】《》", r)
	})
	if end >= 0 {
		text = text[:end]
	}
	for text != "" && isTail(text) {
		text = text[:len(text)-1]
	}
	return len(text)
}

// isTail reports whether the last character of an address does not belong to it.
func isTail(address string) bool {
	var opening string
	switch last := address[len(address)-1]; last {
	case ')':
		opening = "("
	case ']':
		opening = "["
	default:
		return strings.IndexByte(".,;:!?'*_~", last) >= 0
	}
	return strings.Count(address, opening) < strings.Count(address, address[len(address)-1:])
}
