package index

import (
	"strconv"
	"strings"
	"time"

	"natterjack/search/match"
	"natterjack/search/query"
)

// maxLimit is the most hits of a page.
const maxLimit = 100

// Request is a search. The caller has resolved the names in the query: an index knows no names.
type Request struct {
	Query    query.Query
	Now      time.Time // in the user's zone
	User     string
	Channels []string // the channels that the user may see and that in: and with: allow
	From     []string // the users that from: means; none find nothing if the query has from:
	NotFrom  []string
	Best     bool // whole words first, then the starts of words
	Count    bool // go on counting once the page is full
	Limit    int
	After    Cursor
	Budget   Budget
}

// Cursor is the place of a hit in an answer. The zero value is before the first hit. It holds
// for any index of the same log.
type Cursor struct {
	Tier  int    `json:"tier"`
	Key   string `json:"key"`
	Count int    `json:"count,omitempty"` // hits up to it
}

// Hit is a message that was found.
type Hit struct {
	Channel string
	Seq     uint64
	At      time.Time
	Cursor  Cursor // the place of the hit
	match.Hit
}

// Page is a part of the answer. There are no more hits if Next is nil.
type Page struct {
	Hits    []Hit
	Next    *Cursor
	Count   int  // of the hits of this page and those before it, and of those after it that were counted
	AtLeast bool // there may be more
	Work    int  // the cost of the search, in the measure of budgets
	// Faults says why messages were left out: looking at them has made the program panic.
	Faults error
}

// key is the place of a message among others: newer ones are greater.
type key struct {
	time    int64
	seq     uint64
	channel string
}

const (
	timeDigits = 9
	seqDigits  = 8
	base       = 36
)

// String returns the key in a form that sorts as keys do.
func (k key) String() string {
	return digits(uint64(k.time), timeDigits) + digits(k.seq, seqDigits) + k.channel
}

// parseKey reads the text that String has returned.
func parseKey(s string) (k key, ok bool) {
	if len(s) < timeDigits+seqDigits {
		return key{}, false
	}
	at, err := strconv.ParseInt(s[:timeDigits], base, 64)
	if err != nil {
		return key{}, false
	}
	seq, err := strconv.ParseUint(s[timeDigits:timeDigits+seqDigits], base, 64)
	return key{time: at, seq: seq, channel: s[timeDigits+seqDigits:]}, err == nil
}

// digits returns a number of a fixed width.
func digits(n uint64, width int) string {
	s := strconv.FormatUint(n, base)
	return strings.Repeat("0", max(width-len(s), 0)) + s
}

// tier is a range of classes that are listed together. Messages with the words only within other
// words always come last.
type tier struct{ least, most match.Class }

func tiers(best bool) []tier {
	if best {
		return []tier{{match.Whole, match.Whole}, {match.Start, match.Start}, {match.Part, match.Part}}
	}
	return []tier{{match.Start, match.Whole}, {match.Part, match.Part}}
}
