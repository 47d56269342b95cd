package suite

import (
	"slices"
	"strings"

	"natterjack/search/match"
	"natterjack/search/query"
	"natterjack/search/text"
)

// Answer looks through all messages, without an index, and returns the ids of those that a
// query finds, with the class of each.
func (s *Suite) Answer(input string, split match.Splitter) map[string]match.Class {
	q := query.Parse(input)
	m := match.New(q, split)
	times := q.Times(s.Now)
	found := map[string]match.Class{}
	for _, message := range s.Messages {
		if !times.Contain(message.At) || !s.holds(q, message) {
			continue
		}
		if hit, ok := m.Match(message.Text, message.File); ok {
			found[message.ID] = hit.Class
		}
	}
	return found
}

// holds reports whether the clauses hold that are neither about the text nor about time.
func (s *Suite) holds(q query.Query, m Message) bool {
	return anyOf(q, query.From, func(name string) bool { return same(name, m.Sender) }) &&
		anyOf(q, query.In, func(name string) bool { return same(name, m.Channel) }) &&
		anyOf(q, query.With, func(name string) bool { return s.Member(strings.ToLower(name), m.Channel) }) &&
		allOf(q, query.Has, m.Marks) && allOf(q, query.Is, m.Marks)
}

func same(a, b string) bool { return text.Fold(a).Text == text.Fold(b).Text }

// anyOf reports whether one of the names holds, if there are any, and none that must not.
func anyOf(q query.Query, k query.Kind, holds func(string) bool) bool {
	if names := q.Names(k, false); len(names) > 0 && !slices.ContainsFunc(names, holds) {
		return false
	}
	return !slices.ContainsFunc(q.Names(k, true), holds)
}

func allOf(q query.Query, k query.Kind, marks []string) bool {
	lacks := func(mark string) bool { return !slices.Contains(marks, mark) }
	return !slices.ContainsFunc(q.Names(k, false), lacks) && !slices.ContainsFunc(q.Names(k, true), func(m string) bool { return !lacks(m) })
}

// Score counts how answers differ from the expected ones.
type Score struct {
	Right, Wrong, Missed int // messages
	Exact, Queries       int // queries
}

// Add counts an answer. It returns the mistakes: messages that were found and must not be, messages
// that were not found, and messages with a wrong class.
func (s *Score) Add(q Query, answer map[string]match.Class) []string {
	var faults []string
	s.Queries++
	for id, class := range answer {
		expected := slices.Contains(q.Found, id) || slices.Contains(q.Within, id)
		switch {
		case !expected:
			s.Wrong++
			faults = append(faults, "+"+id)
		case slices.Contains(q.Within, id) != (class == match.Part):
			s.Right++
			faults = append(faults, "~"+id)
		default:
			s.Right++
		}
	}
	for _, id := range slices.Concat(q.Found, q.Within) {
		if _, ok := answer[id]; !ok {
			s.Missed++
			faults = append(faults, "-"+id)
		}
	}
	if len(faults) == 0 {
		s.Exact++
	}
	slices.Sort(faults)
	return faults
}

// Precision returns which part of the found messages should have been found.
func (s *Score) Precision() float64 { return float64(s.Right) / float64(s.Right+s.Wrong) }

// Recall returns which part of the messages that should have been found was found.
func (s *Score) Recall() float64 { return float64(s.Right) / float64(s.Right+s.Missed) }

// Admits reports whether a query may find messages of a channel.
func (s *Suite) Admits(q query.Query, channel string) bool {
	return anyOf(q, query.In, func(name string) bool { return same(name, channel) }) &&
		anyOf(q, query.With, func(name string) bool { return s.Member(strings.ToLower(name), channel) })
}
