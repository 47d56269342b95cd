package search

import (
	"context"
	"slices"

	"natterjack/search/index"
	"natterjack/search/query"
	"natterjack/server/wire"
)

// source implements [index.Source] for one search of one user. It decides about each candidate by
// the view as it is now.
type source struct {
	scope   Scope
	hasLink func(string) bool
	content fileText
	has     []demand
	is      []demand
	err     error // the first error; the search then fails

	last *wire.Record // the message that Fields has returned last
}

var _ index.Deep = (*source)(nil)

// demand is a property that a message must have, or must not have.
type demand struct {
	name string
	not  bool
}

func newSource(scope Scope, hasLink func(string) bool, content fileText, q query.Query) *source {
	return &source{scope: scope, hasLink: hasLink, content: content, has: demands(q.Of(query.Has)), is: demands(q.Of(query.Is))}
}

func demands(clauses []query.Clause) (all []demand) {
	for _, c := range clauses {
		all = append(all, demand{c.Value, c.Not})
	}
	return all
}

// Fields implements [index.Source].
func (s *source) Fields(_ context.Context, channel string, seq uint64) ([]string, bool) {
	if s.err != nil {
		return nil, false
	}
	m, err := s.scope.Message(channel, seq)
	if err == nil && m != nil {
		var meets bool
		if meets, err = s.meets(channel, m); meets && err == nil {
			s.last = m
			return textsOf(ownFields(m)), true
		}
	}
	s.err = err
	return nil, false
}

// Depths implements [index.Deep].
func (s *source) Depths(context.Context) []string {
	return textsOf(fileFields(s.last, s.content))
}

// meets reports whether a message has the properties that were asked for, and none that was
// excluded.
func (s *source) meets(channel string, m *wire.Record) (bool, error) {
	if len(s.has) > 0 {
		marks := marksOf(m, s.hasLink)
		if slices.ContainsFunc(s.has, func(d demand) bool { return slices.Contains(marks, d.name) == d.not }) {
			return false, nil
		}
	}
	for _, d := range s.is {
		is, err := s.property(channel, m, d.name)
		if is == d.not || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (s *source) property(channel string, m *wire.Record, name string) (bool, error) {
	switch name {
	case "pinned":
		return m.Pinned, nil
	case "unread":
		return s.scope.Unread(channel, m.Seq)
	case "mention":
		return s.scope.Mentioned(channel, m.Seq)
	default:
		return false, nil
	}
}
