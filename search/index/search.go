package index

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"natterjack/search/match"
	"natterjack/search/query"
)

// Source knows the messages.
type Source interface {
	// Fields returns the texts of a message that are searched: its own text, and the names and
	// descriptions of its files. It returns false if the user may not see the message, or it is
	// gone.
	Fields(ctx context.Context, channel string, seq uint64) ([]string, bool)
}

// Deep is implemented by a source that knows further texts of messages, which take long to read.
type Deep interface {
	// Depths returns further fields of the message that Fields was called with last.
	Depths(ctx context.Context) []string
}

// Search returns the next hits of a request.
func (x *Index) Search(ctx context.Context, req Request, source Source, split match.Splitter) (page Page, err error) {
	err = x.use(func() (err error) {
		v := x.acquire()
		defer closeInto(v, &err)
		s := &search{
			ctx: ctx, req: req, view: v, source: source, matcher: match.New(req.Query, split),
			times: req.Query.Times(req.Now), budget: req.Budget.begin(), classes: map[place]match.Class{},
		}
		if s.limit = req.Limit; s.limit < 1 || s.limit > maxLimit {
			s.limit = maxLimit
		}
		if s.finds() {
			s.channels = channelsOf(req.Channels)
			err = s.run()
		}
		page = s.page
		return err
	})
	if err != nil {
		return Page{}, fmt.Errorf("search: %w", err)
	}
	return page, nil
}

// search is one search under way.
type search struct {
	ctx      context.Context //nolint:containedctx // it lives as long as one search
	req      Request
	view     *view
	source   Source
	matcher  *match.Matcher
	times    query.Times
	budget   *budget
	limit    int
	page     Page
	full     bool        // the page is full: later hits are only counted
	best     match.Class // hits of it and of greater classes are listed together, first
	classes  map[place]match.Class
	channels *channels // that the user may see
}

// place is the place of a document.
type place struct {
	part int
	doc  uint32
}

// finds reports whether anything can be found at all. A query that says nothing finds nothing.
func (s *search) finds() bool {
	q := s.req.Query
	if len(s.req.Channels) == 0 || len(q.Names(query.From, false)) > 0 && len(s.req.From) == 0 {
		return false
	}
	return !s.matcher.Empty() || slices.ContainsFunc(q.Clauses, func(c query.Clause) bool { return c.Kind > query.Prefix && !c.Not })
}

// fewChannels is up to how many channels are terms of the query. Of more, each candidate's is
// looked up.
const fewChannels = 32

func (s *search) run() error {
	s.page.Count = s.req.After.Count
	all := tiers(s.req.Best)
	if s.matcher.Empty() {
		all = []tier{{match.Whole, match.Whole}}
	}
	s.best = all[0].least
	for i := max(s.req.After.Tier, 0); i < len(all); i++ {
		w := &walk{search: s, tier: all[i], number: i}
		if i == s.req.After.Tier {
			w.after, w.bounded = parseKey(s.req.After.Key)
		}
		if err := w.run(); err != nil {
			return err
		}
		if s.done() {
			break
		}
	}
	s.finish(len(all))
	return nil
}

// finish sets the count of the hits after the page, as far as it is known.
func (s *search) finish(tiers int) {
	next := s.page.Next
	switch {
	case next == nil:
	case next.Tier >= tiers, s.full && s.req.Count && !s.budget.ended && s.page.Count == next.Count:
		s.page.Next = nil // there are none
	}
	s.page.AtLeast = s.budget.ended || s.budget.partial || s.full && !s.req.Count
	s.page.Work = s.budget.work
}

// done reports whether the search has ended, although there may be more hits.
func (s *search) done() bool { return s.budget.ended || s.full && !s.req.Count }

// look verifies one candidate and returns its class. If the source or the matcher panics, that is
// no fault of the index, and one message is not found.
func (s *search) look(k key) (hit match.Hit) {
	err := guard(func() error {
		hit = s.lookAt(k)
		return nil
	})
	if err != nil && s.page.Faults == nil {
		s.page.Faults = fmt.Errorf("look at message %d of %s: %w", k.seq, k.channel, err)
	}
	return hit
}

func (s *search) lookAt(k key) match.Hit {
	fields, ok := s.source.Fields(s.ctx, k.channel, k.seq)
	if !ok {
		return match.Hit{}
	}
	// Messages that the user may not see do not count: they hardly decide where a page ends.
	s.budget.verified--
	hit := s.match(fields)
	if deep, is := s.source.(Deep); is && !(s.matcher.Positive() && hit.Class >= s.best) {
		if more := deep.Depths(s.ctx); len(more) > 0 {
			hit = s.match(slices.Concat(fields, more))
		}
	}
	return hit
}

func (s *search) match(fields []string) match.Hit {
	bytes := 0
	for _, f := range fields {
		bytes += len(f)
	}
	s.budget.spend(bytes / bytesPerWork)
	hit, _ := s.matcher.Match(fields...)
	return hit
}

// take adds a hit to the page, or only counts it.
func (s *search) take(number int, k key, hit match.Hit) {
	s.page.Count++
	if s.full {
		return
	}
	at := Cursor{Tier: number, Key: k.String(), Count: s.page.Count}
	s.page.Hits = append(s.page.Hits, Hit{Channel: k.channel, Seq: k.seq, At: time.UnixMilli(k.time), Cursor: at, Hit: hit})
	if len(s.page.Hits) == s.limit {
		s.full, s.page.Next = true, &at
	}
}

// filter returns the documents of a segment that may be hits of a tier.
func (s *search) filter(e *evaluator, t tier) (set, error) {
	docs := set{all: true}
	if few := s.req.Channels; len(few) <= fewChannels {
		var err error
		if docs, err = e.anyTerm(fieldChannel, few); err != nil {
			return set{}, err
		}
	}
	for _, f := range s.fields() {
		with, err := e.anyTerm(f.name, f.terms)
		if err != nil {
			return set{}, err
		}
		docs = docs.and(with)
	}
	docs, err := e.all(s.matcher.Wants(t.least), docs)
	if err != nil {
		return set{}, err
	}
	return s.without(e, docs)
}

// oneOf is a field that must have one of some terms.
type oneOf struct {
	name  string
	terms []string
}

func (s *search) fields() []oneOf {
	var all []oneOf
	if len(s.req.From) > 0 {
		all = append(all, oneOf{fieldSender, s.req.From})
	}
	for _, mark := range s.marks() {
		all = append(all, oneOf{fieldMark, mark})
	}
	return all
}

// without removes documents from a set: deleted ones, and those that the query excludes.
func (s *search) without(e *evaluator, from set) (set, error) {
	docs := from.docs
	if from.all {
		docs = roaring.New()
		docs.AddRange(0, uint64(len(e.columns.times)))
	}
	if deleted := e.snapshot.Deleted(); deleted != nil {
		docs = roaring.AndNot(docs, deleted)
	}
	fields := make([]oneOf, 0, 2)
	if not := s.withoutMarks(); len(not) > 0 {
		fields = append(fields, oneOf{fieldMark, not})
	}
	if len(s.req.NotFrom) > 0 {
		fields = append(fields, oneOf{fieldSender, s.req.NotFrom})
	}
	for _, f := range fields {
		with, err := e.anyTerm(f.name, f.terms)
		if err != nil {
			return set{}, err
		}
		docs = roaring.AndNot(docs, with.docs)
	}
	return set{docs: docs}, nil
}

// withoutMarks returns the marks that messages must not have. The other marks may be on messages
// that do not have the property, so those are left to the source.
func (s *search) withoutMarks() (marks []string) {
	for _, has := range s.req.Query.Names(query.Has, true) {
		if has != "reaction" {
			marks = append(marks, has)
		}
	}
	return marks
}

// marks returns the marks of which messages must have one. Whether a message is unread is nothing
// that an index knows: the source tells.
func (s *search) marks() (marks [][]string) {
	for _, has := range s.req.Query.Names(query.Has, false) {
		marks = append(marks, []string{has})
	}
	for _, is := range s.req.Query.Names(query.Is, false) {
		switch is {
		case "mention":
			marks = append(marks, []string{"@" + s.req.User, "@channel", "@here"})
		case "pinned":
			marks = append(marks, []string{is})
		}
	}
	return marks
}
