package letter

import (
	"time"

	"natterjack/server/internal/push/wording"
)

// words are the fixed texts of a letter in one language.
type words struct {
	// title says how many messages there are, and names their senders, if there are names. The
	// count is n, or says that it is more than n.
	title   func(count string, n int, names []string) string
	atLeast func(count string) string
	when    func(at time.Time) string
	more    string
	show    string // a link to one message
	open    string // a link to the app

	why      string
	settings string
	leave    string
}

func wordsOf(l wording.Language) words {
	if l == wording.Japanese {
		return japanese
	}
	return english
}
