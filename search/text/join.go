package text

// longJoined is the most characters of the shorter one of two words that are also written as one:
// e-mail is email and co-op is coop, but long-term is two words.
const longJoined = 2

// Joins reports whether the character at i in folded characters joins two words that are also
// written as one: the hyphen of e-mail and F-16, the dot of node.js and H.264. In an address or a
// version it does not.
func Joins(runes []rune, i int) bool {
	if i < 1 || i+1 >= len(runes) || runes[i] != '-' && runes[i] != '.' {
		return false
	}
	before, after := ClassOf(runes[i-1]), ClassOf(runes[i+1])
	if !before.InWord() || !after.InWord() || before == Digit && (after == Digit || runes[i] == '.') {
		return false
	}
	start, end := i, i+1
	for start > 0 && i-start <= MaxTerm && ClassOf(runes[start-1]).InWord() {
		start--
	}
	for end < len(runes) && end-i <= MaxTerm && ClassOf(runes[end]).InWord() {
		end++
	}
	if min(i-start, end-i-1) > longJoined || end-start > MaxTerm {
		return false
	}
	return !(start > 0 && links(runes[start-1])) && !(runes[i] == '.' && end+1 < len(runes) && links(runes[end]) && ClassOf(runes[end+1]).InWord())
}

// links reports whether r is between the parts of names, paths and addresses.
func links(r rune) bool {
	switch r {
	case '-', '.', '_', '/', '@', ':', '\\':
		return true
	default:
		return false
	}
}
