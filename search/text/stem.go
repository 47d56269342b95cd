package text

import "strings"

// StemOf returns the stem that an English word shares with its inflections: deploy for deploys,
// deployed and deploying. It returns false for text that is not an English word, or is too short.
// The stem need not be a word: the stem of cities and city is citi.
func StemOf(word string) (string, bool) {
	if len(word) < 3 || strings.ContainsFunc(word, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return "", false
	}
	return ending(unplural(word)), true
}

// unplural takes the s of a plural, or of a verb, off a word.
func unplural(w string) string {
	switch {
	case strings.HasSuffix(w, "ies") && len(w) > 4:
		return w[:len(w)-2]
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "xes"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "shes"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "ss"), strings.HasSuffix(w, "us"), strings.HasSuffix(w, "is"), len(w) < 4:
		return w
	default:
		return strings.TrimSuffix(w, "s")
	}
}

// ending takes ed and ing off a word, and the e or the double letter before them.
func ending(w string) string {
	for _, suffix := range []string{"ing", "ed"} {
		if s, ok := strings.CutSuffix(w, suffix); ok && len(s) >= 3 && strings.ContainsAny(s, "aeiouy") {
			return bare(undouble(s))
		}
	}
	return bare(w)
}

func undouble(s string) string {
	n := len(s)
	if s[n-1] == s[n-2] && !strings.ContainsRune("lsz", rune(s[n-1])) {
		return s[:n-1]
	}
	return s
}

// bare returns a stem without its last e, and with i for its last y.
func bare(s string) string {
	if e, ok := strings.CutSuffix(s, "e"); ok && len(e) >= 3 {
		return e
	}
	if y, ok := strings.CutSuffix(s, "y"); ok && len(y) >= 2 && !strings.ContainsRune("aeiou", rune(y[len(y)-1])) {
		return y + "i"
	}
	return s
}
