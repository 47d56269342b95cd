package query

import "strings"

// The bounds of a query.
const (
	MaxBytes   = 1024 // longer texts are cut
	MaxClauses = 32   // later clauses are left out
)

// Kind is the kind of a clause.
type Kind uint8

// The kinds of clauses.
const (
	Word   Kind = iota // the text has the word, or one that contains it
	Phrase             // the text has exactly these words, one after another
	Prefix             // a word of the text begins so
	From               // the user sent it
	In                 // it is in the channel
	With               // the user is a member of its channel
	Before             // it is older than the day, month or year
	After              // it is newer than the day, month or year
	On                 // it is of that day, month or year
	Has                // it has an image, file, link or reaction
	Is                 // it is pinned, unread, or mentions the user
)

var keys = map[Kind]string{From: "from", In: "in", With: "with", Before: "before", After: "after", On: "on", Has: "has", Is: "is"}

// Clause is one demand on a message.
type Clause struct {
	Kind  Kind
	Not   bool   // messages that match the clause are excluded
	Value string // the text, name, date or property; names without @ and #
}

// Query says which messages are to be found: those for which all clauses hold. But of several From
// clauses one is enough, and so it is for In, With and On.
type Query struct {
	Clauses []Clause
	Cut     bool // the input was longer than a query may be
}

// Text returns the clauses that are about the text.
func (q Query) Text() []Clause { return q.only(func(k Kind) bool { return k <= Prefix }) }

// Of returns the clauses of one kind.
func (q Query) Of(k Kind) []Clause { return q.only(func(other Kind) bool { return other == k }) }

func (q Query) only(wanted func(Kind) bool) []Clause {
	var found []Clause
	for _, c := range q.Clauses {
		if wanted(c.Kind) {
			found = append(found, c)
		}
	}
	return found
}

// String returns the query as one would type it. [Parse] reads it back.
func (q Query) String() string {
	parts := make([]string, len(q.Clauses))
	for i, c := range q.Clauses {
		parts[i] = c.String()
	}
	return strings.Join(parts, " ")
}

// String returns the clause as one would type it.
func (c Clause) String() string {
	var s strings.Builder
	if c.Not {
		s.WriteByte('-')
	}
	switch c.Kind {
	case Word:
		s.WriteString(c.Value)
	case Phrase:
		s.WriteString(quote(c.Value))
	case Prefix:
		s.WriteString(c.Value + "*")
	default:
		s.WriteString(keys[c.Kind] + ":" + quoteIfNeeded(c.Value))
	}
	return s.String()
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func quoteIfNeeded(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return isBlank(r) || isQuote(r) || r == '\\' }) {
		return quote(s)
	}
	return s
}
