package wire

import "unicode/utf8"

// searchOperations find messages, people and channels.
var searchOperations = []*Operation{
	read[Search, Found](),
	read[Find, Matches](),
}

// The bounds of searches.
const (
	// MaxQueryLen is the largest size of a query, in bytes. Of a long one only the beginning
	// counts.
	MaxQueryLen = 8 << 10

	maxZoneLen   = 64
	maxCursorLen = 512
	maxHits      = 100 // of one page, and of the people and the channels of one answer to find
	defaultHits  = 20
)

// Search asks for messages, in all channels that the caller is a member of, as far as the caller
// may see them. The query is as people type it:
//
//	kitchen "field recordings" -draft deploy* from:alice in:"Design team" after:7d has:image
//
// Each query finds something or nothing; none is an error. Text that is not of the language is a
// word to look for. A query without a word or a filter finds nothing.
type Search struct {
	Ref
	Seen
	Query string      `json:"query"`
	By    SearchOrder `json:"by,omitzero"`
	// Channel narrows the search to one channel, as "in:" in the query does by name.
	Channel string `json:"channel,omitzero"`
	// Zone is the time zone of the dates in the query, such as "Asia/Tokyo"; UTC if unset.
	Zone  string `json:"zone,omitzero"`
	After string `json:"after,omitzero"` // next from the previous answer to the same query
	Limit int    `json:"limit,omitzero"` // 20 if unset
}

// Type implements [Command].
func (Search) Type() string { return "search" }

// Validate implements [Command]. It does not check the cursor; the code that continues there does.
func (s Search) Validate(Limits) error {
	if err := s.validSeen(); err != nil {
		return err
	}
	switch {
	case s.By != "" && s.By != ByTime && s.By != ByRelevance:
		return Errorf(CodeInvalid, "by: must be time or relevance")
	case s.Channel != "" && !ValidChannel(s.Channel):
		return invalidChannel()
	case len(s.Zone) > maxZoneLen || !all(s.Zone, printable):
		return Errorf(CodeInvalid, "zone: is not the name of a time zone; names are like Asia/Tokyo")
	case len(s.After) > maxCursorLen || !all(s.After, printable):
		return invalidCursor()
	}
	return validQuery(s.Query, s.Limit)
}

// HitLimit returns how many hits a command asks for.
func HitLimit(limit int) int {
	if limit == 0 {
		return defaultHits
	}
	return limit
}

// InvalidCursor returns the error of a search that continues at no place of an answer.
func InvalidCursor() *Error { return invalidCursor() }

func invalidCursor() *Error {
	return Errorf(CodeInvalid, "after: is not valid; take next from the previous answer")
}

func validQuery(query string, limit int) error {
	switch {
	case len(query) > MaxQueryLen:
		return Errorf(CodeTooLarge, "query: has %d bytes; at most %d are allowed", len(query), MaxQueryLen)
	case !utf8.ValidString(query):
		return Errorf(CodeInvalid, "query: must be UTF-8")
	case limit < 0 || limit > maxHits:
		return Errorf(CodeInvalid, "limit: must be 1 to %d", maxHits)
	}
	return nil
}

// SearchOrder is the order of hits.
type SearchOrder string

// The orders. In both, messages that have a word only in the middle of another word come last.
const (
	ByTime      SearchOrder = "time"      // the newest message first; the default
	ByRelevance SearchOrder = "relevance" // whole words first, then the beginnings of words, each by time
)

// Found answers search. A page may have fewer hits than were asked for although there are more:
// Next tells. A search that would cost too much ends early, and goes on at Next.
type Found struct {
	Ref
	Hits []Hit `json:"hits"`
	// Count is how many messages the query finds in all, as far as that is known.
	Count int `json:"count"`
	// AtLeast says that there may be more messages than Count.
	AtLeast bool   `json:"at_least,omitzero"`
	Next    string `json:"next,omitzero"` // where to go on; unset at the end
	// Rebuilding is set while this node makes its index anew, or is too busy to keep it up to date.
	// Until then messages may be missing.
	Rebuilding *Rebuilding `json:"rebuilding,omitzero"`
}

// Type implements [Frame].
func (Found) Type() string { return "found" }

// Parts implements [Cut].
func (f Found) Parts() int { return len(f.Hits) }

// Some implements [Cut].
func (f Found) Some(n int) Frame {
	if n > 0 && n < len(f.Hits) {
		f.Next = f.Hits[n-1].Next
	}
	f.Hits = f.Hits[:n]
	return f
}

// Hit is a message that a search has found, as it is now.
type Hit struct {
	Channel    string      `json:"channel"`
	Seq        uint64      `json:"seq"`
	ID         string      `json:"id"`
	Sender     string      `json:"sender"`
	Timestamp  int64       `json:"timestamp"` // Unix milliseconds
	Edited     int64       `json:"edited,omitzero"`
	Content    Content     `json:"content"`
	Highlights []Highlight `json:"highlights"`
	Excerpts   []Excerpt   `json:"excerpts,omitzero"` // of files that are texts

	// Next is where a search goes on behind this hit. Only the node that answers uses it.
	Next string `json:"-"`
}

// Excerpt is a part of a text file, around the words that were found. Its highlights are about
// Text.
type Excerpt struct {
	Attachment int         `json:"attachment"` // its number in the message
	Text       string      `json:"text"`
	Highlights []Highlight `json:"highlights"`
}

// Highlight is a part of a text that was looked for. Start and Length count Unicode code points, as
// in a [Mention]. Highlights of one text ascend and do not overlap.
type Highlight struct {
	In HighlightIn `json:"in,omitzero"` // the text of the message, or the name itself, if unset
	// Attachment is the number of the attachment whose name or caption this is about.
	Attachment int `json:"attachment,omitzero"`
	Start      int `json:"start"`
	Length     int `json:"length"`
}

// HighlightIn names a text of a message.
type HighlightIn string

// The texts of a message besides its own.
const (
	InFileName HighlightIn = "name"    // of an attachment
	InCaption  HighlightIn = "caption" // of an attachment
)

// Rebuilding tells how far an incomplete index of a node is, in events of the log.
type Rebuilding struct {
	Done uint64 `json:"done"`
	Of   uint64 `json:"of"`
}

// Find asks for people and channels by the beginning of their names, while the caller types: people
// who are in a channel with the caller, and the caller's channels. The words of the query may come
// in any order. Japanese names are found by kana and by their Latin spelling. A newer find of the
// same session cancels an older one, which is answered with the code superseded.
type Find struct {
	Ref
	Seen
	Query string `json:"query"`
	Limit int    `json:"limit,omitzero"` // of people, and of channels; 20 if unset
}

// Type implements [Command].
func (Find) Type() string { return "find" }

// Validate implements [Command].
func (f Find) Validate(Limits) error {
	if err := f.validSeen(); err != nil {
		return err
	}
	return validQuery(f.Query, f.Limit)
}

// Matches answers find, the best match first. More says that not all matches are listed.
type Matches struct {
	Ref
	People   []PersonMatch  `json:"people"`
	Channels []ChannelMatch `json:"channels"`
	More     bool           `json:"more"`
}

// Type implements [Frame].
func (Matches) Type() string { return "matches" }

// PersonMatch is a user that find has found.
type PersonMatch struct {
	User       string      `json:"user"`
	Name       string      `json:"name,omitzero"`       // the name that is shown, if there is one
	Highlights []Highlight `json:"highlights,omitzero"` // in the name that is shown, or in the user
}

// ChannelMatch is a group that find has found.
type ChannelMatch struct {
	Channel    string      `json:"channel"`
	Name       string      `json:"name"`
	Archived   bool        `json:"archived,omitzero"`
	Highlights []Highlight `json:"highlights,omitzero"` // in the name
}

// Span returns where a highlight lies in its text, in bytes. Both are the end of the text if it is
// shorter.
func (h Highlight) Span(text string) (from, to int) {
	from = afterPoints(text, h.Start)
	return from, from + afterPoints(text[from:], h.Length)
}

// afterPoints returns the size of the first n code points of a text.
func afterPoints(text string, n int) int {
	for i := range text {
		if n <= 0 {
			return i
		}
		n--
	}
	return len(text)
}

// HighlightsOf returns the highlights of a text from spans of bytes, which ascend. Overlapping
// highlights are counted once.
func HighlightsOf(text string, spans [][2]int, in HighlightIn, attachment int) []Highlight {
	all := make([]Highlight, 0, len(spans))
	at, points := 0, 0 // so many code points are before at
	for _, s := range spans {
		from, to := min(max(s[0], at), len(text)), min(s[1], len(text))
		if from >= to {
			continue
		}
		points += utf8.RuneCountInString(text[at:from])
		length := utf8.RuneCountInString(text[from:to])
		all = append(all, Highlight{In: in, Attachment: attachment, Start: points, Length: length})
		at, points = to, points+length
	}
	return all
}
